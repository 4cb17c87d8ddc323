import fc from 'fast-check';
import { definition as define } from '../../../test/support/definition.js';
import { buildModel, dependants, resolveMember } from './build.js';
import { parseFieldRef } from './field-ref.js';
import { canonicalJson, diagnosticsFor, snapshotOf } from './snapshot.js';
import type { ConversionDefinition, Member, MemberDefinition, Model, WindowDefinition } from './types.js';

const settings = { currency: 'USD', time_zone: 'UTC', week_start: 1 };

const definition = (metric_key: string, more: Partial<MemberDefinition> = {}): MemberDefinition =>
  define({ metric_key, data_type: 'integer', source_tables: ['unified_marketing_data'], ...more });
const formula = (metric_key: string, text: string, more: Partial<MemberDefinition> = {}): MemberDefinition =>
  definition(metric_key, {
    formula: text,
    aggregation: null,
    data_type: 'float',
    category: 'calculated',
    additivity: 'non_additive',
    ...more,
  });
const dimension = (metric_key: string, more: Partial<MemberDefinition> = {}): MemberDefinition =>
  definition(metric_key, { metric_type: 'dimension', aggregation: null, data_type: 'string', ...more });

const STANDARD = [
  definition('spend', { data_type: 'currency' }),
  definition('revenue', { data_type: 'currency', alias_keys: ['turnover'] }),
  definition('clicks'),
  dimension('device'),
];
const build = (...organization: MemberDefinition[]): Model =>
  buildModel({ standard: STANDARD, organization, settings });

function member(model: Model, key: string): Member {
  const found = model.members.find((each) => each.key === key);
  if (!found) throw new Error(`no member ${key}`);
  return found;
}
/** Diagnostics of a member as `severity code pointer`. */
const said = (model: Model, key: string): string[] =>
  member(model, key).diagnostics.map(({ severity, code, pointer }) => `${severity} ${code} ${pointer}`);

