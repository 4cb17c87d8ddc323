import { Inject, Injectable } from '@nestjs/common';
import { insertCredit, transitions } from '../attribution/sql/insert-credit.js';
import { currenciesSql, differenceSql, partCreditSql, totalsSql } from '../attribution/sql/results.js';
import { rowCountsSql, sizesOf, type Sizes } from '../attribution/sql/sizes.js';
import { supersede, type Supersession } from '../attribution/sql/supersede.js';
import type { PartCredit } from '../attribution/bootstrap/resample.js';
import type { PartStep } from '../attribution/markov/parts.js';
import type { RunStatement } from '../attribution/sql/scope.js';
import type { ChannelDimension, Parameters } from '../attribution/models/parameters.js';
import type { Engine, EngineValue } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';

/** What one statement of a run may take. */
export const MAX_SECONDS = 3_600;

export interface ChunkJob {
  readonly organizationId: string;
  readonly rowsId: string;
  readonly parameters: Parameters;
  /** Only customers that this attempt supersedes. */
  readonly isUpdate: boolean;
  readonly sizes: Sizes;
  readonly signal: AbortSignal;
}

/** The engine's part of a run. */
@Injectable()
export class RunEngine {
  constructor(@Inject(ENGINE) private readonly engine: Engine) {}

  get dialect(): Engine['dialect'] {
    return this.engine.dialect;
  }

  /** In how many shares the customers are worked through. @param onlySupersededBy as in `Scope` */
  async sizes(organizationId: string, onlySupersededBy: string | null, signal: AbortSignal): Promise<Sizes> {
    const sql = rowCountsSql(this.engine.dialect, onlySupersededBy);
    const [row] = await this.read(organizationId, sql, onlySupersededBy === null ? [] : [onlySupersededBy], signal);
    return sizesOf(Number(row?.[0]), Number(row?.[1]));
  }

  /** Computes and writes one share; what stands there under `rowsId` is read by nobody yet. */
  async compute(job: ChunkJob, chunk: number): Promise<void> {
    const { organizationId, rowsId, parameters, isUpdate, sizes, signal } = job;
    const only = isUpdate ? rowsId : null;
    const statement = await this.statement(organizationId, rowsId, parameters, only, [chunk, sizes], signal);
    const sql = insertCredit(this.engine.dialect, statement);
    await this.engine.work({ organization_id: organizationId, sql, max_seconds: MAX_SECONDS, signal });
  }

  /** Steps of all journeys between states of `order` channels. */
  async transitions(
    organizationId: string,
    parameters: Parameters,
    order: number,
    signal: AbortSignal,
  ): Promise<PartStep[]> {
    const sizes = await this.sizes(organizationId, null, signal);
    const steps: PartStep[] = [];
    for (let chunk = 0; chunk < sizes.chunks; chunk++) {
      const statement = await this.statement(organizationId, organizationId, parameters, null, [chunk, sizes], signal);
      const rows = await this.read(organizationId, transitions(this.engine.dialect, statement, order), [], signal);
      for (const [part, source, target, count] of rows)
        steps.push({ part: Number(part), source: String(source), target: String(target), count: Number(count) });
    }
    return steps;
  }

  private async statement(
    organization: string,
    run: string,
    parameters: Parameters,
    onlySupersededBy: string | null,
    [chunk, { chunks, blockRows }]: readonly [number, Sizes],
    signal: AbortSignal,
  ): Promise<RunStatement> {
    const [merged] = await this.read(organization, 'SELECT 1 FROM customer_identities LIMIT 1', [], signal);
    const typed = this.engine.typedFields.flatMap(({ name, type }) => (type === 'string' ? [] : [[name, type]]));
    return {
      organization,
      run,
      parameters,
      typed: Object.fromEntries(typed) as RunStatement['typed'],
      hasMerged: merged !== undefined,
      chunk,
      chunks,
      blockRows,
      onlySupersededBy,
    };
  }

  async supersede(supersession: Supersession, signal: AbortSignal): Promise<void> {
    const sql = supersede(this.engine.dialect, supersession);
    await this.engine.work({ organization_id: supersession.organization, sql, max_seconds: MAX_SECONDS, signal });
  }

  totals(organizationId: string, runs: readonly string[], by: ChannelDimension, signal: AbortSignal): Promise<Row[]> {
    return this.read(organizationId, totalsSql(this.engine.dialect, by), runs, signal);
  }

  /** What each part of the customers gives to each channel by shapley. */
  async shapleyParts(
    organizationId: string,
    runs: readonly string[],
    by: ChannelDimension,
    signal: AbortSignal,
  ): Promise<PartCredit[]> {
    const rows = await this.read(organizationId, partCreditSql(this.engine.dialect, by), runs, signal);
    return rows.map(([part, channel, credit]) => ({
      part: Number(part),
      channel: String(channel),
      credit: Number(credit),
    }));
  }

  /** Sorted. @param own the organisation's, which conversions without one are in */
  async currencies(
    organizationId: string,
    runs: readonly string[],
    own: string,
    signal: AbortSignal,
  ): Promise<string[]> {
    const rows = await this.read(organizationId, currenciesSql, runs, signal);
    return [...new Set(rows.map(([code]) => (code == null ? own : String(code))))].sort();
  }

  difference(
    organizationId: string,
    before: readonly string[],
    after: readonly string[],
    limit: number,
  ): Promise<Row[]> {
    const sql = differenceSql(this.engine.dialect, before, after, limit);
    return this.read(organizationId, sql, [...new Set([...before, ...after])], new AbortController().signal);
  }

  changes(organizationId: string): Promise<string[]> {
    return this.engine.journeys.changes(organizationId, 'attribution');
  }

  forget(organizationId: string, changes: readonly string[]): Promise<void> {
    return this.engine.journeys.forget(organizationId, 'attribution', changes);
  }

  /** Rows of attempts that nobody reads any more. */
  async drop(organizationId: string, rowsIds: readonly string[]): Promise<void> {
    if (rowsIds.length === 0) return;
    const list = rowsIds.map((id) => `'${id}'`).join(', ');
    for (const [table, column] of [
      ['attribution_credit', 'run_id'],
      ['attribution_superseded', 'by_run'],
    ] as const) {
      const sql = `DELETE FROM ${table} WHERE organization_id = '${organizationId}' AND ${column} IN (${list})`;
      await this.engine.work({ organization_id: organizationId, sql, max_seconds: MAX_SECONDS });
    }
  }

  async read(organizationId: string, sql: string, runs: readonly string[], signal: AbortSignal): Promise<Row[]> {
    const { batches } = await this.engine.query({
      sql,
      params: [],
      organization_id: organizationId,
      attribution_runs: runs,
      max_seconds: MAX_SECONDS,
      is_step_of_job: true,
      signal,
    });
    const rows: Row[] = [];
    for await (const batch of batches) rows.push(...batch);
    return rows;
  }
}

type Row = readonly EngineValue[];
