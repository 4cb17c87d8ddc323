import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { ProblemItem } from '../common/problem.js';
import type { OrganizationState } from '../access/organization-state.js';
import type { Policy } from '../access/policy.js';
import { ResultCache, type CachedResult } from '../cache/result-cache.js';
import { SingleFlight } from '../cache/single-flight.js';
import { originsOf, type Origin } from '../compiler/model/lineage.js';
import type { PresentedValue } from '../compiler/query/present.js';
import type { PlannedColumn, QueryPlan, ReportRequest, Statement } from '../compiler/query/types.js';
import { queryCancelled } from '../engine/engine-error.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine, EngineQuery, EngineResult, EngineValue } from '../engine/engine.js';
import { RollupPlans, type AnswerSource } from '../rollups/rollup-plans.service.js';
import type { TextWriter } from './engine-text.js';
import { GatheredRows, GatheredText, type Gathered } from './gathered.js';
import {
  besideOf,
  besideText,
  isSeveral,
  keptWarnings,
  refuseByChecks,
  type EngineBatches,
  type Subtotal,
} from './beside-rows.js';
import { EngineTurns } from './engine-turns.service.js';
import {
  DEFAULT_JSON_ROWS,
  LANES,
  MAX_JSON_ROWS,
  MOST_WRITTEN_TEXT,
  SHORT_BODY,
  WRITTEN_MS,
  type LaneName,
} from './limits.js';
import { OrganizationStates } from './organization-state.js';
import { QueryPlans, type PlannedRequest, type Planning } from './plans.service.js';
import type { ResultMetaDto } from './query.dto.js';
import { RelationsReady, readsMore } from './relations-ready.service.js';
import { SensitiveReads } from './sensitive-reads.service.js';
import { rowsText, upTo, type ReadingEnd, type RowsText } from './rows-text.js';

export interface RunOptions {
  readonly explain?: boolean;
  /** Aborted when nobody waits for the answer any more; the engine then stops, too. */
  readonly signal?: AbortSignal;
  /** The organisation's state, if it was read after the request had come in; saves reading it again. */
  readonly state?: OrganizationState | undefined;
  /** The instant at which relative ranges are read; now when absent. */
  readonly asOf?: Date;
  /** Whose turn at the engine it takes; `interactive` for an answer, `export` for a stream. */
  readonly lane?: LaneName;
  /** Rows need not be sorted, where each is one of the organisation’s. */
  readonly inAnyOrder?: boolean;
  /** For {@link QueryService.open}: whether a short answer comes from the cache, and is kept there. */
  readonly keep?: boolean;
}

/** A whole answer: the body of a JSON result. */
export interface QueryAnswer {
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Readonly<Record<string, PresentedValue>>[];
  readonly totals: Readonly<Record<string, PresentedValue>> | null;
  /** One for each that the request asks for. */
  readonly subtotals?: readonly Subtotal[];
  /** Asks for the page after this one; absent on the last. */
  readonly next_cursor?: string;
  readonly meta: ResultMetaDto;
}

/** An answer whose rows are still to be read, once. Nothing runs before the first row is asked for. */
export interface OpenResult {
  readonly plan: QueryPlan;
  readonly snapshot: string;
  /** Rows as the engine hands them out, in the order of `plan.columns`; never more than the request's limit. */
  readonly batches: AsyncIterable<readonly (readonly EngineValue[])[]>;
  /**
   * Instead of `batches`: the texts of all rows that the statement of `write` gives, one after the other; `end` does not
   * tell whether there were more. Null where the engine can't write them, or they are known.
   */
  readonly text: ((write: TextWriter<PlannedColumn>) => AsyncGenerator<Uint8Array>) | null;
  /** What is known only once `batches` has ended; all warnings beside the plan’s, before the first row. */
  readonly end: ReadingEnd & { warnings: readonly ProblemItem[] };
}

interface Outcome {
  readonly planned: PlannedRequest;
  /** What to be careful about beside the plan’s own warnings. */
  readonly cautions: readonly ProblemItem[];
  readonly result: CachedResult;
  /** Milliseconds in the engine; null when the result came from the cache. */
  readonly engineMs: number | null;
  /** What the engine is asked; only with `explain`. */
  readonly asked?: AnswerSource;
}
/** An answer as it was sent, with what it was written from beside the result. */
interface WrittenAnswer extends Pick<Outcome, 'planned' | 'cautions'> {
  readonly text: string;
}
type Fetched = Pick<Outcome, 'result'> & { readonly engineMs: number };
type Batches = AsyncGenerator<readonly (readonly EngineValue[])[]>;