describe('a member by itself', () => {
  it.each<[string, MemberDefinition, string[]]>([
    ['a plain metric', definition('leads'), []],
    ['counted rows', definition('rows', { aggregation: 'count', expression: '*' }), []],
    [
      'distinct customers',
      definition('customers', { aggregation: 'distinct', expression: 'customer_id', additivity: 'non_additive' }),
      [],
    ],
    [
      'a weighted average',
      definition('position', {
        aggregation: 'weighted_avg',
        weight: 'clicks',
        data_type: 'float',
        additivity: 'non_additive',
      }),
      [],
    ],
    ['a nested path', dimension('os', { expression: 'device.os' }), []],
    ['a base column', dimension('source', { expression: 'data_source' }), []],
    ['no aggregation', definition('leads', { aggregation: null }), ['error missing_aggregation /aggregation']],
    [
      'no weight',
      definition('position', { aggregation: 'weighted_avg', additivity: 'non_additive' }),
      ['error missing_weight /weight'],
    ],
    ['a weight too many', definition('leads', { weight: 'clicks' }), ['warning unused_weight /weight']],
    [
      'an aggregated dimension',
      dimension('os', { aggregation: 'count' }),
      ['error aggregation_on_dimension /aggregation'],
    ],
    ['a dimension of another type', dimension('os', { formula: 'clicks' }), ['error type_mismatch /data_type']],
    ['rows as a dimension', dimension('os', { expression: '*' }), ['error invalid_expression /expression']],
    ['a sum of text', definition('os', { data_type: 'string' }), ['error non_numeric_aggregation /aggregation']],
    [
      'a sum of a column',
      definition('source', { expression: 'data_source' }),
      ['error non_numeric_aggregation /aggregation'],
    ],
    ['a sum of rows', definition('rows', { expression: '*' }), ['error invalid_expression /expression']],
    ['a wrong path', definition('leads', { expression: "a'b" }), ['error invalid_expression /expression']],
    [
      'a formula and an aggregation',
      formula('cpc', 'spend / clicks', { aggregation: 'sum', data_type: 'currency' }),
      ['error formula_and_aggregation /aggregation'],
    ],
    [
      'a formula and an expression',
      formula('cpc', 'spend / clicks', { expression: 'x', data_type: 'currency' }),
      ['error invalid_expression /expression'],
    ],
    [
      'a formula of text',
      formula('cpc', 'spend / clicks', { data_type: 'string' }),
      ['error type_mismatch /data_type'],
    ],
    [
      'a ratio as currency',
      formula('roas', 'revenue / spend', { data_type: 'currency' }),
      ['warning type_mismatch /data_type'],
    ],
    [
      'a fraction as integer',
      formula('half', 'clicks / 2', { data_type: 'integer' }),
      ['warning type_mismatch /data_type'],
    ],
    ['a whole formula as integer', formula('half', 'floor(clicks / 2)', { data_type: 'integer' }), []],
    [
      'a distinct count that adds up',
      definition('users', { aggregation: 'distinct' }),
      ['warning not_additive /additivity'],
    ],
    [
      'a ratio that adds up',
      formula('roas', 'revenue / spend', { additivity: 'additive' }),
      ['warning not_additive /additivity'],
    ],
    [
      'a difference that adds up',
      formula('profit', 'revenue - spend', { additivity: 'additive', data_type: 'currency' }),
      [],
    ],
    [
      'text that is counted',
      definition('os', { aggregation: 'count', data_type: 'string' }),
      ['warning type_mismatch /data_type'],
    ],
    ['a bad key', definition('Bad-Key'), ['error invalid_key /metric_key']],
    ['a word of the language', definition('and'), ['error invalid_key /metric_key']],
    [
      'a column as a metric',
      definition('customer_id', { aggregation: 'distinct', additivity: 'non_additive' }),
      ['error invalid_key /metric_key'],
    ],
    ['the time of rows', dimension('recorded_at'), ['error invalid_key /metric_key']],
    ['a column of comparisons', definition('spend__previous'), ['error invalid_key /metric_key']],
    ['a bad alias', definition('leads', { alias_keys: ['ok', 'not ok'] }), ['error invalid_alias /alias_keys/1']],
  ])('%s', (_what, subject, expected) => {
    const model = build(subject);
    expect(said(model, subject.metric_key)).toEqual(expected);
    const broken = expected.some((line) => line.startsWith('error'));
    expect(member(model, subject.metric_key).status).toBe(broken ? 'quarantined' : 'valid');
  });

  it('what counts is whole and not additive where it can not be', () => {
    const found = member(build(definition('users', { aggregation: 'distinct', data_type: 'string' })), 'users');
    expect([found.data_type, found.additivity]).toEqual(['integer', 'non_additive']);
  });
});

