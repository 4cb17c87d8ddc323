/**
 * A report request over HTTP against the engine's own time: for the very SQL that the request was planned as, and for the
 * best hand-written SQL with the same answer. One process, runs interleaved, medians.
 */
import type { Session } from 'chdb';
import { presentValue } from '../../src/compiler/query/present.js';
import type { PlannedColumn, ReportRequest } from '../../src/compiler/query/types.js';
import type { BoundStatement } from '../../src/engine/clickhouse/bind.js';
import { parseRows } from '../../src/engine/clickhouse/rows.js';
import { KeptConnection } from './kept-connection.js';
import { overRows, plannedSql, runOnEngine, USUAL_ROWS, type OverRows } from './over-rows.js';
import { QUERY_CASES, type QueryCase } from './query-cases.js';
import { median, report, timedWhole } from './report.js';
import { KEY } from './server.js';

const ROUNDS = 15;
/** Of rows by the ten million, which take their time. */
const FEW_ROUNDS = 5;
const WARM_UP = 3;
const GOAL = 1.25;
/** Below this the goal says nothing: the fixed cost of a request weighs more than its ratio. */
const GOAL_FROM_MS = 20;

interface Answer {
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** @throws Error where hand-written SQL and the product differ in any value */
function expectSame(name: string, answer: Answer, handwritten: string): void {
  const byHand = parseRows(handwritten).map((row) =>
    answer.columns.map((column, index) => presentValue(row[index] ?? null, column)),
  );
  const fromProduct = answer.rows.map((row) => answer.columns.map((column) => row[column.name]));
  const differs = byHand.findIndex((row, index) => JSON.stringify(row) !== JSON.stringify(fromProduct[index]));
  if (byHand.length === fromProduct.length && differs === -1) return;
  throw new Error(
    `${name}: ${fromProduct.length} rows, by hand ${byHand.length}; first difference in row ${differs}: ` +
      `${JSON.stringify(fromProduct[differs])}, by hand ${JSON.stringify(byHand[differs])}`,
  );
}

interface Measured {
  readonly request: number;
  readonly engine: number;
  readonly handwritten: number;
  /** Processor time of the request ÷ that of the engine alone. */
  readonly processorRatio: number;
}

type Ask = (request: ReportRequest) => Promise<Buffer>;

/** The same request, a limit apart, since an equal one would be answered from the cache. */
const unseen = (request: ReportRequest, round: number): ReportRequest => ({
  ...request,
  limit: (request.limit ?? 10_000) + WARM_UP + 1 + round,
});

async function measure(
  { name, request, handwritten }: QueryCase,
  ask: Ask,
  session: Session,
  planned: BoundStatement,
  organizationId: string,
  rounds: number,
): Promise<Measured> {
  const byHand = { sql: handwritten.replaceAll('ORG', organizationId), params: {} };
  expectSame(name, JSON.parse((await ask(request)).toString('utf8')) as Answer, await runOnEngine(session, byHand));
  const times = { request: [] as number[], engine: [] as number[], handwritten: [] as number[] };
  const processor = { request: [] as number[], engine: [] as number[] };
  for (let round = -WARM_UP; round < rounds; round++) {
    const one = {
      request: await timedWhole(() => ask(unseen(request, round))),
      engine: await timedWhole(() => runOnEngine(session, planned)),
      handwritten: await timedWhole(() => runOnEngine(session, byHand)),
    };
    if (round < 0) continue;
    for (const what of ['request', 'engine', 'handwritten'] as const) times[what].push(one[what].ms);
    for (const what of ['request', 'engine'] as const) processor[what].push(one[what].processorMs);
  }
  return {
    request: median(times.request),
    engine: median(times.engine),
    handwritten: median(times.handwritten),
    processorRatio: median(processor.request) / median(processor.engine),
  };
}

/** @param rows how many; results are named after them where they are not the usual two million */
export const benchQuery = (rows: number): Promise<void> => overRows(rows, (bench) => queryOver(bench, rows));

async function queryOver({ app, base, session, organizationId }: OverRows, rows: number): Promise<void> {
  const rounds = rows > 5_000_000 ? FEW_ROUNDS : ROUNDS;
  const name = rows === USUAL_ROWS ? 'query' : `query_${rows / 1_000_000}m`;
  const connection = await KeptConnection.open(base, KEY);
  const ask: Ask = (request) =>
    connection.send(connection.bytesOf({ path: '/api/query', body: JSON.stringify(request) }));
  const ratios: number[] = [];
  const byHandRatios: number[] = [];
  const processorRatios: number[] = [];
  for (const one of QUERY_CASES) {
    const planned = await plannedSql(app, organizationId, { limit: 10_000, ...one.request });
    const times = await measure(one, ask, session, planned, organizationId, rounds);
    const ratio = times.request / times.engine;
    const counts = times.engine >= GOAL_FROM_MS;
    if (counts) ratios.push(ratio);
    if (counts) processorRatios.push(times.processorRatio);
    byHandRatios.push(times.engine / times.handwritten);
    report({
      bench: `${name}_${one.name}`,
      ratio,
      unit: 'x_engine',
      goal: counts ? GOAL : null,
      request_ms: times.request,
      engine_ms: times.engine,
      handwritten_ms: times.handwritten,
      planned_vs_handwritten: times.engine / times.handwritten,
      processor_ratio: times.processorRatio,
    });
  }
  report({
    bench: name,
    ratio: median(ratios),
    unit: 'x_engine',
    goal: GOAL,
    worst: Math.max(...ratios),
    processor_ratio: median(processorRatios),
    worst_processor_ratio: Math.max(...processorRatios),
    rows,
  });
  report({
    bench: `${name}_vs_handwritten`,
    ratio: median(byHandRatios),
    unit: 'x_handwritten',
    worst: Math.max(...byHandRatios),
    rows,
  });
  connection.close();
}
