import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createHash, randomUUID } from 'node:crypto';
import { Problem } from '../../src/common/problem.js';
import type { DialectName } from '../../src/compiler/dialect/types.js';
import type { Engine, EngineValue, StagePlan, UnifiedRow } from '../../src/engine/engine.js';
import type { TypedField } from '../../src/engine/typed-field.js';

export const FIELDS: readonly TypedField[] = [
  { name: 'spend', type: 'decimal' },
  { name: 'revenue', type: 'decimal' },
  { name: 'clicks', type: 'integer' },
  { name: 'device', type: 'string' },
];

export interface EngineUnderTest {
  readonly dialect: DialectName;
  /** A new engine object over the same store. */
  open(): Promise<Engine>;
  stop(): Promise<void>;
}

/** What a test of one engine alone goes on with. */
export interface Story {
  engine(): Engine;
  read(organization: string, sql: string, params?: readonly string[]): Promise<EngineValue[][]>;
  importRows(organization: string, rows: readonly UnifiedRow[]): Promise<StagePlan>;
  /** Count, spend with two decimals, clicks. */
  totals(organization: string): Promise<string[]>;
  /** Closes the engine and goes on with another over the same store. */
  reopen(open: () => Promise<Engine>): Promise<void>;
}

const ID = (n: number): string => `00000000-0000-5000-8000-${String(n).padStart(12, '0')}`;

/** A row that differs from others of the same `n` by `change` only. */
export function row(n: number, line: number, change: Partial<UnifiedRow> = {}): UnifiedRow {
  const content = {
    id: ID(n),
    recorded_at: '2026-01-05T00:00:00.000Z',
    data_source: 'meta_ads',
    source_category: 'external_marketing' as const,
    campaign_id: null,
    customer_id: null,
    asset_id: null,
    currency: 'USD',
    data_payload: `{"clicks":${n},"spend":"${n}.25"}`,
    attribution_data: null,
    ...change,
  };
  const content_hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
  return { ...content, content_hash, line };
}

/** SQL that each dialect writes in its own way; `?` or `$1` stand for parameters. */
const SQL = {
  clickhouse: {
    totals: 'SELECT count(), sum(data_payload.spend), sum(data_payload.clicks) FROM unified_marketing_data',
    days: "SELECT toString(id), formatDateTime(recorded_at, '%Y-%m-%d') FROM unified_marketing_data ORDER BY id",
    nulls:
      'SELECT data_payload.spend, data_payload.clicks, isNull(data_payload.spend) FROM unified_marketing_data ORDER BY id',
    payload: "SELECT CAST(data_payload.text, 'Nullable(String)') FROM unified_marketing_data",
    parameter: 'SELECT ? AS a, ? AS b',
    sub: 'SELECT sum(n) FROM (SELECT count() AS n FROM unified_marketing_data AS a GROUP BY a.data_source) AS k',
    union: 'SELECT count() AS n FROM unified_marketing_data UNION ALL SELECT count() AS n FROM unified_marketing_data',
    values: `SELECT toDecimal64('1.50', 4) AS d, toInt64(9007199254740993) AS i, true AS b, CAST(NULL, 'Nullable(String)') AS n, 'x' AS s`,
    slow: 'SELECT sum(cityHash64(number, toString(number))) FROM numbers(100000000000)',
    many: 'SELECT number FROM numbers(?)',
    broken: 'SELECT no_such_column_of_ours FROM unified_marketing_data',
  },
  postgres: {
    totals: `SELECT count(*), sum((data_payload->>'spend')::numeric), sum((data_payload->>'clicks')::numeric) FROM unified_marketing_data`,
    days: "SELECT id::text, to_char(recorded_at, 'YYYY-MM-DD') FROM unified_marketing_data ORDER BY id",
    nulls: `SELECT (data_payload->>'spend')::numeric, (data_payload->>'clicks')::int8, data_payload->>'spend' IS NULL FROM unified_marketing_data ORDER BY id`,
    payload: `SELECT data_payload->>'text' FROM unified_marketing_data`,
    parameter: 'SELECT $1::text AS a, $2::text AS b',
    sub: 'SELECT sum(n) FROM (SELECT count(*) AS n FROM unified_marketing_data AS a GROUP BY a.data_source) AS k',
    union:
      'SELECT count(*) AS n FROM unified_marketing_data UNION ALL SELECT count(*) AS n FROM unified_marketing_data',
    values: `SELECT 1.50::numeric(10, 4) AS d, 9007199254740993::int8 AS i, true AS b, NULL::text AS n, 'x' AS s`,
    slow: 'SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 10000000) b',
    many: 'SELECT n FROM generate_series(0, $1::int8 - 1) AS n',
    broken: 'SELECT no_such_column_of_ours FROM unified_marketing_data',
  },
} satisfies Record<DialectName, Record<string, string>>;

