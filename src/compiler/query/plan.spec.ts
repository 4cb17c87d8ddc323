import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { definition } from '../../../test/support/definition.js';
import { packageRoot } from '../../common/package-root.js';
import { Problem } from '../../common/problem.js';
import { compileModel, type CompiledModel } from '../cube/compile.js';
import { buildModel } from '../model/build.js';
import type { MemberDefinition } from '../model/types.js';
import { planQuery } from './plan.js';
import type { Filter, QueryPlan, ReportRequest } from './types.js';

const define = (metric_key: string, given: Partial<MemberDefinition> = {}): MemberDefinition =>
  definition({ metric_key, data_type: 'currency', ...given });

const windowed = (metric_key: string, window: NonNullable<MemberDefinition['window']>): MemberDefinition =>
  define(metric_key, { window, aggregation: null, additivity: 'non_additive' });

const model = buildModel({
  standard: [],
  organization: [
    define('spend', { alias_keys: ['cost'] }),
    define('revenue'),
    define('roas', { formula: 'revenue / spend', data_type: 'float' }),
    define('reach', { data_type: 'integer', additivity: 'non_additive', alias_keys: ['people_reached'] }),
    define('device__other', { formula: 'spend * 2' }),
    windowed('spend_so_far', { kind: 'cumulative', metric: 'spend' }),
    windowed('reach_before', { kind: 'previous', metric: 'reach', count: 1, unit: 'month', output: 'value' }),
    windowed('reach_7_days', { kind: 'rolling', metric: 'reach', count: 7, unit: 'day' }),
    define('average_spend', { aggregation: 'avg', expression: 'spend', additivity: 'non_additive' }),
    windowed('average_so_far', { kind: 'cumulative', metric: 'average_spend' }),
    windowed('device_share', { kind: 'share', metric: 'spend', within: ['device'] }),
    define('broken', { formula: 'revenue / spnd' }),
    define('device', { metric_type: 'dimension', data_type: 'string' }),
    define('landed', { metric_type: 'dimension', data_type: 'date' }),
    define('position', { metric_type: 'dimension', data_type: 'integer' }),
  ],
  settings: { currency: 'EUR', time_zone: 'Europe/Berlin', week_start: 1 },
});

let compiled: CompiledModel;
beforeAll(async () => {
  const fileName = 'unified_marketing.js';
  const base = [{ fileName, content: await readFile(join(packageRoot, 'cube-models', fileName), 'utf8') }];
  compiled = await compileModel({ model, dialect: 'clickhouse', base, typed: { spend: 'decimal' } });
});

const plan = (request: Partial<ReportRequest>, maxRows: number | null = 1000): Promise<QueryPlan> =>
  planQuery({
    snapshot: { model },
    compiled,
    request: { metrics: [], dimensions: [], ...request },
    dialect: 'clickhouse',
    organizationId: '11111111-1111-4111-8111-111111111111',
    now: new Date('2026-02-15T12:00:00Z'),
    maxRows,
  });

const filterBy = (member: string): Filter => ({ member, operator: 'set' });

async function refusal(request: Partial<ReportRequest>): Promise<Problem> {
  const problem = await plan(request).catch((error: unknown) => error);
  if (!(problem instanceof Problem)) throw new Error('The request was not refused.');
  return problem;
}

