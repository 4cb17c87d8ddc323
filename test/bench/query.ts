/**
 * A report request over HTTP against the engine's own time: for the very SQL that the request was planned as, and for the
 * best hand-written SQL with the same answer. One process, runs interleaved, medians.
 */
import { join } from 'node:path';
import { drainPending, Session } from 'chdb';
import { presentValue } from '../../src/compiler/query/present.js';
import { acrossOrganizations } from '../../src/access/tenancy/scope.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import type { PlannedColumn, ReportRequest } from '../../src/compiler/query/types.js';
import { parseConfig } from '../../src/config/config.js';
import { createApp } from '../../src/create-app.js';
import { bindParameters, type BoundStatement } from '../../src/engine/clickhouse/bind.js';
import { parseRows } from '../../src/engine/clickhouse/rows.js';
import { BASE_SETTINGS } from '../../src/engine/clickhouse/transport.js';
import { CompiledModelService } from '../../src/metrics/compiled-model.service.js';
import { ModelService } from '../../src/metrics/model.service.js';
import { SetupService } from '../../src/setup/setup.service.js';
import { openStores } from '../../src/stores.js';
import { insertMarketingData } from './marketing-data.js';
import { QUERY_CASES, type QueryCase } from './query-cases.js';
import { median, progress, report, timed, withFolder } from './report.js';
import { KEY, settings } from './server.js';

const ROWS = Number(process.env.BENCH_ROWS ?? 2_000_000);
const ROUNDS = 15;
const WARM_UP = 3;
const GOAL = 1.25;
/** Below this the goal says nothing: the fixed cost of a request weighs more than its ratio. */
const GOAL_FROM_MS = 20;

interface Answer {
  readonly columns: readonly PlannedColumn[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

/** Runs SQL on the engine's client and reads the result to its end. */
async function runOnEngine(session: Session, { sql, params }: BoundStatement): Promise<string> {
  let text = '';
  for await (const chunk of session.queryStreamBind(sql, params, { format: 'JSONCompactEachRow' }))
    text += chunk.text();
  return text;
}

/** A whole answer as it comes over the wire; reading it as JSON is the client's own time. */
async function ask(base: string, request: ReportRequest): Promise<string> {
  const response = await fetch(new URL('/api/query', base), {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return text;
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
}

/** The same request, a limit apart, since an equal one would be answered from the cache. */
const unseen = (request: ReportRequest, round: number): ReportRequest => ({
  ...request,
  limit: (request.limit ?? 10_000) + WARM_UP + 1 + round,
});

async function measure(
  { name, request, handwritten }: QueryCase,
  base: string,
  session: Session,
  planned: BoundStatement,
  organizationId: string,
): Promise<Measured> {
  const byHand = { sql: handwritten.replaceAll('ORG', organizationId), params: {} };
  expectSame(name, JSON.parse(await ask(base, request)) as Answer, await runOnEngine(session, byHand));
  const times = { request: [] as number[], engine: [] as number[], handwritten: [] as number[] };
  for (let round = -WARM_UP; round < ROUNDS; round++) {
    const one = {
      request: (await timed(() => ask(base, unseen(request, round)))).ms,
      engine: (await timed(() => runOnEngine(session, planned))).ms,
      handwritten: (await timed(() => runOnEngine(session, byHand))).ms,
    };
    if (round < 0) continue;
    times.request.push(one.request);
    times.engine.push(one.engine);
    times.handwritten.push(one.handwritten);
  }
  return { request: median(times.request), engine: median(times.engine), handwritten: median(times.handwritten) };
}

export const benchQuery = (): Promise<void> =>
  withFolder((folder) => acrossOrganizations('benchmark', () => queryOver(folder)));

async function queryOver(dataDir: string): Promise<void> {
  const stores = await openStores(parseConfig(settings(dataDir)));
  const app = await createApp(stores);
  const { organization } = await app.get(SetupService).ensureOrganization();
  await app.listen({ host: '127.0.0.1', port: 0 });
  const base = await app.getUrl();
  const session = new Session(join(dataDir, 'clickhouse'));
  try {
    session.query(
      `SET ${Object.entries(BASE_SETTINGS)
        .map(([name, value]) => `${name} = '${value}'`)
        .join(', ')}`,
    );
    const loading = await timed(async () => insertMarketingData(session, organization.id, ROWS));
    session.query('OPTIMIZE TABLE unified_marketing_data FINAL');
    progress(`query: ${ROWS} rows made in ${(loading.ms / 1_000).toFixed(1)} s`);

    const ratios: number[] = [];
    const byHandRatios: number[] = [];
    for (const one of QUERY_CASES) {
      const { snapshot } = await app.get(ModelService).live(organization.id);
      const compiled = await app.get(CompiledModelService).get(snapshot, 'clickhouse');
      const { statement } = await planQuery({
        snapshot,
        compiled,
        request: { limit: 10_000, ...one.request },
        dialect: 'clickhouse',
        organizationId: organization.id,
        now: new Date(),
        maxRows: null,
      });
      const times = await measure(one, base, session, bindParameters(statement), organization.id);
      const ratio = times.request / times.engine;
      const counts = times.engine >= GOAL_FROM_MS;
      if (counts) ratios.push(ratio);
      byHandRatios.push(times.engine / times.handwritten);
      report({
        bench: `query_${one.name}`,
        ratio,
        unit: 'x_engine',
        goal: counts ? GOAL : null,
        request_ms: times.request,
        engine_ms: times.engine,
        handwritten_ms: times.handwritten,
        planned_vs_handwritten: times.engine / times.handwritten,
      });
    }
    report({
      bench: 'query',
      ratio: median(ratios),
      unit: 'x_engine',
      goal: GOAL,
      worst: Math.max(...ratios),
      rows: ROWS,
    });
    report({
      bench: 'query_vs_handwritten',
      ratio: median(byHandRatios),
      unit: 'x_handwritten',
      worst: Math.max(...byHandRatios),
      rows: ROWS,
    });
  } finally {
    session.close();
    await app.close();
    await stores.close();
    await drainPending();
  }
}
