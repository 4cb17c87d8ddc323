import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Organization } from '../access/organization.entity.js';
import { policyOf } from '../access/policy.js';
import type { Identity } from '../access/identity.js';
import { resolveMember } from '../compiler/model/build.js';
import type { ReportRun, ReportRunOptions, ReportRunner } from '../delivery/report-runner.port.js';
import { ModelService } from '../metrics/model.service.js';
import type { EngineValue } from '../engine/engine.js';
import { QueryService } from '../query/query.service.js';
import { completeRange } from './complete-range.js';
import { describeFilters, describeRange } from './describe.js';
import type { ChartConfig, ReportRow } from './render/document.js';
import { withOtherNamed } from './render/other-rows.js';
import { requestOf } from './view-request.js';
import { ReportViewService } from './report-view.service.js';

/** Rows that a printed page shows; the file beside it holds them all. */
const PAGE_ROWS = 1_000;

/** Runs saved views for everything that delivers them. */
@Injectable()
export class ReportRunnerService implements ReportRunner {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly queries: QueryService,
    private readonly models: ModelService,
    private readonly views: ReportViewService,
  ) {}

  async run(
    viewId: string,
    asker: Identity,
    { signal, asOf, completePeriods }: ReportRunOptions = {},
  ): Promise<ReportRun> {
    const { organizationId } = asker;
    const view = await this.views.find(asker, viewId);
    const policy = policyOf(asker);
    const range = completePeriods ? completeRange(view.date_range) : view.date_range;
    const organization = await this.database.manager.findOneByOrFail(Organization, { id: organizationId });
    const request = { ...requestOf(view), date_range: range, totals: true };
    const options = { lane: 'delivery', ...(signal ? { signal } : {}), ...(asOf ? { asOf } : {}) } as const;
    const page = await this.queries.run(
      policy,
      { ...request, limit: Math.min(view.row_limit ?? PAGE_ROWS, PAGE_ROWS) },
      options,
    );
    const whole = await this.queries.open(policy, request, options);
    const { model } = (await this.models.live(organizationId)).snapshot;
    const { totals, meta } = page;
    const { columns, rows } = withOtherNamed(page.columns, page.rows);
    return {
      columns: whole.plan.columns,
      rows: flatten(whole.batches),
      document: {
        title: view.report_name,
        organization: organization.name,
        period: {
          from: meta.date_range?.from ?? null,
          to: meta.date_range?.to ?? null,
          time_zone: meta.time_zone,
          label: describeRange(range),
        },
        timeGrain: whole.plan.time_grain,
        filtersText: describeFilters(view.filters, model),
        columns,
        rows,
        totals: totals as ReportRow | null,
        additive: columns
          .filter((column) => resolveMember(model, column.name)?.member.additivity === 'additive')
          .map((column) => column.name),
        dashboardConfig: view.dashboard_config as ChartConfig | null,
        generatedAt: new Date().toISOString(),
        dataAsOf: meta.data_as_of,
        snapshot: meta.snapshot,
        warnings: (meta.warnings as readonly { message: string }[]).map((warning) => warning.message),
        // A limit that the view itself sets is its definition ("top 20"), not a cut.
        truncated: meta.truncated && (view.row_limit === null || view.row_limit > PAGE_ROWS),
        locale: 'en-US',
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