describe('computed dimensions', () => {
  const computed = (text: string, more: Partial<MemberDefinition> = {}): MemberDefinition =>
    dimension('c', { formula: text, ...more });
  const leads = definition('leads', { aggregation: 'count', expression: '*' });

  it('are over dimensions, fields of plain metrics and columns', () => {
    const found = member(build(computed('if(turnover > 100 and device == "mobile", data_source, "low")')), 'c');
    expect(found).toMatchObject({ kind: 'dimension', status: 'valid', depends_on: ['device', 'revenue'] });
  });

  it.each<[string, MemberDefinition]>([
    ['weekday(recorded_at)', computed('weekday(recorded_at)', { data_type: 'integer' })],
    ['date(recorded_at) >= "2026-01-31"', computed('date(recorded_at) >= "2026-01-31"', { data_type: 'boolean' })],
    ['coalesce(device, "none")', computed('concat(upper(coalesce(device, "none")), "-", data_source)')],
    ['spend / 10', computed('spend / 10', { data_type: 'currency' })],
    ['a date', computed('if(clicks > 1, date(recorded_at), "2026-01-01")', { data_type: 'date' })],
  ])('%s', (_what, subject) => {
    expect(said(build(subject), 'c')).toEqual([]);
  });

  it.each<[string, MemberDefinition, string]>([
    ['a metric over rows', computed('if(leads > 1, "a", "b")'), 'metric_in_dimension'],
    ['a formula', computed('if(cpc > 1, "a", "b")'), 'metric_in_dimension'],
    ['an unknown name', computed('devise'), 'unknown_member'],
    ['an instant', computed('recorded_at'), 'type_mismatch'],
    ['instants that are compared', computed('if(recorded_at == recorded_at, "a", "b")'), 'type_mismatch'],
    ['an hour of a day', computed('hour(date(recorded_at))', { data_type: 'integer' }), 'type_mismatch'],
    ['numbers as text', computed('concat(device, clicks)'), 'type_mismatch'],
    ['text as number', computed('year(device)', { data_type: 'integer' }), 'type_mismatch'],
    ['aggregation', computed('sum(clicks)', { data_type: 'integer' }), 'unknown_function'],
    ['an expression beside it', computed('device', { expression: 'os' }), 'invalid_expression'],
    ['itself', computed('c'), 'cycle'],
  ])('refuse %s', (_what, subject, code) => {
    const model = build(leads, formula('cpc', 'spend / clicks'), subject);
    expect(member(model, 'c').diagnostics.map((each) => each.code)).toEqual([code]);
  });

  it('break with what they read, and break what filters by them', () => {
    const model = build(
      dimension('os', { expression: "a'b" }),
      computed('if(os == "iOS", "a", "b")'),
      definition('x', { filter: { member: 'c', operator: 'equals', values: ['a'] } }),
    );
    expect([member(model, 'c').status, member(model, 'x').status]).toEqual(['quarantined', 'quarantined']);
  });

  it('have functions of their own', () => {
    const [found] = member(build(formula('f', 'year(clicks)')), 'f').diagnostics;
    expect(found).toMatchObject({ code: 'unknown_function', message: expect.stringContaining('for dimensions') });
  });
});