/** A request on its way to the engine. */
interface FetchJob {
  readonly organizationId: string;
  readonly planned: PlannedRequest;
  /** Under which the result is cached, by the state of the organisation. */
  readonly keyAt: (state: OrganizationState) => string;
  readonly lane: LaneName;
  readonly signal: AbortSignal;
}

/** An answer that is handed on while the engine gives it. */
interface StreamJob {
  readonly source: RowsToRead;
  readonly plan: QueryPlan;
  readonly end: OpenResult['end'];
  readonly options: RunOptions;
}

/** Which rows a statement may read: below its SQL, nothing else exists. */
type RowsToRead = Required<Pick<EngineQuery, 'organization_id' | 'attribution_runs' | 'row_lock'>>;

const rowsOf = (
  { organizationId, lock }: Pick<PlannedRequest, 'organizationId' | 'lock'>,
  { attribution_runs }: OrganizationState,
): RowsToRead => ({ organization_id: organizationId, attribution_runs, row_lock: lock });

/** How a whole answer is planned: it has a limit. The signal is not touched, since it is made when it is asked for. */
const planningOf = ({ limit }: ReportRequest, { state, asOf, inAnyOrder }: RunOptions): Planning => ({
  state,
  ...(asOf ? { asOf } : {}),
  ...(inAnyOrder ? { inAnyOrder } : {}),
  limit: Math.min(limit ?? DEFAULT_JSON_ROWS, MAX_JSON_ROWS),
});

const NOTHING_BESIDE = '{"totals":null}';

/** Under which the answer to a request is kept, in a state of the organisation. */
const keyAt = (policy: Policy, planned: PlannedRequest, { data_version }: OrganizationState): string =>
  [policy.organizationId, policy.digest, planned.snapshot, data_version, planned.digest].join(':');

/** Behind the key of an answer that is kept as lists of values. */
const AS_ROWS = ':rows';

/** An answer that is kept when its rows have been read to their end. */
interface KeptRows {
  readonly policy: Policy;
  readonly planned: PlannedRequest;
  readonly before: OrganizationState;
  readonly end: OpenResult['end'];
}

async function* batchesOf({ rows }: CachedResult): Batches {
  yield await Promise.resolve(JSON.parse(rows.toString('utf8')) as (readonly EngineValue[])[]);
}

/**
 * The one path of a report request: model → plan → cache → engine → presented values. Every door goes through here.
 *
 * A result is cached under the version that the organisation's data had before the engine read it, and only if it had
 * the same version afterwards and no import was making rows visible at either moment; so what stands under a version is
 * what the data was in that version. A request reads the version after it has come in, and while an import makes rows
 * visible it looks at no cache at all: an answer is never older than any import that was acknowledged before.
 */
