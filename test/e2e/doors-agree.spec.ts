/** Two thousand random requests through each door: the same numbers, whatever the door and the shape of the question. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decimal } from 'decimal.js';
import { buildModel } from '../../src/compiler/model/build.js';
import type { Filter, FilterCondition, ReportRequest } from '../../src/compiler/query/types.js';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { fieldNames } from '../../src/graphql/field-names.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { conformanceModel, DEFINITIONS } from '../conformance/model.js';
import { randomFrom, randomRequest, type RandomRequest } from '../conformance/random-requests.js';
import { ROWS } from '../conformance/rows.js';
import { parseCsv } from '../support/csv.js';
import { startPreparedPostgres } from '../support/prepared-data.js';
import { TestServer } from '../support/server.js';

const REQUESTS = 2_000;
/** Fields of one GraphQL document. */
const BATCH = 10;
const AROUND = ['spend_so_far', 'spend_30_days', 'growth_so_far', 'part_so_far', 'roas_gained', 'share_30_days'];

type Cell = string | number | boolean | null;
interface Answer {
  readonly columns: readonly { readonly name: string; readonly role: string; readonly type: string }[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
  readonly totals: Readonly<Record<string, Cell>> | null;
}

const names = [
  ...fieldNames(
    buildModel({
      standard: new LibraryService().library.members,
      organization: DEFINITIONS,
      settings: conformanceModel().settings,
    }),
  ),
];
const nameOf = new Map(names.map(([name, key]) => [key, name]));
const field = (key: string): string => nameOf.get(key) ?? key;
/** As the field of a column is called. */
const column = (name: string): string =>
  name.replace(
    /^(.+?)(?:__(previous|change|other))?$/,
    (_, key: string, ending = '') => `${field(key)}${String(ending).replace(/^./, (first) => first.toUpperCase())}`,
  );

/** Requests as in the conformance suite, with further conditions, windows, orders, limits and totals. */
function requests(): RandomRequest[] {
  const random = randomFrom(2026);
  const isEvery = (part: number): boolean => random() < 1 / part;
  return Array.from({ length: REQUESTS }, () => {
    const { request, split } = randomRequest(random);
    const looksBack = request.date_range != null || request.time_grain == null;
    const window = AROUND[Math.floor(random() * AROUND.length)] ?? '';
    const [metric = ''] = request.metrics;
    return {
      split,
      request: {
        ...request,
        metrics: looksBack && isEvery(3) ? [...request.metrics, window] : request.metrics,
        filters: [...(request.filters as readonly Filter[]), ...(isEvery(2) ? [split[isEvery(2) ? 0 : 1]] : [])],
        ...(isEvery(3) ? { order: [{ member: metric, direction: isEvery(2) ? 'asc' : 'desc' }] } : {}),
        ...(isEvery(4) ? { limit: 1 + Math.floor(random() * 8) } : {}),
        totals: isEvery(4),
      } as ReportRequest,
    };
  });
}

const GRAINS = { daily: 'DAY', weekly: 'WEEK', monthly: 'MONTH', yearly: 'YEAR' } as Readonly<Record<string, string>>;
const ARGUMENTS: Readonly<Record<string, string>> = { beforeDate: 'before', afterDate: 'after' };

function whereOf(filter: Filter): string {
  if ('and' in filter) return `{ and: [${filter.and.map(whereOf).join()}] }`;
  if ('or' in filter) return `{ or: [${filter.or.map(whereOf).join()}] }`;
  const { member, operator, values = [] }: FilterCondition = filter;
  if (operator === 'set' || operator === 'notSet') return `{ ${field(member)}: { set: ${operator === 'set'} } }`;
  const texts = values.map((value) => JSON.stringify(String(value)));
  const isList = /equals|contains|With$/i.test(operator);
  return `{ ${field(member)}: { ${ARGUMENTS[operator] ?? operator}: ${isList ? `[${texts.join()}]` : texts.join()} } }`;
}

/** The request as a field of a document, selecting all that it gives. */
function documentField(request: ReportRequest, columns: Answer['columns']): string {
  const { date_range: range, time_zone: zone, time_grain: grain, top, order = [], limit, compare, fill } = request;
  const where = (request.filters as readonly Filter[]).map(whereOf);
  const given = [
    ...(range != null && typeof range === 'object' && 'from' in range
      ? [`dateRange: { from: "${range.from}", to: "${range.to}" }`]
      : []),
    ...(where.length === 0 ? [] : [`where: { and: [${where.join()}] }`]),
    ...(zone == null ? [] : [`timeZone: "${zone}"`]),
    ...(compare == null ? [] : [`compare: ${compare.toUpperCase()}`]),
    ...(fill == null ? [] : [`fill: ${fill.toUpperCase()}`]),
    ...(top == null
      ? []
      : [`top: { limit: ${top.limit}, by: ${field(top.by)}, dimension: ${field(top.dimension ?? '')} }`]),
    ...order.map(
      ({ member, direction }) => `orderBy: [{ field: ${field(member)}, direction: ${direction.toUpperCase()} }]`,
    ),
    ...(limit == null ? [] : [`limit: ${limit}`]),
  ];
  const selected = columns.map(({ name, role }) =>
    role === 'time' ? `recordedAt(grain: ${GRAINS[grain ?? ''] ?? ''})` : column(name),
  );
  const metrics = columns.filter(({ role }) => role === 'metric').map(({ name }) => column(name));
  const totals = request.totals === true ? `totals { ${metrics.join(' ')} }` : '';
  return `marketingPage${given.length === 0 ? '' : `(${given.join(', ')})`} { rows { ${selected.join(' ')} } ${totals} }`;
}

const renamed = (row: Readonly<Record<string, Cell>>): Record<string, Cell> =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [column(name), value]));

