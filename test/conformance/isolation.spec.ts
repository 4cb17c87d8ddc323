/**
 * Tenancy is locked twice: in the plan, and below it in the engine. Here each lock is taken off by itself, and still no
 * foreign row is seen; with both off there would be some, so that this can fail. And each rule of a policy is taken out by
 * itself, and is missed.
 */
import pg from 'pg';
import type { Identity, Restrictions } from '../../src/access/identity.js';
import { policyOf } from '../../src/access/policy.js';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import { buildModel } from '../../src/compiler/model/build.js';
import type { MemberDefinition } from '../../src/compiler/model/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { rowLock, type RowLock } from '../../src/compiler/query/row-lock.js';
import type { Filter, PlanPolicy, QueryPlan, ReportRequest, Statement } from '../../src/compiler/query/types.js';
import { bindParameters } from '../../src/engine/clickhouse/bind.js';
import { HttpTransport } from '../../src/engine/clickhouse/http-transport.js';
import { SCHEMA } from '../../src/engine/postgres/tables.js';
import type { EngineValue } from '../../src/engine/engine.js';
import { compiledFor } from './compiled.js';
import { DEFINITIONS, conformanceModel, TYPED_FIELDS } from './model.js';
import { randomFrom, randomRequest } from './random-requests.js';
import { ORGANIZATION, OTHER_ORGANIZATION, ROWS } from './rows.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const ENGINES: readonly (readonly [string, () => Promise<Store>])[] = [
  ['ClickHouse', clickhouseStore],
  ['Postgres', postgresStore],
];
/** The same rows once more, so that every sum over both organisations is another. */
const FOREIGN = ROWS.map((row) => ({
  ...row,
  id: `f${row.id.slice(1)}`,
  content_hash: `f${row.content_hash.slice(1)}`,
}));
const CAMPAIGN: MemberDefinition = {
  ...(DEFINITIONS.find(({ metric_key }) => metric_key === 'device') as MemberDefinition),
  metric_key: 'campaign_name',
  alias_keys: [],
  expression: 'device',
};
const TENANT = 'marketing.organization_id';
const NOW = new Date('2026-02-15T12:00:00Z');
const SEES_ALL: PlanPolicy = { hidden: [], masked: [], granted: [], rows: [] };

/** A model whose plans lack the filter by organisation; a seam that only tests have. */
const withoutTenant = (compiled: CompiledModel): CompiledModel => ({
  ...compiled,
  toSql: (query) =>
    compiled.toSql({
      ...query,
      filters: query.filters.filter((each) => !('member' in each && each.member === TENANT)),
    }),
});