@Injectable()
export class QueryService {
  private readonly flights = new SingleFlight<Fetched>();
  /** Short answers from the cache as they were last sent: all in them is told by the result, the plan and the cautions. */
  private readonly written = new LRUCache<CachedResult, WrittenAnswer>({
    maxSize: MOST_WRITTEN_TEXT,
    ttl: WRITTEN_MS,
    ttlResolution: 1_000,
  });

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly plans: QueryPlans,
    private readonly states: OrganizationStates,
    private readonly cache: ResultCache,
    private readonly relations: RelationsReady,
    private readonly turns: EngineTurns,
    private readonly rollups: RollupPlans,
    private readonly sensitive: SensitiveReads,
  ) {}

  /** Proves that a request could run, without running it. @returns its columns @throws Problem as {@link run} would */
  async check(policy: Policy, request: ReportRequest): Promise<readonly PlannedColumn[]> {
    return (await this.plans.plan(policy, request)).planned.plan.columns;
  }

  /** The whole answer at once. @throws Problem for unknown members, bad ranges, engine limits, … */
  async run(policy: Policy, request: ReportRequest, options: RunOptions = {}): Promise<QueryAnswer> {
    const outcome = this.atHand(policy, request, options) ?? (await this.outcome(policy, request, options));
    const { result, planned } = outcome;
    return {
      columns: planned.plan.columns,
      rows: JSON.parse(result.rows.toString('utf8')) as QueryAnswer['rows'],
      ...besideOf(result.totals ?? NOTHING_BESIDE, planned.plan),
      meta: metaOf(outcome, policy),
    };
  }

  /** The same as {@link run}, as JSON text; a long one in UTF-8. At once where it was sent before. */
  runText(
    policy: Policy,
    request: ReportRequest,
    options: RunOptions = {},
  ): string | Buffer | Promise<string | Buffer> {
    const known = this.atHand(policy, request, options);
    return (known && this.asSent(known)) ?? this.writeText(policy, known ?? this.outcome(policy, request, options));
  }

  private asSent({ result, planned, cautions }: Outcome): string | null {
    const known = this.written.get(result);
    return known?.planned === planned && isSame(known.cautions, cautions) ? known.text : null;
  }

  private async writeText(policy: Policy, given: Outcome | Promise<Outcome>): Promise<string | Buffer> {
    const outcome = await given;
    const { result, planned, cautions } = outcome;
    const isRepeated = outcome.engineMs === null && outcome.asked === undefined;
    const meta = JSON.stringify(metaOf(outcome, policy));
    const beside = JSON.stringify(besideOf(result.totals ?? NOTHING_BESIDE, planned.plan)).slice(1, -1);
    const bytes = Buffer.concat([
      Buffer.from(`{"columns":${planned.columnsText},"rows":`, 'utf8'),
      result.rows,
      Buffer.from(`,${beside},"meta":${meta}}`, 'utf8'),
    ]);
    if (bytes.length >= SHORT_BODY) return bytes;
    // As a string it leaves in one write with the headers, which is faster.
    const text = bytes.toString('utf8');
    if (isRepeated) this.written.set(result, { planned, cautions, text }, { size: text.length });
    return text;
  }

  /** Plans a request whose rows will be streamed. A limit in the request is kept, none means all rows. */
  async open(policy: Policy, request: ReportRequest, options: RunOptions = {}): Promise<OpenResult> {
    const { planned, state } = await this.plans.plan(policy, request, options);
    await this.sensitive.note(policy, planned.sensitive);
    const warnings = await this.cautions(policy, planned, state);
    const end: OpenResult['end'] = { truncated: false, engineMs: 0, warnings };
    const kept = options.keep && !state.is_changing ? { policy, planned, before: state, end } : null;
    const known = kept === null ? null : await this.cache.get(`${keyAt(policy, planned, state)}${AS_ROWS}`);
    if (known) {
      end.truncated = known.truncated;
      end.warnings = [...warnings, ...keptWarnings(known.totals ?? NOTHING_BESIDE)];
      return { plan: planned.plan, snapshot: planned.snapshot, batches: batchesOf(known), text: null, end };
    }
    const chosen = await this.rollups.choose(planned, state.rollup_version);
    this.rollups.count(chosen);
    const { plan } = chosen;
    const job = { source: rowsOf(planned, state), plan, end, options };
    const { lane = 'export', signal } = options;
    const read = this.inTurn(job, () => upTo(plan.limit, this.ask(job.source, plan.statement, lane, signal), end));
    const batches = kept === null ? read : this.keeping(read, AS_ROWS, new GatheredRows(), kept);
    const text = (write: TextWriter<PlannedColumn>): AsyncGenerator<Uint8Array> => this.text(job, write, kept);
    return { plan: planned.plan, snapshot: planned.snapshot, batches, text: this.engine.text ? text : null, end };
  }

  /** Hands an answer on, and keeps a short one as it was, if the data has not changed meanwhile. */
  private async *keeping<T>(
    read: AsyncIterable<T>,
    form: string,
    gathered: Gathered<T>,
    { policy, planned, before, end }: KeptRows,
  ): AsyncGenerator<T> {
    const cautions = end.warnings.length;
    for await (const part of read) {
      gathered.add(part);
      yield part;
    }
    const rows = gathered.bytes();
    if (rows === null) return;
    const after = await this.states.read(policy.organizationId);
    const key = keyAt(policy, planned, after);
    if (after.is_changing || key !== keyAt(policy, planned, before)) return;
    const totals = JSON.stringify({ totals: null, warnings: end.warnings.slice(cautions) });
    this.cache.set(`${key}${form}`, { rows, totals, truncated: end.truncated, dataAsOf: before.data_as_of });
  }

  /** Which version of its data an organisation has; null while an import makes rows visible. */
  async dataVersion(organizationId: string): Promise<string | null> {
    const { is_changing, data_version } = await this.states.read(organizationId);
    return is_changing ? null : data_version;
  }

  /** Models that the published attribution of an organisation holds, sorted. */
  async attributionModels(organizationId: string): Promise<readonly string[]> {
    return this.relations.models(organizationId, await this.states.read(organizationId));
  }

  /** What to be careful about beside the plan’s own warnings. @throws Problem where what the plan reads can’t be had */
  private async cautions(
    policy: Policy,
    { plan }: PlannedRequest,
    state: OrganizationState,
  ): Promise<readonly ProblemItem[]> {
    return [...limitedOf(policy), ...(await this.relations.ensure(policy.organizationId, plan.relations, state))];
  }

  /** What is in memory, without waiting for anything: most answers are, and to wait costs more than to look it up. */
  private atHand(policy: Policy, request: ReportRequest, options: RunOptions): Outcome | null {
    if (options.explain) return null;
    const known = this.plans.known(policy, request, planningOf(request, options));
    if (known === null || known.state.is_changing) return null;
    const { planned, state } = known;
    if (planned.sensitive.length > 0 || readsMore(planned.plan.relations)) return null;
    const result = this.cache.known(keyAt(policy, planned, state));
    return result && { planned, cautions: limitedOf(policy), result, engineMs: null };
  }

  private async outcome(policy: Policy, request: ReportRequest, options: RunOptions): Promise<Outcome> {
    const { planned, state } = await this.plans.plan(policy, request, planningOf(request, options));
    const { organizationId } = policy;
    await this.sensitive.note(policy, planned.sensitive);
    const cautions = [
      ...(options.explain && !mayExplain(policy) ? [EXPLAIN_REFUSED] : []),
      ...(await this.cautions(policy, planned, state)),
    ];
    const asked = options.explain ? { asked: await this.rollups.choose(planned, state.rollup_version) } : {};
    const at = (now: OrganizationState): string => keyAt(policy, planned, now);
    if (!state.is_changing) {
      const known = await this.cache.get(at(state));
      if (known) return { planned, cautions, result: known, engineMs: null, ...asked };
    }
    const { lane = 'interactive', signal } = options;
    try {
      const flight = `${at(state)}:${lane}:${state.is_changing}`;
      const fetched = await this.flights.run(flight, signal, (stop) =>
        this.fetch({ organizationId, planned, keyAt: at, lane, signal: stop }, state),
      );
      return { planned, cautions, ...fetched, ...asked };
    } catch (error) {
      throw signal?.aborted ? queryCancelled() : error;
    }
  }

  /** Asks the engine; a second time when the data changed between rows and totals, so that they are of one moment. */
  private async fetch(job: FetchJob, before: OrganizationState, isRepeated = false): Promise<Fetched> {
    const { organizationId, lane, signal } = job;
    const chosen = await this.rollups.choose(job.planned, before.rollup_version);
    const { plan } = chosen;
    const source = rowsOf(job.planned, before);
    const end: OpenResult['end'] = { truncated: false, engineMs: 0, warnings: [] };
    const leave = await this.turns.enter(organizationId, lane, signal, before);
    let read: RowsText;
    let totals: string | null;
    let stateThen: Promise<OrganizationState | null> | null = null;
    try {
      const ask = async (statement: Statement): Promise<EngineBatches> =>
        (await this.ask(source, statement, lane, signal)).batches;
      const warnings = await refuseByChecks(plan, ask);
      const asked = this.ask(source, plan.statement, lane, signal);
      if (!isSeveral(plan)) stateThen = this.stateOnceChosen(organizationId, asked);
      read = await rowsText(asked, plan.columns, plan.limit, end);
      totals = await besideText(plan, end.truncated ? read.last : null, warnings, ask);
    } finally {
      leave();
    }
    this.rollups.count(chosen);
    const result = { rows: read.rows, totals, truncated: end.truncated, dataAsOf: before.data_as_of };
    const after = (await stateThen) ?? (await this.states.read(organizationId));
    const isOne = !before.is_changing && !after.is_changing && before.data_version === after.data_version;
    if (isOne) this.cache.set(job.keyAt(before), result);
    else if (isSeveral(plan) && !isRepeated && !after.is_changing) return this.fetch(job, after, true);
    return { result, engineMs: end.engineMs };
  }

  /** The state behind data that is chosen, read while the engine computes; null where that is not known so early. */
  private stateOnceChosen(organizationId: string, asked: Promise<EngineResult>): Promise<OrganizationState | null> {
    const state = asked.then(({ hasChosen }) => (hasChosen ? this.states.read(organizationId) : null));
    // Where the rows fail, nobody waits for it.
    state.catch(() => undefined);
    return state;
  }

  /** What the engine gives, after a turn at it and the checks that come first. */
  private async *inTurn<T>(
    { source, plan, end, options }: StreamJob,
    begin: () => AsyncIterable<T>,
  ): AsyncGenerator<T> {
    const { lane = 'export', signal, state } = options;
    const leave = await this.turns.enter(source.organization_id, lane, signal, state);
    try {
      const gaps = await refuseByChecks(
        plan,
        async (statement) => (await this.ask(source, statement, lane, signal)).batches,
      );
      end.warnings = [...end.warnings, ...gaps];
      yield* begin();
    } finally {
      leave();
    }
  }

  /** What the engine writes; a short text is kept, and comes from the cache, where `kept` is given. */
  private async *text(
    job: StreamJob,
    write: TextWriter<PlannedColumn>,
    kept: KeptRows | null,
  ): AsyncGenerator<Uint8Array> {
    const { source, plan, end, options } = job;
    const { lane = 'export', signal } = options;
    const statement = write(plan.statement, plan.columns, plan.limit);
    const read = this.inTurn(job, () => this.texts(questionOf(source, statement, lane, signal)));
    if (kept === null) return yield* read;
    const form = `:text:${createHash('sha256').update(statement.sql).digest('hex')}`;
    const known = await this.cache.get(`${keyAt(kept.policy, kept.planned, kept.before)}${form}`);
    if (!known) return yield* this.keeping(read, form, new GatheredText(), kept);
    end.warnings = [...end.warnings, ...keptWarnings(known.totals ?? NOTHING_BESIDE)];
    yield known.rows;
  }

  private async *texts(question: EngineQuery): AsyncGenerator<Uint8Array> {
    const texts = await this.engine.text?.(question);
    if (texts) yield* texts;
  }

  private async ask(
    source: RowsToRead,
    { nulls = [], ...statement }: Statement,
    lane: LaneName,
    signal: AbortSignal | undefined,
  ): Promise<EngineResult> {
    const result = await this.engine.query(questionOf(source, statement, lane, signal));
    const { batches, hasChosen } = result;
    return nulls.length === 0 ? result : { batches: withNulls(batches, nulls), hasChosen };
  }
}