describe('a metric’s own filter', () => {
  const where = (filter: unknown, more: Partial<MemberDefinition> = {}): MemberDefinition =>
    definition('leads', { filter, ...more });
  const device = (operator: string, ...values: unknown[]): unknown => ({ member: 'device', operator, values });

  it('is kept checked, by keys and with values as the engines compare them', () => {
    const found = member(
      build(
        dimension('os', { expression: 'device.os', alias_keys: ['system'] }),
        dimension('rank', { data_type: 'integer' }),
        where([
          { member: 'system', operator: 'equals', values: ['iOS'] },
          {
            or: [
              { member: 'rank', operator: 'gt', values: [1] },
              { member: 'data_source', operator: 'set' },
            ],
          },
        ]),
      ),
      'leads',
    );
    expect(found).toMatchObject({
      status: 'valid',
      depends_on: ['os', 'rank'],
      filter: {
        and: [
          { member: 'os', operator: 'equals', values: ['iOS'] },
          {
            or: [
              { member: 'rank', operator: 'gt', values: ['1'] },
              { member: 'data_source', operator: 'set', values: [] },
            ],
          },
        ],
      },
    });
  });

  it('has days in the time zone of the organisation', () => {
    const filter = { member: 'recorded_at', operator: 'afterDate', values: ['2026-01-31'] };
    const model = buildModel({
      standard: STANDARD,
      organization: [where(filter)],
      settings: { ...settings, time_zone: 'America/New_York' },
    });
    expect(member(model, 'leads')).toMatchObject({
      filter: { member: 'recorded_at', operator: 'gte', values: ['2026-02-01 05:00:00.000'] },
    });
  });

  it.each<[string, MemberDefinition, string[]]>([
    ['no object', where('device'), ['error invalid_filter /filter']],
    ['no condition', where([]), ['error invalid_filter /filter']],
    ['an empty group', where({ or: [] }), ['error invalid_filter /filter/or']],
    ['no member', where({ operator: 'set' }), ['error invalid_filter /filter/member']],
    ['a metric', where({ member: 'clicks', operator: 'gt', values: [1] }), ['error metric_in_filter /filter/member']],
    [
      'an unknown name',
      where([device('set'), { member: 'devise', operator: 'set' }]),
      ['error unknown_member /filter/1/member'],
    ],
    ['an unknown operator', where({ and: [device('like', 'x')] }), ['error invalid_filter /filter/and/0/operator']],
    [
      'an operator that does not fit',
      where({ and: [device('inDateRange', '2026-01-01')] }),
      ['error operator_mismatch /filter/and/0/operator'],
    ],
    ['no value', where(device('equals')), ['error bad_filter /filter/values']],
    ['an object as value', where(device('equals', {})), ['error invalid_filter /filter/values/0']],
    ['NUL', where(device('equals', 'a', '\0')), ['error wrong_type /filter/values/1']],
    ['half a character', where(device('equals', '\ud800')), ['error wrong_type /filter/values/0']],
    [
      'a range that moves',
      where({ member: 'recorded_at', operator: 'inDateRange', values: ['today'] }),
      ['error invalid_filter /filter/values/0'],
    ],
    [
      'something beside it',
      where({ member: 'device', operator: 'set', of: 1, __proto__x: 2 }),
      ['error invalid_filter /filter/of', 'error invalid_filter /filter/__proto__x'],
    ],
    [
      'too many values',
      where(device('equals', ...Array.from({ length: 1001 }, String))),
      ['error invalid_filter /filter'],
    ],
    ['too long values', where(device('equals', 'x'.repeat(20_001))), ['error invalid_filter /filter']],
    ['too many conditions', where(Array(51).fill(device('equals', 'x'))), ['error invalid_filter /filter']],
    ['a filter on a formula', formula('f', 'clicks', { filter: device('set') }), ['error conflicting_parts /filter']],
    ['a filter on a dimension', dimension('d', { filter: device('set') }), ['error conflicting_parts /filter']],
  ])('refuses %s', (_what, subject, expected) => {
    expect(said(build(subject), subject.metric_key)).toEqual(expected);
  });

  it('refuses conditions that nest too deep before it follows them', () => {
    let filter: unknown = device('equals', 'x');
    for (let level = 0; level < 10_000; level++) filter = { and: [filter] };
    expect(said(build(where(filter)), 'leads')).toEqual([`error invalid_filter /filter${'/and/0'.repeat(8)}`]);
  });

  it('that names a broken dimension breaks the metric', () => {
    const model = build(dimension('os', { expression: "a'b" }), where({ member: 'os', operator: 'set' }));
    expect(member(model, 'leads').status).toBe('quarantined');
  });
});

describe('conversions', () => {
  const conversion = (given: unknown, more: Partial<MemberDefinition> = {}): MemberDefinition =>
    definition('c', { aggregation: null, data_type: 'float', conversion: given as ConversionDefinition, ...more });
  const from = { member: 'device', operator: 'equals', values: ['mobile'] };
  const to = { member: 'data_source', operator: 'set' };

  it('are read and wait until they can be asked for', () => {
    const found = member(build(conversion({ from, to, days: 30, output: 'rate' })), 'c');
    expect(found).toMatchObject({
      kind: 'conversion',
      status: 'valid',
      unit: '%',
      depends_on: ['device'],
      conversion: { from, to: { member: 'data_source', operator: 'set', values: [] }, days: 30, output: 'rate' },
    });
    expect(found.diagnostics).toEqual([]);
  });

  it.each<[string, MemberDefinition, string[]]>([
    ['no object', conversion([]), ['error invalid_conversion /conversion']],
    [
      'other fields',
      conversion({ from, to, days: 366, output: 'ratio', within: 1 }),
      [
        'error invalid_conversion /conversion/within',
        'error invalid_conversion /conversion/days',
        'error invalid_conversion /conversion/output',
      ],
    ],
    [
      'conditions on metrics',
      conversion({ from: { member: 'clicks', operator: 'gt', values: [1] }, days: 1, output: 'rate' }),
      ['error metric_in_filter /conversion/from/member', 'error invalid_filter /conversion/to'],
    ],
    [
      'a formula beside it',
      conversion({ from, to, days: 1, output: 'count' }, { data_type: 'integer', formula: 'clicks' }),
      ['error conflicting_parts /formula'],
    ],
  ])('refuse %s', (_what, subject, expected) => {
    expect(said(build(subject), 'c')).toEqual(expected);
  });

  it('stand in formulas, shares and earlier times, but are not put together over stretches of time', () => {
    const model = build(
      conversion({ from, to, days: 1, output: 'rate' }),
      formula('f', 'c * 2'),
      definition('w', { aggregation: null, data_type: 'float', window: { kind: 'share', metric: 'f', within: [] } }),
      definition('w2', { aggregation: null, data_type: 'float', window: { kind: 'cumulative', metric: 'f' } }),
    );
    expect(['c', 'f', 'w'].map((key) => member(model, key).status)).toEqual(['valid', 'valid', 'valid']);
    expect(said(model, 'w2')).toContain('error window_of_window /window/metric');
  });
});