describe('what a request names', () => {
  it('answers with labels, types, unit and lineage', async () => {
    const { columns, limit, time_zone } = await plan({
      metrics: ['roas', 'spend'],
      dimensions: ['device'],
      time_grain: 'hourly',
    });
    expect(columns.map(({ name, role, type, unit }) => [name, role, type, unit])).toEqual([
      ['recorded_at', 'time', 'datetime', null],
      ['device', 'dimension', 'string', null],
      ['roas', 'metric', 'float', null],
      ['spend', 'metric', 'currency', 'EUR'],
    ]);
    expect(columns[2]?.lineage).toEqual(['revenue', 'spend']);
    expect({ limit, time_zone }).toEqual({ limit: 1000, time_zone: 'Europe/Berlin' });
  });

  it('says every unknown name at once, with its place and the nearest names', async () => {
    const problem = await refusal({
      metrics: ['spend', 'revenu'],
      dimensions: ['devise'],
      filters: { or: [{ member: 'positon', operator: 'set' }] },
      order: [{ member: 'cst', direction: 'asc' }],
    });
    expect(problem.status).toBe(422);
    expect(problem.code).toBe('unknown_metric');
    expect(problem.errors.map(({ code, pointer, suggestions }) => [code, pointer, suggestions?.[0]])).toEqual([
      ['unknown_metric', '/metrics/1', 'revenue'],
      ['unknown_dimension', '/dimensions/0', 'device'],
      ['unknown_member', '/filters/or/0/member', 'position'],
      ['unknown_member', '/order/0/member', 'cost'],
    ]);
    expect(problem.detail).toContain('revenue');
  });

  it('tells metrics from dimensions', async () => {
    const problem = await refusal({ metrics: ['device'], dimensions: ['cost'] });
    expect(problem.errors.map(({ code, pointer }) => [code, pointer])).toEqual([
      ['not_a_metric', '/metrics/0'],
      ['not_a_dimension', '/dimensions/0'],
    ]);
  });

  it('says why a quarantined member can’t be used', async () => {
    const problem = await refusal({ metrics: ['broken'] });
    expect(problem.code).toBe('member_quarantined');
    expect(problem.detail).toContain('spnd');
  });

  it('never offers the tenant as a name', async () => {
    expect((await refusal({ dimensions: ['organization_id'] })).code).toBe('unknown_dimension');
    const filters: Filter = { member: 'organization_id', operator: 'set' };
    expect((await refusal({ metrics: ['spend'], filters })).code).toBe('unknown_member');
  });

  it('wants something to be selected, and not too much', async () => {
    expect((await refusal({})).code).toBe('nothing_selected');
    expect((await refusal({ metrics: Array.from({ length: 51 }, () => 'spend') })).code).toBe('too_many');
  });
});

describe('what a filter says', () => {
  const code = async (filters: Filter): Promise<readonly unknown[]> => {
    const [first] = (await refusal({ metrics: ['spend'], filters })).errors;
    return [first?.code, first?.pointer];
  };

  it.each<[string, Filter, string, string]>([
    ['a text for a number', { member: 'position', operator: 'equals', values: [1, 'two'] }, 'wrong_type', '/values/1'],
    ['ten decimals', { member: 'spend', operator: 'gt', values: ['0.1234567891'] }, 'wrong_type', '/values/0'],
    ['a day that is none', { member: 'landed', operator: 'equals', values: ['2026-02-30'] }, 'bad_date', '/values/0'],
    [
      'an instant for a day',
      { member: 'landed', operator: 'gt', values: ['2026-02-01T10:00Z'] },
      'bad_date',
      '/values/0',
    ],
    [
      'contains on a number',
      { member: 'spend', operator: 'contains', values: ['1'] },
      'operator_mismatch',
      '/operator',
    ],
    ['a NUL character', { member: 'device', operator: 'equals', values: ['a\0'] }, 'wrong_type', '/values/0'],
    ['no value', { member: 'device', operator: 'equals' }, 'bad_filter', '/values'],
    ['a value for set', { member: 'device', operator: 'set', values: [1] }, 'bad_filter', '/values'],
    ['two values for gt', { member: 'position', operator: 'gt', values: [1, 2] }, 'bad_filter', '/values'],
    [
      'a range that ends before it begins',
      { member: 'landed', operator: 'inDateRange', values: ['2026-02-02', '2026-02-01'] },
      'empty_range',
      '/values/1',
    ],
  ])('%s', async (_, filter, expected, pointer) => {
    expect(await code(filter)).toEqual([expected, `/filters${pointer}`]);
  });

  it('filters by what a comparison adds only where there is one', async () => {
    const filters = [{ member: 'spend__change', operator: 'gt', values: [1] }] as const;
    const problem = await refusal({ metrics: ['spend'], filters });
    expect(problem.errors).toMatchObject([
      { code: 'comparison_required', pointer: '/filters/0/member', suggestions: ['spend'] },
    ]);
    const request: Partial<ReportRequest> = { metrics: ['spend'], date_range: 'last_month', compare: 'previous_year' };
    expect((await plan({ ...request, filters })).statement.sql).toContain('r.h1 > ');
    const codeOf = async (member: string): Promise<unknown[]> =>
      (await refusal({ ...request, filters: { member, operator: 'set' } })).errors.map(({ code }) => code);
    expect(await codeOf('device__change')).toEqual(['unknown_member']);
    expect(await codeOf('spnd__previous')).toEqual(['unknown_member']);
    expect(await codeOf('broken__change')).toEqual(['member_quarantined']);
    expect(
      (await refusal({ ...request, filters: { member: 'spend__change', operator: 'contains', values: ['1'] } })).code,
    ).toBe('operator_mismatch');
  });

  it('reads each row once for averages over windows that overlap', async () => {
    const { statement } = await plan({ metrics: ['average_so_far'], time_grain: 'daily', date_range: 'last_month' });
    expect(statement.sql).toContain('sum(s.`marketing___sum_average_spend`)');
    expect(statement.sql).toContain('sum(s.`marketing___divisor_average_spend`)');
  });

  it('refuses to mix metrics and dimensions in one “or”', async () => {
    const filters: Filter = {
      or: [{ member: 'spend', operator: 'gt', values: [1] }, { and: [{ member: 'device', operator: 'set' }] }],
    };
    expect(await code(filters)).toEqual(['mixed_filter', '/filters/or']);
  });

  it('has limits on size and depth', async () => {
    const condition: Filter = { member: 'device', operator: 'set' };
    expect((await code({ and: Array.from({ length: 101 }, () => condition) }))[0]).toBe('too_many');
    const deep = Array.from({ length: 8 }).reduce<Filter>((inner) => ({ or: [inner] }), condition);
    expect((await code(deep))[0]).toBe('too_deep');
    const values = Array.from({ length: 501 }, (_, index) => `v${index}`);
    expect((await code({ member: 'device', operator: 'contains', values }))[0]).toBe('too_many');
    await plan({ metrics: ['spend'], filters: { member: 'device', operator: 'equals', values } });
  });
});

