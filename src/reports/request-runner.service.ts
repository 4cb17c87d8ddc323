import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { Organization } from '../access/organization.entity.js';
import { policyOf } from '../access/policy.js';
import type { ReportRequest } from '../compiler/query/types.js';
import type { ReportRunOptions, ViewRun } from '../delivery/report-runner.port.js';
import type { EngineValue } from '../engine/engine.js';
import { ModelService } from '../metrics/model.service.js';
import { QueryService } from '../query/query.service.js';
import { BrandingService } from '../branding/branding.service.js';
import { additiveOf } from './additive.js';
import { completeRange } from './complete-range.js';
import { describeFilters, describeRange } from './describe.js';
import type { ChartConfig, ReportRow } from './render/document.js';
import { withOtherNamed } from './render/other-rows.js';

/** Rows that a printed page shows; the file beside it holds them all. */
export const PAGE_ROWS = 1_000;

/** A request that is to be a page: of a saved view, or of one widget of a dashboard. */
export interface NamedRequest {
  readonly title: string;
  readonly request: ReportRequest;
  readonly chart: ChartConfig | null;
}

/** Runs a request as a report: what its page shows, and all its rows. */
@Injectable()
export class RequestRunner {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly queries: QueryService,
    private readonly models: ModelService,
    private readonly branding: BrandingService,
  ) {}

  /** @throws Problem whatever makes the request refuse to run */
  async run(
    asker: Identity,
    { title, request: wanted, chart }: NamedRequest,
    { signal, asOf, completePeriods, locale: wantedLocale }: ReportRunOptions = {},
  ): Promise<ViewRun> {
    const { organizationId } = asker;
    const policy = policyOf(asker);
    const range = (completePeriods ? completeRange(wanted.date_range ?? null) : wanted.date_range) ?? null;
    const organization = await this.database.manager.findOneByOrFail(Organization, { id: organizationId });
    const locale = wantedLocale ?? chart?.locale ?? organization.locale;
    const request = { ...wanted, date_range: range, totals: true };
    const limit = wanted.limit ?? null;
    const options = { lane: 'delivery', ...(signal ? { signal } : {}), ...(asOf ? { asOf } : {}) } as const;
    const page = await this.queries.run(
      policy,
      { ...request, limit: Math.min(limit ?? PAGE_ROWS, PAGE_ROWS) },
      options,
    );
    const whole = await this.queries.open(policy, request, options);
    const { model } = (await this.models.live(organizationId)).snapshot;
    const { totals, meta } = page;
    const { columns, rows } = withOtherNamed(page.columns, page.rows, locale);
    return {
      columns: whole.plan.columns,
      rows: flatten(whole.batches),
      document: {
        title,
        organization: organization.name,
        period: {
          from: meta.date_range?.from ?? null,
          to: meta.date_range?.to ?? null,
          time_zone: meta.time_zone,
          label: describeRange(range, locale),
        },
        timeGrain: whole.plan.time_grain,
        filtersText: describeFilters(wanted.filters, model, locale),
        columns,
        rows,
        totals: totals as ReportRow | null,
        additive: additiveOf(columns, model),
        dashboardConfig: chart,
        generatedAt: new Date().toISOString(),
        dataAsOf: meta.data_as_of,
        snapshot: meta.snapshot,
        warnings: (meta.warnings as readonly { message: string }[]).map((warning) => warning.message),
        // A limit that the report itself sets is its definition ("top 20"), not a cut.
        truncated: meta.truncated && (limit === null || limit > PAGE_ROWS),
        locale,
        branding: await this.branding.shownTo(asker),
        currency: organization.currency,
      },
    };
  }
}

async function* flatten(
  batches: AsyncIterable<readonly (readonly EngineValue[])[]>,
): AsyncGenerator<readonly EngineValue[]> {
  for await (const batch of batches) yield* batch;
}