describe('windows', () => {
  const window = (metric_key: string, given: unknown, more: Partial<MemberDefinition> = {}): MemberDefinition =>
    definition(metric_key, {
      aggregation: null,
      additivity: 'non_additive',
      data_type: 'currency',
      window: given as WindowDefinition,
      ...more,
    });
  const spend = { kind: 'cumulative', metric: 'spend' };

  it.each<[string, WindowDefinition, Partial<Member>]>([
    ['all time', { kind: 'cumulative', metric: 'spend' }, { data_type: 'currency', unit: null }],
    ['seven days', { kind: 'rolling', metric: 'clicks', count: 7, unit: 'day' }, { data_type: 'integer' }],
    ['month to date', { kind: 'to_date', metric: 'spend', unit: 'month' }, { data_type: 'currency' }],
    [
      'a year ago',
      { kind: 'previous', metric: 'spend', count: 1, unit: 'year', output: 'value' },
      { data_type: 'currency' },
    ],
    [
      'growth',
      { kind: 'previous', metric: 'spend', count: 1, unit: 'period', output: 'change' },
      { data_type: 'float', unit: '%' },
    ],
    ['share', { kind: 'share', metric: 'spend', within: ['device', 'data_source'] }, { data_type: 'float', unit: '%' }],
  ])('%s takes type and unit of what it looks at', (_what, given, expected) => {
    const data_type = expected.data_type ?? 'integer';
    const found = member(build(window('w', given, { data_type })), 'w');
    expect(found).toMatchObject({ kind: 'window', status: 'valid', window: given, ...expected, diagnostics: [] });
  });

  it('resolves aliases, and depends on what it names', () => {
    const found = member(build(window('w', { kind: 'share', metric: 'turnover', within: ['device'] })), 'w');
    expect(found).toMatchObject({
      window: { metric: 'revenue', within: ['device'] },
      depends_on: ['device', 'revenue'],
    });
    expect(found.diagnostics.map(({ code }) => code)).toEqual(['type_mismatch']);
  });

  it.each<[string, MemberDefinition, string[]]>([
    ['no object', window('w', 'spend'), ['error invalid_window /window']],
    ['no kind', window('w', { metric: 'spend' }), ['error invalid_window /window/kind']],
    ['no metric', window('w', { kind: 'cumulative' }), ['error invalid_window /window/metric']],
    [
      'an unknown metric',
      window('w', { kind: 'cumulative', metric: 'spent' }),
      ['error unknown_member /window/metric'],
    ],
    [
      'a dimension',
      window('w', { kind: 'cumulative', metric: 'device' }),
      ['error dimension_in_window /window/metric'],
    ],
    ['a field of another kind', window('w', { ...spend, count: 3 }), ['error invalid_window /window/count']],
    [
      'no count',
      window('w', { kind: 'rolling', metric: 'spend', unit: 'day' }),
      ['error invalid_window /window/count'],
    ],
    [
      'half a day',
      window('w', { kind: 'rolling', metric: 'spend', count: 0.5, unit: 'day' }),
      ['error invalid_window /window/count'],
    ],
    [
      'hours to date',
      window('w', { kind: 'to_date', metric: 'spend', unit: 'day' }),
      ['error invalid_window /window/unit'],
    ],
    [
      'an unknown output',
      window('w', { kind: 'previous', metric: 'spend', count: 1, unit: 'period', output: 'ratio' }),
      ['error invalid_window /window/output'],
    ],
    [
      'a metric within',
      window('w', { kind: 'share', metric: 'spend', within: ['clicks', 'devise'] }, { data_type: 'float' }),
      ['error metric_in_window /window/within/0', 'error unknown_member /window/within/1'],
    ],
    ['an aggregation', window('w', spend, { aggregation: 'sum' }), ['error conflicting_parts /aggregation']],
    ['a formula', window('w', spend, { formula: 'clicks' }), ['error conflicting_parts /formula']],
    [
      'a window on a dimension',
      dimension('w', { window: { kind: 'cumulative', metric: 'spend' } }),
      ['error conflicting_parts /window'],
    ],
    ['a sum of windows', window('w', spend, { additivity: 'additive' }), ['warning not_additive /additivity']],
  ])('refuses or doubts %s', (_what, subject, expected) => {
    expect(said(build(subject), 'w')).toEqual(expected);
  });

  it('of windows only look back or measure; of broken metrics they are refused', () => {
    const model = build(
      window('w', { kind: 'cumulative', metric: 'spend' }),
      window('w2', { kind: 'cumulative', metric: 'w' }),
      window('w4', { kind: 'previous', metric: 'w', count: 1, unit: 'week', output: 'value' }),
      window('self', { kind: 'cumulative', metric: 'self' }),
      formula('f', 'w / clicks'),
      definition('broken', { aggregation: null }),
      window('w3', { kind: 'cumulative', metric: 'broken' }, { data_type: 'integer' }),
    );
    expect(said(model, 'w2')).toEqual(['error window_of_window /window/metric']);
    expect(said(model, 'w4')).toEqual([]);
    expect(said(model, 'self')).toEqual(['error cycle /window']);
    expect(member(model, 'f').status).toBe('valid');
    expect(said(model, 'w3')).toEqual(['error depends_on_quarantined /window']);
    expect(dependants(model, 'spend')).toEqual(['f', 'w', 'w2', 'w4']);
  });

  it('do not add up what must not be added, at any data; looking back at it is no sum', () => {
    const reach = (additivity: MemberDefinition['additivity']): MemberDefinition =>
      definition('reach', { data_type: 'integer', additivity });
    const windows = [
      window('w', { kind: 'rolling', metric: 'reach', count: 7, unit: 'day' }, { data_type: 'integer' }),
      window('s', { kind: 'share', metric: 'frequency', within: [] }, { data_type: 'float' }),
      window(
        'p',
        { kind: 'previous', metric: 'reach', count: 1, unit: 'day', output: 'value' },
        { data_type: 'integer' },
      ),
      formula('frequency', 'clicks / reach'),
      formula('f', 'w / clicks'),
    ];
    for (const additivity of ['non_additive', 'semi_additive'] as const) {
      const model = build(reach(additivity), ...windows);
      expect(said(model, 'w')).toEqual(['error non_additive /window/metric']);
      expect(said(model, 's')).toEqual(['error non_additive /window/metric']);
      expect(said(model, 'p')).toEqual([]);
      expect(said(model, 'frequency')).toEqual([]);
      expect(said(model, 'f')).toEqual(['error depends_on_quarantined /formula']);
    }
    expect(said(build(reach('additive'), ...windows), 'w')).toEqual([]);
  });
});