describe('time', () => {
  it.each<[string, Partial<ReportRequest>, string, string]>([
    ['an unknown zone', { time_zone: 'Mars/Olympus' }, 'unknown_time_zone', '/time_zone'],
    ['SQL for a zone', { time_zone: "UTC') --" }, 'unknown_time_zone', '/time_zone'],
    ['half a date', { date_range: { from: '2026-01', to: '2026-02-01' } }, 'bad_date', '/date_range/from'],
    ['a year out of reach', { date_range: { from: '1492-01-01', to: '2026-02-01' } }, 'bad_date', '/date_range/from'],
    ['a range backwards', { date_range: { from: '2026-02-02', to: '2026-02-01' } }, 'empty_range', '/date_range/to'],
    ['no units', { date_range: { last: 0, unit: 'day' } }, 'bad_range', '/date_range/last'],
  ])('refuses %s', async (_, request, code, pointer) => {
    const [error] = (await refusal({ metrics: ['spend'], ...request })).errors;
    expect([error?.code, error?.pointer]).toEqual([code, pointer]);
  });
});

describe('comparisons, gaps, windows, top values and subtotals', () => {
  const year = { from: '2026-01-01', to: '2026-12-31' };

  it.each<[string, Partial<ReportRequest>, string, string]>([
    ['a comparison with nothing before', { compare: 'previous_period' }, 'date_range_required', '/compare'],
    [
      'a comparison of all time',
      { compare: 'previous_year', date_range: 'all_time' },
      'date_range_required',
      '/compare',
    ],
    [
      'a comparison of instants',
      { compare: 'previous_year', date_range: year, dimensions: ['recorded_at'] },
      'time_grain_required',
      '/dimensions',
    ],
    [
      'two columns of one name',
      { metrics: ['device__other'], dimensions: ['device'], top: { limit: 1, by: 'spend' } },
      'name_taken',
      '/metrics',
    ],
    [
      'a comparison of a day that is not over',
      { compare: 'previous_period', date_range: 'today' },
      'no_complete_period',
      '/date_range',
    ],
    ['gaps without a grain', { fill: 'zero', date_range: year }, 'time_grain_required', '/fill'],
    ['gaps without an end', { fill: 'zero', time_grain: 'daily' }, 'date_range_required', '/fill'],
    [
      'an endless axis',
      { fill: 'zero', time_grain: 'fifteen_minutes', date_range: year },
      'too_many_buckets',
      '/time_grain',
    ],
    [
      'a window over time without a range',
      { metrics: ['spend_so_far'], time_grain: 'daily' },
      'date_range_required',
      '/date_range',
    ],
    ['a share within what is not selected', { metrics: ['device_share'] }, 'dimension_required', '/metrics/0'],
    ['a window that adds up people', { metrics: ['spend', 'reach_7_days'] }, 'member_quarantined', '/metrics/1'],
    ['top values of nothing', { top: { limit: 1, by: 'spend' } }, 'bad_top', '/top/dimension'],
    ['top values by a share', { dimensions: ['device'], top: { limit: 1, by: 'device_share' } }, 'bad_top', '/top/by'],
    [
      'top values by an unknown metric',
      { dimensions: ['device'], top: { limit: 1, by: 'spent' } },
      'unknown_metric',
      '/top/by',
    ],
    [
      'a subtotal by what is not selected',
      { dimensions: ['device'], subtotals: ['landed'] },
      'not_selected',
      '/subtotals/0',
    ],
    ['a cursor that is none', { dimensions: ['device'], cursor: 'abc' }, 'bad_cursor', '/cursor'],
  ])('refuses %s', async (_, request, code, pointer) => {
    const [error] = (await refusal({ metrics: ['spend'], ...request })).errors;
    expect([error?.code, error?.pointer]).toEqual([code, pointer]);
  });

  it('says that what looks back at a sum that can’t be added up has no value where it would be', async () => {
    const ask = { time_grain: 'daily', date_range: { from: '2026-01-01', to: '2026-01-31' } } as const;
    const { warnings } = await plan({ ...ask, metrics: ['reach', 'reach_before'] });
    expect(warnings).toEqual([
      expect.objectContaining({
        code: 'non_additive',
        pointer: '/metrics/1',
        message: expect.stringContaining('looks back at'),
      }),
    ]);
  });

  it.each<[string, Partial<ReportRequest>, string]>([
    ['under its alias', { metrics: ['spend', 'people_reached'] }, '/metrics/1'],
    [
      'in a filter alone',
      { metrics: ['spend'], filters: [filterBy('device'), filterBy('reach')] },
      '/filters/1/member',
    ],
    [
      'deep within a filter',
      { metrics: ['spend'], filters: { and: [{ or: [filterBy('reach')] }] } },
      '/filters/and/0/or/0/member',
    ],
    ['twice', { metrics: ['reach'], filters: filterBy('reach') }, '/metrics/0'],
  ])('leads to where a sum that can’t be added up is named: %s', async (_, request, pointer) => {
    const { checks } = await plan({ dimensions: ['device'], ...request });
    expect(checks.map(({ problem }) => [problem.code, problem.pointer])).toEqual([['non_additive', pointer]]);
  });

  it.each<[string, Partial<ReportRequest>]>([
    ['is shown', { metrics: ['reach'] }],
    ['is not shown', { metrics: ['spend'] }],
  ])('asks the engine whether a sum that can’t be added up can rank, where it %s', async (_, request) => {
    const { checks, warnings } = await plan({
      ...{ dimensions: ['device', 'landed'], time_grain: 'daily' as const, ...request },
      date_range: { from: '2026-01-01', to: '2026-01-31' },
      top: { limit: 1, by: 'reach', dimension: 'device' },
    });
    // It has no value in the row for the others, where it has one at all.
    expect(warnings.map(({ code }) => code)).toEqual(request.metrics?.includes('reach') ? ['non_additive'] : []);
    expect(checks.map(({ problem }) => [problem.code, problem.pointer])).toEqual([['non_additive', '/top/by']]);
    const { sql = '' } = checks[0]?.statement ?? {};
    expect([sql.match(/device/) === null, sql.match(/landed/) === null]).toEqual([false, true]);
  });

  it('leads to the filter that alone names a share without its dimension', async () => {
    const { errors } = await refusal({ metrics: ['spend'], filters: [filterBy('device_share')] });
    expect(errors.map(({ code, pointer }) => [code, pointer])).toEqual([['dimension_required', '/filters/0/member']]);
  });

  it('asks the engine first where filling may come to too many cells', async () => {
    const { checks } = await plan({
      metrics: ['spend'],
      dimensions: ['device'],
      date_range: { from: '2025-01-01', to: '2025-12-31' },
      time_grain: 'hourly',
      fill: 'null',
    });
    // 8,760 hours, less the one that the clock skips; the one that comes twice is one bucket with its twin.
    expect(checks.map(({ most, problem }) => [most, problem.code])).toEqual([[114, 'too_many_cells']]);
  });

  it('filters every statement by the organisation, and puts no user text into any', async () => {
    const evil = "' OR 1=1 --";
    const { statement, totals, subtotals, checks } = await plan({
      metrics: ['spend', 'roas'],
      dimensions: ['device'],
      date_range: { from: '2026-01-01', to: '2026-01-31' },
      time_grain: 'daily',
      filters: [{ member: 'device', operator: 'notEquals', values: [evil] }],
      compare: 'previous_year',
      fill: 'zero',
      top: { limit: 2, by: 'spend' },
      subtotals: ['device'],
      totals: true,
    });
    const all = [
      statement,
      totals,
      ...subtotals.map((each) => each.statement),
      ...checks.map((each) => each.statement),
    ];
    expect(all).toHaveLength(4);
    for (const each of all) {
      const { sql = '', params = [] } = each ?? {};
      const reads = sql.split('FROM\n      unified_marketing_data').length - 1;
      expect(reads).toBeGreaterThan(0);
      expect(sql.split('`marketing`.organization_id = toUUID(?)').length - 1).toBe(reads);
      expect(params.filter((value) => value === '11111111-1111-4111-8111-111111111111')).toHaveLength(reads);
      expect(sql).not.toContain(evil);
    }
  });
});