describe.each(ENGINES)('%s', (_name, open) => {
  let store: Store;
  let compiled: CompiledModel;
  let raw: (statement: Statement) => Promise<(readonly EngineValue[])[]>;
  let closeRaw: () => Promise<void>;

  beforeAll(async () => {
    store = await open();
    await load(store.engine, ORGANIZATION, ROWS);
    await load(store.engine, OTHER_ORGANIZATION, FOREIGN);
    const { settings } = conformanceModel({});
    const model = buildModel({ standard: [], organization: [...DEFINITIONS, CAMPAIGN], settings });
    compiled = await compiledFor(store.engine.dialect, model);
    if (store.engine.dialect === 'clickhouse') {
      const transport = new HttpTransport(new URL(store.url));
      raw = async (statement) => {
        const { sql, params } = bindParameters(statement);
        const { batches } = await transport.stream({ sql: () => sql, params, tag: 'without-lock' });
        const rows: (readonly EngineValue[])[] = [];
        for await (const batch of batches) rows.push(...batch);
        return rows;
      };
      closeRaw = () => transport.close();
    } else {
      // The owner of the tables: row-level security does not hold for it.
      const options = `-c TimeZone=UTC -c DateStyle=ISO -c search_path=${SCHEMA},pg_catalog`;
      const client = new pg.Client({ connectionString: store.url, options });
      await client.connect();
      const text = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig;
      raw = async ({ sql, params }) =>
        (await client.query<EngineValue[]>({ text: sql, values: [...params], rowMode: 'array', types: text })).rows;
      closeRaw = () => client.end();
    }
  }, 90_000);
  afterAll(async () => {
    await closeRaw?.();
    await store?.close();
  });

  const plan = (request: ReportRequest, over: CompiledModel, policy?: PlanPolicy): Promise<QueryPlan> =>
    planQuery({
      ...{ snapshot: over, compiled: over, request, dialect: over.dialect, organizationId: ORGANIZATION },
      ...{ now: NOW, maxRows: 1000, ...(policy ? { policy } : {}) },
    });
  const statementsOf = ({ statement, totals, subtotals, checks }: QueryPlan): Statement[] => [
    statement,
    ...(totals === null ? [] : [totals]),
    ...subtotals.map((each) => each.statement),
    ...checks.map((each) => each.statement),
  ];
  /** All that a plan reads, as text that is the same from both ways to the engine. */
  const answers = async (planned: QueryPlan, ask: (statement: Statement) => Promise<unknown[][]>): Promise<string> => {
    const all = [];
    for (const statement of statementsOf(planned)) {
      const rows = await ask(statement);
      const text = (value: unknown): unknown =>
        value === null ? null : String(value).replace(/^t$/, 'true').replace(/^f$/, 'false');
      all.push(rows.map((row) => JSON.stringify(row.map(text))).sort());
    }
    return JSON.stringify(all);
  };
  const locked = (statement: Statement): Promise<EngineValue[][]> =>
    run(store.engine, ORGANIZATION, statement).then((rows) => rows.map((row) => [...row]));
  const unlocked = (statement: Statement): Promise<EngineValue[][]> =>
    raw(statement).then((rows) => rows.map((row) => [...row]));

  it('shows no foreign row without the plan’s filter, nor without the engine’s; only without both', async () => {
    const random = randomFrom(4);
    let wouldLeak = 0;
    for (let index = 0; index < 60; index++) {
      const { request } = randomRequest(random);
      const asked = { ...request, totals: true, subtotals: request.dimensions.slice(0, 1) };
      const [whole, stripped] = [await plan(asked, compiled), await plan(asked, withoutTenant(compiled))];
      const right = await answers(whole, locked);
      expect({ index, engine: await answers(stripped, locked) }).toEqual({ index, engine: right });
      expect({ index, plan: await answers(whole, unlocked) }).toEqual({ index, plan: right });
      if ((await answers(stripped, unlocked)) !== right) wouldLeak += 1;
    }
    expect(wouldLeak).toBeGreaterThan(40);
  }, 120_000);

  /** What the engine enforces of a policy's rows once more. */
  const lockOf = ({ rows }: PlanPolicy, planned: QueryPlan): RowLock | null =>
    rowLock({
      ...{ rows, model: compiled.model, now: NOW, dialect: compiled.dialect, typed: TYPED_FIELDS },
      relations: planned.relations.names,
      isOneCurrency: true,
    });
  const under =
    (lock: RowLock | null) =>
    (statement: Statement): Promise<EngineValue[][]> =>
      run(store.engine, ORGANIZATION, statement, [], lock).then((rows) => rows.map((row) => [...row]));

  it('shows no row outside a policy without the plan’s conditions, nor without the engine’s; only without both', async () => {
    const random = randomFrom(6);
    let wouldLeak = 0;
    for (let index = 0; index < 40; index++) {
      const { request, split } = randomRequest(random);
      const asked = { ...request, time_zone: 'UTC', totals: true, subtotals: request.dimensions.slice(0, 1) };
      const policy: PlanPolicy = { ...SEES_ALL, rows: [split[0]] };
      const [whole, stripped] = [await plan(asked, compiled, policy), await plan(asked, compiled, SEES_ALL)];
      const lock = lockOf(policy, whole);
      const right = await answers(whole, under(lock));
      expect({ index, split, engine: await answers(stripped, under(lock)) }).toEqual({ index, split, engine: right });
      expect({ index, plan: await answers(whole, locked) }).toEqual({ index, plan: right });
      if ((await answers(stripped, locked)) !== right) wouldLeak += 1;
    }
    expect(wouldLeak).toBeGreaterThan(12);
  }, 120_000);

  it('and-s a policy’s rows to whatever is asked: as if the request itself had the condition', async () => {
    const random = randomFrom(5);
    let narrower = 0;
    for (let index = 0; index < 60; index++) {
      const { request, split } = randomRequest(random);
      // A policy's days are those of the organisation, in UTC here, whatever zone the request names.
      const asked = { ...request, time_zone: 'UTC', totals: true, subtotals: request.dimensions.slice(0, 1) };
      const mine: Filter[] = [split[0]];
      const byPolicy = await plan(asked, compiled, { hidden: [], masked: [], granted: [], rows: mine });
      const filters = [...(request.filters as Filter[]), ...mine];
      const byRequest = await answers(await plan({ ...asked, filters }, compiled), locked);
      expect({ index, answer: await answers(byPolicy, locked) }).toEqual({ index, answer: byRequest });
      if ((await answers(await plan(asked, compiled), locked)) !== byRequest) narrower += 1;
    }
    expect(narrower).toBeGreaterThan(20);
  }, 120_000);

  it('reads no row outside a policy for shares, windows and conversions either', async () => {
    const rows: Filter[] = [{ member: 'device', operator: 'equals', values: ['mobile'] }];
    const windows = compiled.model.members.filter(
      ({ kind, status }) => status === 'valid' && ['window', 'conversion'].includes(kind),
    );
    expect(windows.length).toBeGreaterThan(3);
    for (const { key } of windows) {
      const asked: ReportRequest = {
        ...{ metrics: [key], dimensions: ['device', 'channel'], time_grain: 'monthly' },
        date_range: { from: '2025-12-01', to: '2026-03-31' },
      };
      const planned = await plan(asked, compiled, { hidden: [], masked: [], granted: [], rows }).catch(() => null);
      for (const statement of planned === null ? [] : statementsOf(planned)) {
        const reads = statement.sql.split('unified_marketing_data').length - 1;
        const tenants = statement.params.filter((value) => value === ORGANIZATION).length;
        const limits = statement.params.filter((value) => value === 'mobile').length;
        expect({ key, reads, limits }).toEqual({ key, reads: tenants, limits: tenants });
      }
    }
  });

  describe('each rule of a policy is missed when it is taken out', () => {
    const NO_LIMITS: Restrictions = {
      ...{ customRole: 'Agency', hidden: [], masked: [], granted: [], roleRows: [], ownRows: [], campaigns: [] },
    };
    const asker = (given: Partial<Restrictions>, role: Identity['role'] = 'analyst'): PlanPolicy =>
      policyOf({ organizationId: ORGANIZATION, role, restrictions: { ...NO_LIMITS, ...given } });
    const ALL_TIME: ReportRequest = { metrics: ['spend', 'rows'], dimensions: ['device'], totals: true };
    const sees = (request: ReportRequest) => async (policy: PlanPolicy) =>
      answers(await plan(request, compiled, policy), locked);
    const code = (request: ReportRequest) => async (policy: PlanPolicy) =>
      plan(request, compiled, policy).then(
        () => 'planned',
        (problem: { code?: string }) => problem.code,
      );
    const mobile: Filter = { member: 'device', operator: 'equals', values: ['mobile'] };
    const desktop: Filter = { member: 'device', operator: 'notEquals', values: ['mobile'] };
    const RULES: readonly (readonly [string, PlanPolicy, PlanPolicy, (policy: PlanPolicy) => Promise<unknown>])[] = [
      ['rows of the role', asker({ roleRows: [mobile] }), asker({}), sees(ALL_TIME)],
      ['rows of the person', asker({ ownRows: [mobile] }), asker({}), sees(ALL_TIME)],
      [
        'both together',
        asker({ roleRows: [mobile], ownRows: [desktop] }),
        asker({ roleRows: [mobile] }),
        sees(ALL_TIME),
      ],
      [
        'campaigns',
        asker({ campaigns: ['mobile'] }, 'campaign_manager'),
        asker({ campaigns: ['mobile'] }),
        sees(ALL_TIME),
      ],
      ['no campaigns', asker({}, 'campaign_manager'), asker({}), sees(ALL_TIME)],
      ['hidden metric', asker({ hidden: ['spend'] }), asker({}), code(ALL_TIME)],
      ['hidden by an alias', asker({ hidden: ['cost'] }), asker({}), code(ALL_TIME)],
      [
        'what is calculated from hidden',
        asker({ hidden: ['spend'] }),
        asker({}),
        code({ metrics: ['roas'], dimensions: [] }),
      ],
      [
        'a granted formula',
        asker({ hidden: ['spend'] }),
        asker({ hidden: ['spend'], granted: ['roas'] }),
        code({ metrics: ['roas'], dimensions: [] }),
      ],
      ['hidden dimension', asker({ hidden: ['device'] }), asker({}), code(ALL_TIME)],
      [
        'another name for a hidden field',
        asker({ hidden: ['device'] }),
        asker({}),
        code({ metrics: ['rows'], dimensions: ['campaign_name'] }),
      ],
      [
        'hidden base column',
        asker({ hidden: ['data_source'] }),
        asker({}),
        code({ metrics: ['rows'], dimensions: ['data_source'] }),
      ],
      [
        'hidden in a filter',
        asker({ hidden: ['device'] }),
        asker({}),
        code({ metrics: ['rows'], dimensions: [], filters: [mobile] }),
      ],
      ['masked metric', asker({ masked: ['spend'] }), asker({}), sees(ALL_TIME)],
      ['masked dimension', asker({ masked: ['device'] }), asker({}), sees(ALL_TIME)],
      [
        'masked in a filter',
        asker({ masked: ['device'] }),
        asker({}),
        code({ metrics: ['rows'], dimensions: [], filters: [mobile] }),
      ],
      [
        'masked in an order',
        asker({ masked: ['spend'] }),
        asker({}),
        code({ ...ALL_TIME, order: [{ member: 'spend', direction: 'asc' }] }),
      ],
      [
        'masked in a ranking',
        asker({ masked: ['spend'] }),
        asker({}),
        code({ ...ALL_TIME, top: { limit: 1, by: 'spend' } }),
      ],
    ];
    it.each(RULES)('%s', async (_rule, whole, without, observe) => {
      const control = await observe(without);
      expect(control).not.toBe('member_quarantined');
      expect(await observe(whole)).not.toEqual(control);
    });
  });
});