describe('names', () => {
  it('an own definition takes the place of the standard one', () => {
    const model = build(definition('spend', { data_type: 'currency', expression: 'cost', display_label: 'Cost' }));
    expect(member(model, 'spend')).toMatchObject({ origin: 'organization', label: 'Cost', status: 'valid' });
    expect(model.members).toHaveLength(STANDARD.length);
  });

  it('two own definitions of one key are both in doubt', () => {
    const model = build(definition('leads'), definition('leads', { expression: 'lead_count' }));
    expect(said(model, 'leads')).toEqual(['error duplicate_key /metric_key']);
  });

  it('an alias leads to its member, in formulas too, and says so', () => {
    const model = build(formula('roas', 'turnover / spend', { alias_keys: ['roas_old'] }));
    expect(resolveMember(model, 'roas_old')).toEqual({ member: member(model, 'roas'), alias: 'roas_old' });
    expect(resolveMember(model, 'roas')).toEqual({ member: member(model, 'roas') });
    expect(resolveMember(model, 'nothing')).toBeUndefined();
    expect(member(model, 'roas').depends_on).toEqual(['revenue', 'spend']);
  });

  it('one alias of two own members is a fault of both', () => {
    const model = build(
      definition('a', { alias_keys: ['x'] }),
      definition('b', { alias_keys: ['x'] }),
      definition('c'),
    );
    expect([said(model, 'a'), said(model, 'b'), said(model, 'c')]).toEqual([
      ['error alias_conflict /alias_keys/0'],
      ['error alias_conflict /alias_keys/0'],
      [],
    ]);
    expect(resolveMember(model, 'x')).toBeUndefined();
  });

  it('an alias that is the key of another own member is a fault of both', () => {
    const model = build(definition('a', { alias_keys: ['b'] }), definition('b'));
    expect([said(model, 'a'), said(model, 'b')]).toEqual([
      ['error alias_conflict /alias_keys/0'],
      ['error alias_conflict /metric_key'],
    ]);
  });

  it('an own alias can not shadow a standard key, and the standard member stays', () => {
    const model = build(definition('a', { alias_keys: ['spend'] }));
    expect(said(model, 'a')).toEqual(['error alias_conflict /alias_keys/0']);
    expect(member(model, 'spend').status).toBe('valid');
    expect(resolveMember(model, 'spend')?.member.key).toBe('spend');
  });

  it('a standard alias gives way to an own key or alias', () => {
    const byKey = build(definition('turnover'));
    expect(resolveMember(byKey, 'turnover')?.member.key).toBe('turnover');
    const byAlias = build(definition('sales', { alias_keys: ['turnover'] }));
    expect(resolveMember(byAlias, 'turnover')?.member.key).toBe('sales');
    for (const model of [byKey, byAlias]) expect(diagnosticsFor(model)).toEqual([]);
  });
});