/** A field of CSV as the value of its column in JSON. */
function cellOf(text: string | null, { type }: Answer['columns'][number], like: Cell | undefined): Cell {
  if (text === null) return null;
  if (type === 'boolean') return text === 'true';
  return typeof like === 'number' ? Number(text) : text;
}

describe('every door', () => {
  let server: TestServer;
  let database: EmbeddedPostgres | undefined;
  let folder = '';
  const asked = requests();
  const answers: Answer[] = [];

  const ask = async (request: ReportRequest): Promise<Answer> => {
    const { status, body } = await server.json<Answer>('/api/query', request);
    expect([request, status]).toEqual([request, 200]);
    return body;
  };
  /** Runs the work on all items, some at a time. */
  const forAll = async <T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> => {
    let next = 0;
    const run = async (): Promise<void> => {
      for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index);
    };
    await Promise.all(Array.from({ length: 4 }, run));
  };

  beforeAll(async () => {
    // Postgres plans small questions faster than ClickHouse; which engine answers does not matter to the doors.
    folder = await mkdtemp(join(tmpdir(), 'tributary-doors-'));
    database = await startPreparedPostgres(join(folder, 'postgres'));
    server = await TestServer.start({ env: { DATABASE_URL: database.url, ANALYTICS_URL: database.url } });
    const rows = ROWS.map(({ id, customer_id, data_payload, attribution_data, ...row }) => ({
      ...{ external_id: id, customer_id, recorded_at: row.recorded_at, data_source: row.data_source },
      ...{ source_category: row.source_category, currency: row.currency },
      data_payload: JSON.parse(data_payload) as unknown,
      ...(attribution_data === null ? {} : { attribution_data: JSON.parse(attribution_data) as unknown }),
    }));
    const { body } = await server.rows(rows);
    expect(body).toMatchObject({ read: rows.length, loaded: rows.length });
    for (const definition of DEFINITIONS.filter(({ metric_key: key }) => key !== 'broken')) {
      const { status } = await server.json('/api/marketing/metrics', definition);
      expect([definition.metric_key, status]).toEqual([definition.metric_key, 201]);
    }
  }, 240_000);
  afterAll(async () => {
    await server?.stop();
    await database?.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  it('answers random requests in JSON', async () => {
    await forAll(asked, async ({ request }, index) => {
      answers[index] = await ask(request);
    });
    expect(answers.filter(({ rows }) => rows.length > 1).length).toBeGreaterThan(REQUESTS / 2);
  }, 240_000);

  it('gives the same in CSV', async () => {
    await forAll(asked, async ({ request }, index) => {
      const { columns = [], rows = [] } = answers[index] ?? {};
      const response = await server.fetch('/api/query', {
        method: 'POST',
        body: JSON.stringify(request),
        headers: { 'content-type': 'application/json', accept: 'text/csv' },
      });
      const [head, ...lines] = parseCsv(await response.text());
      const found = lines.map((line) =>
        columns.map((each, at) =>
          cellOf(line[at] ?? null, each, rows[0] && rows.find((row) => row[each.name] !== null)?.[each.name]),
        ),
      );
      expect([request, head]).toEqual([request, columns.map(({ name }) => name)]);
      expect([request, found]).toEqual([request, rows.map((row) => columns.map(({ name }) => row[name]))]);
    });
  }, 240_000);

  it('gives the same in typed GraphQL', async () => {
    const batches = Array.from({ length: REQUESTS / BATCH }, (_, index) => index * BATCH);
    await forAll(batches, async (from) => {
      const fields = asked
        .slice(from, from + BATCH)
        .map(({ request }, at) => `q${at}: ${documentField(request, answers[from + at]?.columns ?? [])}`);
      const { data, errors } = await server.graphql<Record<string, Pick<Answer, 'rows' | 'totals'>>>(
        `{\n${fields.join('\n')}\n}`,
      );
      expect([fields, errors]).toEqual([fields, undefined]);
      asked.slice(from, from + BATCH).forEach(({ request }, at) => {
        const { rows = [], totals = null } = answers[from + at] ?? {};
        expect([request, data?.[`q${at}`]]).toEqual([
          request,
          { rows: rows.map(renamed), ...(request.totals === true ? { totals: totals && renamed(totals) } : {}) },
        ]);
      });
    });
  }, 240_000);

  it('gives parts that make up the whole, and totals that are the query without dimensions', async () => {
    await forAll(asked.slice(0, REQUESTS / 10), async ({ request, split }) => {
      const { limit: _, order: __, ...plain } = request;
      const { totals, columns } = await ask({ ...plain, totals: true });
      const { time_grain: ___, fill: ____, top: _____, ...bare } = plain;
      const [without] = (await ask({ ...bare, dimensions: [] })).rows;
      // What is measured against a grain's buckets means something else without one.
      const isPlain = columns.every(({ name }) => !AROUND.some((key) => name.startsWith(key)));
      if (isPlain) expect([request, totals]).toEqual([request, without]);
      const [first = ''] = request.metrics;
      const parts = await Promise.all(
        split.map((part) => ask({ ...bare, filters: [...(bare.filters as readonly Filter[]), part], dimensions: [] })),
      );
      const sum = parts.reduce((all, { rows: [row] }) => all.plus(Number(row?.[first] ?? 0)), new Decimal(0));
      expect([request, sum.toNumber()]).toEqual([request, Number(without?.[first] ?? 0)]);
    });
  }, 240_000);
});