describe('the statement', () => {
  it('is always filtered by the organisation, also for totals', async () => {
    const { statement, totals } = await plan({
      metrics: ['spend'],
      dimensions: ['device'],
      filters: {
        or: [
          { member: 'device', operator: 'set' },
          { member: 'device', operator: 'notSet' },
        ],
      },
      totals: true,
    });
    for (const { sql, params } of [statement, totals ?? statement]) {
      expect(sql).toMatch(/WHERE \(`marketing`\.organization_id = toUUID\(\?\)\) AND \(/);
      expect(params[0]).toBe('11111111-1111-4111-8111-111111111111');
    }
    await expect(
      planQuery({
        snapshot: { model },
        compiled,
        request: { metrics: ['spend'], dimensions: [] },
        dialect: 'clickhouse',
        organizationId: '',
        now: new Date(0),
        maxRows: 1,
      }),
    ).rejects.toThrow('organisation');
  });

  it('never holds what a user wrote: only parameters do', async () => {
    const request = (value: string): Partial<ReportRequest> => ({
      metrics: ['spend'],
      dimensions: ['device'],
      filters: [
        { member: 'device', operator: 'equals', values: [value] },
        { member: 'device', operator: 'contains', values: [`x${value}`] },
      ],
    });
    const { sql } = (await plan(request('harmless'))).statement;
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (value) => {
        fc.pre(!value.includes('\0'));
        const { statement } = await plan(request(value));
        expect(statement.sql).toBe(sql);
        expect(statement.params.slice(1)).toEqual([value, `x${value}`]);
      }),
      { examples: [["' OR 1=1 --"], ['?'], ['$1$'], ['$$$COLUMN$$$'], ['\\'], ['`'], ["$'"]] },
    );
  });

  it('belongs to its own request, also after one that differs in little', async () => {
    const ordered = async (direction: 'asc' | 'desc'): Promise<string> => {
      const order = [{ member: 'device', direction }];
      return (await plan({ metrics: ['spend'], dimensions: ['device'], order })).statement.sql;
    };
    expect(await ordered('asc')).toContain('`marketing__device` ASC');
    expect(await ordered('desc')).toContain('`marketing__device` DESC');
  });

  it('fetches one row more than the limit, and knows no limit for an export', async () => {
    expect((await plan({ metrics: ['spend'], limit: 5000 })).limit).toBe(1000);
    expect((await plan({ metrics: ['spend'], limit: 5, offset: 7 })).statement.sql).toMatch(/LIMIT 6 OFFSET 7$/);
    const all = await plan({ metrics: ['spend'] }, null);
    expect(all.limit).toBeNull();
    expect(all.statement.sql).not.toContain('LIMIT');
  });
});