describe('members that build on others', () => {
  it('a cycle is spelled out, and only what leads into it is quarantined', () => {
    const model = build(
      formula('a', 'b + 1'),
      formula('b', 'c * 2'),
      formula('c', 'a - 1'),
      formula('d', 'a / clicks'),
      formula('e', 'clicks / 2'),
      formula('self', 'self + 1'),
    );
    expect(member(model, 'a').diagnostics[0]).toMatchObject({ code: 'cycle', pointer: '/formula' });
    expect(member(model, 'a').diagnostics[0]?.message).toContain('a → b → c → a');
    expect(member(model, 'self').diagnostics[0]?.message).toContain('self → self');
    expect(said(model, 'd')).toEqual(['error depends_on_quarantined /formula']);
    expect(model.members.filter(({ status }) => status === 'quarantined').map(({ key }) => key)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'self',
    ]);
    expect(dependants(model, 'c')).toEqual(['a', 'b', 'd']);
  });

  it('a broken member breaks its dependants and says why', () => {
    const model = build(definition('leads', { aggregation: null }), formula('x', 'leads / 2'), formula('y', 'x / 2'));
    expect(said(model, 'y')).toEqual(['error depends_on_quarantined /formula']);
    expect(member(model, 'x').diagnostics[0]?.message).toMatch(/builds on leads.*needs an aggregation/);
  });

  it('an unknown name and a dimension are named at their place', () => {
    const model = build(formula('x', 'clicks / impresions'), formula('y', 'clicks / device'));
    expect(member(model, 'x').diagnostics).toMatchObject([{ code: 'unknown_member', range: [9, 19] }]);
    expect(member(model, 'y').diagnostics).toMatchObject([{ code: 'dimension_in_formula', range: [9, 15] }]);
  });

  it('the name that is missing is told as data, also by what builds on it', () => {
    const model = build(
      formula('x', 'clicks / profit'),
      formula('y', 'x / 2'),
      formula('w', '', { formula: null, window: { kind: 'cumulative', metric: 'profit' } }),
      definition('f', { filter: { or: [{ member: 'profit', operator: 'set' }] } }),
      formula('broken', 'clicks /'),
      formula('z', 'broken / 2'),
    );
    const missing = ['x', 'y', 'w', 'f', 'z'].map((key) => member(model, key).diagnostics[0]?.missing);
    expect(missing).toEqual(['profit', 'profit', 'profit', 'profit', undefined]);
  });

  it('formulas that double at each level are refused before they grow', () => {
    const levels = Array.from({ length: 14 }, (_, index) =>
      formula(`f${index + 10}`, index === 0 ? 'clicks' : `f${index + 9} + f${index + 9}`),
    );
    const model = build(...levels);
    expect(said(model, 'f19')).toEqual([]);
    expect(said(model, 'f20')).toEqual(['error formula_too_large /formula']);
    expect(said(model, 'f21')).toContain('error depends_on_quarantined /formula');
  });
});

