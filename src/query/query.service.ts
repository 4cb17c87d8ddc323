import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { presentRow, type PresentedValue } from '../compiler/query/present.js';
import { planQuery } from '../compiler/query/plan.js';
import type { PlannedColumn, QueryPlan, ReportRequest, Statement } from '../compiler/query/types.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine, EngineValue } from '../engine/engine.js';
import { DataSourceEntity } from '../ingestion/data-source.entity.js';
import { CompiledModelService } from '../metrics/compiled-model.service.js';
import { ModelService } from '../metrics/model.service.js';
import type { ResultMetaDto } from './query.dto.js';

/** Rows of a JSON answer when the request sets no limit. */
export const DEFAULT_JSON_ROWS = 10_000;
/** Most rows that a JSON answer may hold; CSV and NDJSON are streamed and have no such bound. */
export const MAX_JSON_ROWS = 500_000;
const MAX_SECONDS = 60;
const MAX_EXPORT_SECONDS = 600;

export interface RunOptions {
  readonly explain?: boolean;
  readonly signal?: AbortSignal;
}

/** A whole answer: the body of a JSON result. */
export interface QueryAnswer {
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Readonly<Record<string, PresentedValue>>[];
  readonly totals: Readonly<Record<string, PresentedValue>> | null;
  readonly meta: ResultMetaDto;
}

/** An answer whose rows are still to be read, once. */
export interface OpenResult {
  readonly plan: QueryPlan;
  readonly snapshot: string;
  /** Rows as the engine hands them out, in the order of `plan.columns`; never more than the request's limit. */
  readonly batches: AsyncIterable<readonly (readonly EngineValue[])[]>;
  /** What is known only once `batches` has ended. */
  readonly end: { truncated: boolean; engineMs: number };
}

/** The one path of a report request: model → plan → engine → presented values. Every door goes through here. */
@Injectable()
export class QueryService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly models: ModelService,
    private readonly compiled: CompiledModelService,
  ) {}

  /** Proves that a request could run, without running it. @throws Problem as {@link run} would */
  async check(organizationId: string, request: ReportRequest): Promise<void> {
    await this.plan(organizationId, request);
  }

  /** The whole answer at once. @throws Problem for unknown members, bad ranges, engine limits, … */
  async run(organizationId: string, request: ReportRequest, options: RunOptions = {}): Promise<QueryAnswer> {
    const limit = Math.min(request.limit ?? DEFAULT_JSON_ROWS, MAX_JSON_ROWS);
    const result = await this.open(organizationId, { ...request, limit }, options);
    const { plan } = result;
    const totals = plan.totals ? await this.totals(organizationId, plan, plan.totals, options.signal) : null;
    const rows: Record<string, PresentedValue>[] = [];
    for await (const batch of result.batches) for (const row of batch) rows.push(presentRow(row, plan.columns));
    return {
      columns: plan.columns,
      rows,
      totals,
      meta: await this.meta(organizationId, result, options.explain ?? false),
    };
  }

  /** Plans a request and starts it; the rows are streamed. A limit in the request is kept, none means all rows. */
  async open(organizationId: string, request: ReportRequest, options: RunOptions = {}): Promise<OpenResult> {
    const { plan, snapshot } = await this.plan(organizationId, request);
    const end = { truncated: false, engineMs: 0 };
    const started = performance.now();
    const { batches } = await this.engine.query({
      ...plan.statement,
      organization_id: organizationId,
      max_seconds: plan.limit === null ? MAX_EXPORT_SECONDS : MAX_SECONDS,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    async function* bounded(): AsyncGenerator<readonly (readonly EngineValue[])[]> {
      let left = plan.limit ?? Number.POSITIVE_INFINITY;
      for await (const batch of batches) {
        if (batch.length > left) end.truncated = true;
        const kept = batch.length > left ? batch.slice(0, left) : batch;
        left -= kept.length;
        end.engineMs = Math.round(performance.now() - started);
        if (kept.length > 0) yield kept;
      }
      end.engineMs = Math.max(end.engineMs, Math.round(performance.now() - started));
    }
    return { plan, snapshot, batches: bounded(), end };
  }

  /** The metrics over all matching rows, by key. */
  async totals(
    organizationId: string,
    plan: QueryPlan,
    statement: Statement,
    signal?: AbortSignal,
  ): Promise<Record<string, PresentedValue>> {
    const { batches } = await this.engine.query({
      ...statement,
      organization_id: organizationId,
      max_seconds: MAX_SECONDS,
      ...(signal ? { signal } : {}),
    });
    const metrics = plan.columns.filter((column) => column.role === 'metric');
    let totals: Record<string, PresentedValue> = Object.fromEntries(metrics.map((column) => [column.name, null]));
    for await (const batch of batches) {
      for (const row of batch) totals = presentRow(row, metrics);
    }
    return totals;
  }

  /** What to tell beside the rows; after they have been read. */
  async meta(organizationId: string, result: OpenResult, explain: boolean): Promise<ResultMetaDto> {
    const { plan, snapshot, end } = result;
    return {
      snapshot,
      data_as_of: await this.dataAsOf(organizationId),
      date_range: plan.range,
      time_zone: plan.time_zone,
      truncated: end.truncated,
      cached: false,
      aliases: plan.aliases,
      warnings: plan.warnings,
      engine_ms: end.engineMs,
      ...(explain ? { sql: plan.statement.sql } : {}),
    };
  }

  /** Data source → latest instant for which it has rows. */
  async dataAsOf(organizationId: string): Promise<Record<string, string>> {
    const sources = await this.database.manager.find(DataSourceEntity, {
      where: { organization_id: organizationId },
      order: { data_source: 'ASC' },
    });
    return Object.fromEntries(sources.map((source) => [source.data_source, source.latest_recorded_at.toISOString()]));
  }

  private async plan(organizationId: string, request: ReportRequest): Promise<{ plan: QueryPlan; snapshot: string }> {
    const { snapshot } = await this.models.live(organizationId);
    const compiled = this.compiled.get(snapshot, this.engine.dialect);
    const plan = await planQuery({
      snapshot,
      compiled,
      request,
      dialect: this.engine.dialect,
      organizationId,
      now: new Date(),
      maxRows: null,
    });
    return { plan, snapshot: snapshot.hash };
  }
}
