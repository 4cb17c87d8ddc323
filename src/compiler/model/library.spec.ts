import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../common/package-root.js';
import { buildModel } from './build.js';
import { parseLibrary } from './library.js';
import { diagnosticsFor } from './snapshot.js';

const folder = join(packageRoot, 'metrics-library');
const library = parseLibrary(
  readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => readFileSync(join(folder, name), 'utf8')),
);
const settings = { currency: 'USD', time_zone: 'UTC', week_start: 1 };
const model = buildModel({ standard: library.members, organization: [], settings });

/** Every key of the specification's standard marketing metrics library. */
const STANDARD_KEYS = [
  ...['campaign_spend', 'campaign_impressions', 'campaign_clicks', 'campaign_ctr', 'campaign_conversions'],
  ...['campaign_conversion_rate', 'campaign_cpc', 'campaign_cpm', 'campaign_roas', 'campaign_roi'],
  ...['campaign_frequency', 'campaign_reach'],
  ...['customer_acquisition_cost', 'customer_lifetime_value', 'customer_retention_rate', 'lead_conversion_rate'],
  ...['pipeline_velocity', 'customer_journey_length', 'average_order_value', 'repeat_purchase_rate', 'churn_rate'],
  ...['asset_usage_count', 'asset_click_rate', 'asset_conversion_rate', 'asset_roi', 'creative_fatigue_score'],
  ...['brand_compliance_score'],
  ...['first_touch_revenue', 'last_touch_revenue', 'multi_touch_revenue', 'assisted_conversions'],
  ...['attribution_weight', 'touchpoint_influence'],
  ...['attributed_revenue', 'attributed_conversions', 'attributed_roas'],
];

describe('an entry', () => {
  const read = (lines: string) =>
    parseLibrary([`members:\n  - { key: x, label: X, category: external, description: An X., ${lines} }\n`]).members[0];

  it('may choose its rows, and look at other metrics', () => {
    const filter = { member: 'device', operator: 'equals', values: ['mobile'] };
    expect(read(`data_type: integer, aggregation: sum, filter: ${JSON.stringify(filter)}`)).toMatchObject({ filter });
    const window = { kind: 'rolling', metric: 'spend', count: 7, unit: 'day' };
    expect(read(`data_type: currency, window: ${JSON.stringify(window)}`)).toMatchObject({
      window,
      aggregation: null,
      additivity: 'non_additive',
    });
    expect(read('data_type: integer, aggregation: sum')).not.toHaveProperty('filter');
  });
});

describe('the standard library', () => {
  it('has every standard metric, valid and labelled', () => {
    const valid = new Map(model.members.filter(({ status }) => status === 'valid').map((each) => [each.key, each]));
    expect(STANDARD_KEYS.filter((key) => !valid.has(key))).toEqual([]);
    for (const member of model.members) {
      expect(member.label.length).toBeGreaterThan(1);
      expect(member.description?.length).toBeGreaterThan(3);
    }
  });

  it('has nothing to complain about', () => {
    expect(diagnosticsFor(model)).toEqual([]);
    expect(new Set(model.members.map(({ label, kind }) => `${kind} ${label}`)).size).toBe(model.members.length);
    const aliases = library.members.flatMap(({ alias_keys }) => alias_keys);
    expect(model.members.flatMap((member) => member.aliases).sort()).toEqual([...aliases].sort());
  });

  it('does not add up what can not be added up', () => {
    const additivity = new Map(model.members.map((member) => [member.key, member.additivity]));
    for (const key of [
      'reach',
      'campaign_reach',
      'frequency',
      'campaign_frequency',
      'customers',
      'roas',
      'campaign_ctr',
    ]) {
      expect([key, additivity.get(key)]).toEqual([key, 'non_additive']);
    }
    for (const key of ['spend', 'campaign_spend', 'conversions', 'first_touch_revenue', 'row_count']) {
      expect([key, additivity.get(key)]).toEqual([key, 'additive']);
    }
    expect(additivity.get('customers_at_start')).toBe('semi_additive');
  });

  it('types its fields', () => {
    const types = new Map(library.fields.map(({ name, data_type }) => [name, data_type]));
    expect([types.get('spend'), types.get('clicks'), types.get('conversions'), types.get('device')]).toEqual([
      'currency',
      'integer',
      'float',
      'string',
    ]);
  });
});

describe('parseLibrary', () => {
  it.each([
    ['a: [', 'file 1: not readable as YAML'],
    ['- 1', 'file 1: expected `fields` or `members`'],
    ['metrics: []', 'unknown property metrics'],
    ['fields: 1', 'fields must be a list'],
    ['fields: [1]', 'fields[0]: expected an object'],
    [
      'fields: [{ name: a, label: A, data_type: text, description: x }]',
      'fields[0] (a): data_type is text; expected integer',
    ],
    ['fields: [{ name: a, label: A, data_type: integer }]', 'fields[0] (a): description is missing'],
    ['members: [{ key: a, color: red }]', 'members[0] (a): unknown property color'],
    [
      'members: [{ key: a, label: A, description: x, category: calculated, data_type: float, formula: 1 }]',
      'formula must be text',
    ],
    ['fields: [{ name: a, label: A, data_type: integer, description: x, aliases: b }]', 'aliases must be a list'],
  ])('refuses %s', (text, message) => {
    expect(() => parseLibrary([text])).toThrow(message);
  });

  it('refuses a key that is there twice', () => {
    const text = 'fields: [{ name: a, label: A, data_type: integer, description: x }]';
    expect(() => parseLibrary([text, text])).toThrow('a is defined twice');
  });
});