const questionOf = (
  source: RowsToRead,
  statement: Statement,
  lane: LaneName,
  signal: AbortSignal | undefined,
): EngineQuery => ({ ...statement, ...source, max_seconds: LANES[lane].seconds, ...(signal ? { signal } : {}) });

/** Rows as the columns have them: what is masked was not asked for. @param nulls positions, ascending */
async function* withNulls(batches: EngineResult['batches'], nulls: readonly number[]): Batches {
  const filled = (row: readonly EngineValue[]): EngineValue[] => {
    const values = [...row];
    for (const at of nulls) values.splice(at, 0, null);
    return values;
  };
  for await (const batch of batches) yield batch.map(filled);
}

/** Whether both lists hold the very same items; cautions are constants. */
const isSame = (some: readonly ProblemItem[], others: readonly ProblemItem[]): boolean =>
  some.length === others.length && some.every((item, index) => item === others[index]);

/** What to tell beside the rows. */
function metaOf({ planned, cautions, result, engineMs, asked }: Outcome, policy: Policy): ResultMetaDto {
  const { plan, snapshot } = planned;
  return {
    snapshot,
    data_as_of: planned.tellsSources ? result.dataAsOf : {},
    date_range: plan.range,
    ...(plan.compare === null ? {} : { compare: plan.compare }),
    ...(plan.money === null ? {} : { currency: { code: plan.money.currency, rates: plan.money.rates } }),
    time_zone: plan.time_zone,
    truncated: result.truncated,
    cached: engineMs === null,
    aliases: plan.aliases,
    warnings: [...plan.warnings, ...keptWarnings(result.totals ?? NOTHING_BESIDE), ...cautions],
    engine_ms: engineMs ?? 0,
    ...(asked && mayExplain(policy) ? { ...explained(asked), lineage: lineageOf(planned) } : {}),
  };
}

/** SQL spells out what members are made of, so that who must not see some does not see it. */
const mayExplain = ({ hidden, masked }: Policy): boolean => hidden.length + masked.length === 0;
const ROWS_LIMITED: ProblemItem = {
  code: 'rows_limited',
  message: 'These numbers are of the rows that you may see, which are not all of the organisation’s.',
  pointer: '',
};
const limitedOf = ({ rows }: Policy): readonly ProblemItem[] => (rows.length > 0 ? [ROWS_LIMITED] : []);
const EXPLAIN_REFUSED: ProblemItem = {
  code: 'explain_refused',
  message: 'The SQL is not shown: it would tell what members are made of that your role does not see.',
  pointer: '',
};

/** How the columns of an answer come to their values. */
const lineageOf = ({ plan, model }: PlannedRequest): Origin[] =>
  originsOf(
    model.model,
    plan.columns.map(({ name }) => name),
  );

const explained = ({
  plan,
  rollup,
  reason,
}: AnswerSource): Pick<ResultMetaDto, 'sql' | 'rollup' | 'rollup_reason'> => ({
  sql: plan.statement.sql,
  rollup: rollup?.name ?? null,
  rollup_reason: reason,
});
