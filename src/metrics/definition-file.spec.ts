import { DefinitionFile, writeDefinitionFile } from './definition-file.js';
import { definitionOf, rowOf, type GivenDefinition } from './definition.js';
import { readYaml } from './yaml-content.js';

const STANDARD = new Set(['spend', 'campaign_roi']);
const read = (text: string): Promise<DefinitionFile> => DefinitionFile.read(readYaml(text), STANDARD);
const definition = (given: Partial<GivenDefinition>) => ({
  id: 'x',
  ...definitionOf(
    rowOf('x', 'o', {
      metric_key: 'a',
      display_label: 'A',
      metric_type: 'metric',
      data_type: 'float',
      ...given,
    } as never),
  ),
});
const findings = async (text: string): Promise<string[]> =>
  (await read(text)).findings.map(({ line, column, code, pointer }) => `${line}:${column} ${code} ${pointer}`);

const ENTRY = `metric_key: a
    display_label: A
    metric_type: metric
    data_type: float`;

describe('a file of definitions', () => {
  it('holds all that a definition says, in a stable order, and is read as what was written', async () => {
    const metrics = [
      definition({ metric_key: 'b', formula: 'a / spend', unit: '%', description: 'Two\nlines: # and more' }),
      definition({
        metric_key: 'a',
        display_label: 'true',
        alias_keys: ['c', 'd'],
        source_tables: [],
        weight: 'clicks',
        aggregation: 'weighted_avg',
        filter: { member: 'device', operator: 'equals', values: ['mobile', '1', 'null'] },
      }),
      definition({ metric_key: 'w', window: { kind: 'rolling', metric: 'a', count: 7, unit: 'day' } }),
    ];
    const text = writeDefinitionFile({ metrics, deactivated: ['campaign_roi'] });
    expect(text).toBe(`version: 1
metrics:
  - metric_key: a
    display_label: "true"
    category: external
    metric_type: metric
    data_type: float
    aggregation: weighted_avg
    weight: clicks
    filter:
      member: device
      operator: equals
      values:
        - mobile
        - "1"
        - "null"
    additivity: non_additive
    alias_keys:
      - c
      - d
    source_tables: []
  - metric_key: b
    display_label: A
    description: |-
      Two
      lines: # and more
    category: calculated
    metric_type: metric
    data_type: float
    formula: a / spend
    additivity: non_additive
    unit: "%"
  - metric_key: w
    display_label: A
    category: calculated
    metric_type: metric
    data_type: float
    window:
      kind: rolling
      metric: a
      count: 7
      unit: day
    additivity: non_additive
deactivated:
  - campaign_roi
`);
    const file = await read(text);
    expect(file.findings).toEqual([]);
    expect(file.deactivated).toEqual(['campaign_roi']);
    const back = file.entries.map((entry) => ({ id: 'x', ...entry.definition }));
    expect(writeDefinitionFile({ metrics: [...back].reverse(), deactivated: file.deactivated })).toBe(text);
  });

  it('says the line and column of each mistake', async () => {
    expect(await findings(`metrics:\n  - ${ENTRY}\n    formla: a\n  - ${ENTRY}\n`)).toEqual([
      '6:13 unknown_field /metrics/0/formla',
    ]);
    expect(await findings(`metrics:\n  - ${ENTRY}\n  - ${ENTRY}\n`)).toEqual([
      '6:17 duplicate_key /metrics/1/metric_key',
    ]);
    expect(await findings('metrics:\n  - metric_key: 5\n')).toContain('2:17 wrong_value /metrics/0/metric_key');
    expect(await findings('metrics:\n  - metric_key: a\n')).toContain('2:5 wrong_value /metrics/0/display_label');
    expect(await findings('metrics: []\ndeactivated:\n  - spend\n  - spand\n')).toEqual([
      '4:5 unknown_standard_key /deactivated/1',
    ]);
    expect(await findings('version: 2\nmetric: []\n')).toEqual([
      '2:9 unknown_field /metric',
      '1:10 unknown_version /version',
    ]);
    expect(await findings('metrics:\n  - a: [\n')).toEqual([expect.stringMatching(/^\d:\d+ invalid_yaml $/)]);
    expect(await findings('a: 1\na: 2\n')).toEqual([expect.stringMatching(/^2:\d+ invalid_yaml $/)]);
    const file = await read(`metrics:\n  - ${ENTRY}\n    formula: "a / spendd"\n`);
    expect(file.at({ code: 'x', message: '', pointer: '/metrics/0/formula', range: [4, 10] })).toMatchObject({
      line: 6,
      column: 19,
      metric_key: 'a',
    });
  });

  it('refuses what only wants to hurt', async () => {
    const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [${'*a, '.repeat(20)}]\nc: &c [${'*b, '.repeat(20)}]\nmetrics: [${'*c, '.repeat(20)}]`;
    for (const text of [
      '['.repeat(1_000_000),
      '- '.repeat(500_000),
      '? '.repeat(500_000),
      'a: '.repeat(300_000),
      bomb,
    ]) {
      expect(await findings(text)).toEqual([expect.stringMatching(/ invalid_yaml $/)]);
    }
    const nested = Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(await findings(nested)).toEqual([expect.stringMatching(/ invalid_yaml $/)]);
  });
});
