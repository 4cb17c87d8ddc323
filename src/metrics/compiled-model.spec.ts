import { jest } from '@jest/globals';
import type { Worker } from 'node:worker_threads';
import { buildModel } from '../compiler/model/build.js';
import { snapshotOf } from '../compiler/model/snapshot.js';
import type { DialectName } from '../compiler/dialect/types.js';
import type { MemberDefinition, Snapshot } from '../compiler/model/types.js';
import { planQuery } from '../compiler/query/plan.js';
import type { ReportRequest, Statement } from '../compiler/query/types.js';
import { CompiledModelService } from './compiled-model.service.js';
import { LibraryService } from './library.service.js';

const library = new LibraryService();
const ORGANIZATION = '7b0c1d2e-0000-4000-8000-000000000001';
const OTHER = '7b0c1d2e-0000-4000-8000-000000000002';

const formula = (metric_key: string, text: string): MemberDefinition => ({
  metric_key,
  standard_key: null,
  display_label: metric_key,
  description: null,
  category: 'calculated',
  metric_type: 'metric',
  data_type: 'float',
  aggregation: null,
  formula: text,
  expression: null,
  weight: null,
  additivity: 'non_additive',
  unit: null,
  alias_keys: [],
  source_tables: [],
});

const modelWith = (text: string): Snapshot =>
  snapshotOf(
    buildModel({
      standard: library.library.members,
      organization: [formula('own', text)],
      settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
    }),
  );

describe('models compiled in their own thread', () => {
  let service: CompiledModelService;
  beforeEach(() => {
    service = new CompiledModelService(library);
  });
  afterEach(() => service.onApplicationShutdown());

  const sql = async (
    snapshot: Snapshot,
    request: Partial<ReportRequest> = {},
    organizationId = ORGANIZATION,
    dialect: DialectName = 'clickhouse',
  ): Promise<Statement> => {
    const plan = await planQuery({
      snapshot,
      compiled: service.get(snapshot, dialect),
      request: { metrics: ['own'], dimensions: ['data_source'], limit: 10, ...request },
      dialect,
      organizationId,
      now: new Date('2026-01-15T12:00:00Z'),
      maxRows: null,
    });
    return plan.statement;
  };
  const thread = (): Worker => Reflect.get(Reflect.get(service, 'thread') as object, 'worker') as Worker;

  it('writes the SQL of each model, not of another one', async () => {
    const [clicks, orders] = await Promise.all([sql(modelWith('spend / clicks')), sql(modelWith('spend / orders'))]);
    expect(clicks.sql).toContain('clicks');
    expect(orders.sql).toContain('orders');
    expect(orders.sql).not.toContain('clicks');
    expect(clicks.params).toContain(ORGANIZATION);
  });

  it('compiles equal models of several organisations once', async () => {
    await sql(modelWith('spend / impressions'));
    const worker = thread();
    const post = worker.postMessage.bind(worker);
    const compiled: string[] = [];
    // A model passes the border only when the thread has not compiled it yet.
    worker.postMessage = (message: { readonly hash: string; readonly model?: unknown }): void => {
      if (message.model) compiled.push(message.hash);
      post(message);
    };
    const [one, same, other] = ['spend / clicks', 'spend / clicks', 'clicks / spend'].map(modelWith);
    if (!one || !same || !other) throw new Error('No models.');
    const first = await sql(one);
    expect((await sql(same)).sql).toBe(first.sql);
    await sql(same, { dimensions: [] });
    await sql(other);
    expect(compiled).toEqual([one.hash, other.hash]);
  });

  it.each(['clickhouse', 'postgres'] as const)(
    'writes a statement once for all organisations, ranges and lengths: %s',
    async (dialect) => {
      const ask = (request: Partial<ReportRequest>, organizationId = ORGANIZATION): Promise<Statement> =>
        sql(snapshot, request, organizationId, dialect);
      const snapshot = modelWith('spend / clicks');
      const range = { from: '2026-01-01', to: '2026-01-07' };
      const filters = { member: 'recorded_at', operator: 'gte', values: ['2026-01-03'] } as const;
      const first = await ask({ date_range: range, filters });
      const post = jest.spyOn(thread(), 'postMessage');
      const later = await ask({
        date_range: { from: '2026-02-01', to: '2026-02-03' },
        filters: { ...filters, values: ['2026-02-02'] },
        ...{ limit: 20, offset: 40 },
      });
      const others = await ask({ date_range: range, filters }, OTHER);
      expect(post).not.toHaveBeenCalled();
      expect(first.params).toEqual([ORGANIZATION, ...['01', '08', '03'].map((day) => `2026-01-${day} 00:00:00.000`)]);
      expect(later.params).toEqual([ORGANIZATION, ...['01', '04', '02'].map((day) => `2026-02-${day} 00:00:00.000`)]);
      expect(others).toEqual({ ...first, params: [OTHER, ...first.params.slice(1)] });
      expect(later.sql).toBe(first.sql.replace('LIMIT 11', 'LIMIT 21 OFFSET 40'));
      // Nor is a value of the asker's own mistaken for one of these.
      const named = { member: 'data_source', operator: 'equals', values: [ORGANIZATION, '0'] } as const;
      expect((await ask({ date_range: range, filters: named }, OTHER)).params).toEqual([
        ...[OTHER, '2026-01-01 00:00:00.000', '2026-01-08 00:00:00.000', ORGANIZATION, '0'],
      ]);
    },
  );

  it('leaves the event loop free while many models are compiled', async () => {
    await sql(modelWith('spend / clicks'));
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns++;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await Promise.all(Array.from({ length: 8 }, (_, index) => sql(modelWith(`spend / (clicks + ${index})`))));
    over = true;
    // Compiled on this thread, each model would have been a handful of turns.
    expect(turns).toBeGreaterThan(500);
  });

  it('replaces a thread that died and asks the new one', async () => {
    const snapshot = modelWith('spend / clicks');
    const before = await sql(snapshot);
    const dying = thread();
    const asked = sql(snapshot, { order: [{ member: 'own', direction: 'asc' }] });
    await dying.terminate();
    expect(await asked).toEqual({
      ...before,
      sql: before.sql.replace(/own. DESC/, (text) => text.replace('DESC', 'ASC')),
    });
    expect(thread()).not.toBe(dying);
  });

  it('says why Cube refused, and goes on', async () => {
    const snapshot = modelWith('spend / clicks');
    const query = { measures: ['marketing.nothing'], dimensions: [], timeDimensions: [], filters: [] };
    const rest = { timeZone: 'UTC', weekStart: 1, rowOrder: [], withheld: [] };
    await expect(service.get(snapshot, 'clickhouse').toSql({ ...query, ...rest })).rejects.toThrow(/nothing/);
    expect((await sql(snapshot)).sql).toContain('clicks');
  });
});