/** The same story for every engine: what is imported is what is read, whatever happens in between. */
export function engineStory(subject: EngineUnderTest): Story {
  let engine: Engine;
  const sql = SQL[subject.dialect];

  beforeAll(async () => {
    engine = await subject.open();
    await engine.migrate();
    await engine.migrate();
  }, 60_000);

  afterAll(async () => {
    await engine.close();
    await subject.stop();
  }, 30_000);

  async function read(
    organization_id: string,
    text: string,
    params: readonly (string | number | boolean | null)[] = [],
    options: { max_seconds?: number; signal?: AbortSignal } = {},
  ): Promise<EngineValue[][]> {
    const { batches } = await engine.query({ organization_id, sql: text, params, max_seconds: 20, ...options });
    const rows: EngineValue[][] = [];
    for await (const batch of batches) for (const one of batch) rows.push([...one]);
    return rows;
  }

  async function importRows(organization: string, rows: readonly UnifiedRow[]): Promise<StagePlan> {
    const stage = await engine.openStage(organization, randomUUID());
    await stage.append(rows);
    const plan = await stage.plan();
    await stage.commit();
    await stage.drop();
    return plan;
  }

  const counts = ({ loaded, replaced, unchanged, replaced_within }: StagePlan): number[] => [
    loaded,
    replaced,
    unchanged,
    replaced_within,
  ];

  /** Count, spend with two decimals, clicks. */
  async function totals(organization: string): Promise<string[]> {
    const [only] = await read(organization, sql.totals);
    return (only ?? []).map((value, i) => (i === 1 ? Number(value).toFixed(2) : String(value)));
  }

  test('an import is loaded, and again unchanged', async () => {
    const org = randomUUID();
    const rows = [
      row(1, 1),
      row(2, 2),
      row(3, 3, { data_source: 'google_ads', recorded_at: '2026-02-01T10:30:00.500Z' }),
    ];
    const plan = await importRows(org, rows);
    expect(counts(plan)).toEqual([3, 0, 0, 0]);
    expect(plan.sources).toEqual([
      { data_source: 'google_ads', latest: '2026-02-01T10:30:00.500Z', rows: 1 },
      { data_source: 'meta_ads', latest: '2026-01-05T00:00:00.000Z', rows: 2 },
    ]);
    expect(await totals(org)).toEqual(['3', '6.75', '6']);
    expect(counts(await importRows(org, rows))).toEqual([0, 0, 3, 0]);
    expect(await totals(org)).toEqual(['3', '6.75', '6']);
  });

  test('a restatement replaces, also where the day has moved, and back', async () => {
    const org = randomUUID();
    await importRows(org, [row(1, 1), row(2, 2)]);
    const restated = row(1, 1, { data_payload: '{"clicks":10,"spend":"10.00"}' });
    const moved = row(2, 2, { recorded_at: '2026-01-09T00:00:00.000Z' });
    expect(counts(await importRows(org, [restated, moved, row(3, 3)]))).toEqual([1, 2, 0, 0]);
    expect(await totals(org)).toEqual(['3', '15.50', '15']);
    expect(await read(org, sql.days)).toEqual([
      [ID(1), '2026-01-05'],
      [ID(2), '2026-01-09'],
      [ID(3), '2026-01-05'],
    ]);
    expect(counts(await importRows(org, [row(2, 1), row(3, 2)]))).toEqual([0, 1, 1, 0]);
    expect((await read(org, sql.days))[1]).toEqual([ID(2), '2026-01-05']);
    await engine.tidy();
    expect(await totals(org)).toEqual(['3', '15.50', '15']);
    expect(counts(await importRows(org, [restated, row(2, 2), row(3, 3)]))).toEqual([0, 0, 3, 0]);
    expect(counts(await importRows(org, [moved]))).toEqual([0, 1, 0, 0]);
    expect(await totals(org)).toEqual(['3', '15.50', '15']);
  });

  test('among equal ids of one import the last line wins, and each line is counted', async () => {
    const org = randomUUID();
    await importRows(org, [row(1, 1)]);
    const other = { data_payload: '{"clicks":7,"spend":"7"}' };
    const plan = await importRows(org, [
      row(1, 1), // as stored: unchanged
      row(1, 2, other), // replaces the stored row, which line 1 repeated
      row(1, 3, other), // unchanged
      row(2, 4), // loaded
      row(2, 5, { ...other, recorded_at: '2026-03-01T00:00:00.000Z' }), // replaced within
      row(3, 6), // loaded
    ]);
    expect(counts(plan)).toEqual([2, 2, 2, 2]);
    expect(await totals(org)).toEqual(['3', '17.25', '17']);
    expect((await read(org, sql.days))[1]).toEqual([ID(2), '2026-03-01']);
  });

  test('an organisation sees its own rows only, wherever the SQL looks', async () => {
    const [mine, theirs] = [randomUUID(), randomUUID()];
    await importRows(mine, [row(1, 1)]);
    await importRows(theirs, [row(1, 1), row(2, 2)]);
    expect(await totals(mine)).toEqual(['1', '1.25', '1']);
    expect(await read(mine, sql.sub)).toEqual([['1']]);
    expect(await read(mine, sql.union)).toEqual([['1'], ['1']]);
    expect(await totals(randomUUID()).then(([n]) => n)).toBe('0');
    for (const nobody of ['', "x' OR 1=1 --", undefined as unknown as string]) {
      await expect(
        engine.query({ organization_id: nobody, sql: sql.totals, params: [], max_seconds: 5 }),
      ).rejects.toThrow('organisation');
    }
  });

  test('a commit that a crash interrupted is found and finished, however often it is repeated', async () => {
    const [org, importId] = [randomUUID(), randomUUID()];
    await importRows(org, [row(1, 1), row(2, 2)]);
    const stage = await engine.openStage(org, importId);
    await stage.append([row(1, 1, { recorded_at: '2026-04-01T00:00:00.000Z' }), row(3, 2)]);
    expect(counts(await stage.plan())).toEqual([1, 1, 0, 0]);
    expect(await totals(org)).toEqual(['2', '3.50', '3']);
    await engine.close();

    engine = await subject.open();
    await engine.migrate();
    expect(await engine.listStages()).toEqual([{ organization_id: org, import_id: importId }]);
    for (let attempt = 0; attempt < 3; attempt++) {
      await (await engine.openStage(org, importId)).commit();
      expect(await totals(org)).toEqual(['3', '6.75', '6']);
    }
    await (await engine.openStage(org, importId)).drop();
    expect(await engine.listStages()).toEqual([]);
    expect((await read(org, sql.days))[0]).toEqual([ID(1), '2026-04-01']);
  }, 30_000);

  test('numbers are exact, and what is missing is not zero', async () => {
    const org = randomUUID();
    await importRows(org, [
      row(1, 1, { data_payload: '{"clicks":9007199254740991,"spend":"12345678901234567890.123456789"}' }),
      row(2, 2, { data_payload: '{"clicks":0,"spend":"0.1"}' }),
      row(3, 3, { data_payload: '{"spend":"0.2"}' }),
      row(4, 4, { data_payload: '{"clicks":null}' }),
    ]);
    const [sum] = await read(org, sql.totals);
    expect(String(sum?.[1]).replace(/0+$/, '')).toBe('12345678901234567890.423456789');
    expect(String(sum?.[2])).toBe('9007199254740991');
    const rows = await read(org, sql.nulls);
    expect(rows.map(([, clicks]) => clicks)).toEqual(['9007199254740991', '0', null, null]);
    expect(rows.map(([spend]) => spend === null)).toEqual([false, false, false, true]);
  });

  test('values keep their kind', async () => {
    expect(await read(randomUUID(), sql.values)).toEqual([['1.5000', '9007199254740993', true, null, 'x']]);
  });

  test.each([
    'a\\b',
    "it's",
    'tab\tx',
    'line\nbreak\r',
    'ünï 😀 שלום',
    '{p0:String}',
    '\\N',
    '',
    "\\'; DROP TABLE x",
    '?',
    '$1',
    '"',
  ])('the text %j arrives as it is, as a parameter and in a row', async (text) => {
    const org = randomUUID();
    expect(await read(org, sql.parameter, [text, 'second'])).toEqual([[text, 'second']]);
    await importRows(org, [row(1, 1, { data_source: text, data_payload: JSON.stringify({ text }) })]);
    expect(await read(org, sql.payload)).toEqual([[text]]);
  });

  test('a large result arrives in batches', async () => {
    const rows = await read(randomUUID(), sql.many, [150_000]);
    expect(rows.length).toBe(150_000);
    expect(rows[149_999]).toEqual(['149999']);
  });

  test('a result may be left in the middle', async () => {
    const { batches } = await engine.query({
      organization_id: randomUUID(),
      sql: sql.many,
      params: [500_000],
      max_seconds: 20,
    });
    for await (const batch of batches) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(await read(randomUUID(), sql.values)).toHaveLength(1);
  });

  test('a query that takes too long is stopped and says so', async () => {
    await expect(read(randomUUID(), sql.slow, [], { max_seconds: 0.3 })).rejects.toMatchObject({
      status: 504,
      code: 'engine_timeout',
    });
  });

  test('a cancelled query ends', async () => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    await expect(read(randomUUID(), sql.slow, [], { signal: controller.signal })).rejects.toMatchObject({
      code: 'query_cancelled',
    });
    await expect(read(randomUUID(), sql.values, [], { signal: controller.signal })).rejects.toBeInstanceOf(Problem);
  });

  test('an error of the engine keeps its SQL to itself', async () => {
    const error: unknown = await read(randomUUID(), sql.broken).catch((e: unknown) => e);
    expect(String(error)).not.toContain('no_such_column');
    expect(JSON.stringify(error)).not.toContain('no_such_column');
    expect(error).toHaveProperty('details.engine_message', expect.stringContaining('no_such_column'));
  });

  test('twenty queries at once each get their own answer', async () => {
    const orgs = Array.from({ length: 20 }, () => randomUUID());
    const answers = await Promise.all(orgs.map((org) => read(org, sql.parameter, [org, 'x'])));
    expect(answers).toEqual(orgs.map((org) => [[org, 'x']]));
  });

  return {
    engine: () => engine,
    read,
    importRows,
    totals,
    reopen: async (open) => {
      await engine.close();
      engine = await open();
      await engine.migrate();
    },
  };
}