describe('formulas on formulas', () => {
  it('are refused where they would nest too deep', () => {
    const levels = Array.from({ length: 50 }, (_, index) =>
      formula(`g${index + 10}`, index === 0 ? 'clicks' : `g${index + 9} / 2`),
    );
    const model = build(...levels);
    expect(said(model, 'g29')).toEqual([]);
    expect(said(model, 'g30')).toEqual(['error formula_too_deep /formula']);
  });
});

describe('the model', () => {
  it('is frozen, ordered by key, and the same whatever the order of definitions', () => {
    const organization = [
      formula('b', 'clicks / 2'),
      formula('a', 'b * 2'),
      definition('c', { alias_keys: ['z', 'y'] }),
    ];
    const model = build(...organization);
    expect(Object.isFrozen(model.members[0])).toBe(true);
    expect(model.members.map(({ key }) => key)).toEqual([...model.members.map(({ key }) => key)].sort());
    fc.assert(
      fc.property(fc.shuffledSubarray(organization, { minLength: 3 }), (shuffled) => {
        expect(snapshotOf(build(...shuffled)).hash).toBe(snapshotOf(model).hash);
      }),
    );
    expect(snapshotOf(build()).hash).not.toBe(snapshotOf(model).hash);
  });

  it('has canonical JSON that does not depend on the order of properties', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: null })).toBe('{"a":null,"b":[1,{"c":2,"d":1}]}');
  });
});

describe('parseFieldRef', () => {
  it.each([
    ['*', { kind: 'rows' }],
    ['customer_id', { kind: 'column', column: 'customer_id' }],
    ['spend', { kind: 'payload', root: 'data_payload', path: ['spend'] }],
    ['device.os', { kind: 'payload', root: 'data_payload', path: ['device', 'os'] }],
    ['data_payload.device.os', { kind: 'payload', root: 'data_payload', path: ['device', 'os'] }],
    ['attribution_data.weight', { kind: 'payload', root: 'attribution_data', path: ['weight'] }],
    ['Amount spent', { kind: 'payload', root: 'data_payload', path: ['Amount spent'] }],
  ])('%s', (text, expected) => {
    expect(parseFieldRef(text)).toEqual(expected);
  });

  it.each(['', '.', 'a..b', "a'b", 'a`b', '1a', 'attribution_data', 'organization_id', 'a.b.c.d.e.f.g.h.i', 'é'])(
    'refuses %s',
    (text) => {
      expect(parseFieldRef(text)).toMatchObject({ code: 'invalid_expression', pointer: '/expression' });
    },
  );
});
