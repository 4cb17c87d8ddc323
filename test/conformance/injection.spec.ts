/**
 * Nothing that a user writes becomes part of a statement's shape. Each text of the corpus goes through every place that
 * takes one; the statement then is, token for token, that of a harmless text, or the text is refused. Some hundreds are
 * really stored, asked for and found again on both engines.
 */
import { Problem } from '../../src/common/problem.js';
import type { CompiledModel } from '../../src/compiler/cube/compile.js';
import type { DialectName } from '../../src/compiler/dialect/types.js';
import { buildModel } from '../../src/compiler/model/build.js';
import type { MemberDefinition, Model } from '../../src/compiler/model/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import type { FilterOperator, QueryPlan, ReportRequest } from '../../src/compiler/query/types.js';
import { collectRows } from '../support/collect-rows.js';
import { INJECTIONS } from '../support/injections.js';
import { compiledFor } from './compiled.js';
import { DEFINITIONS, conformanceModel } from './model.js';
import { ORGANIZATION } from './rows.js';
import { clickhouseStore, load, postgresStore, run, type Store } from './stores.js';

const HARMLESS = 'mobile';
const define = (given: Partial<MemberDefinition> & Pick<MemberDefinition, 'metric_key'>): MemberDefinition => ({
  ...(DEFINITIONS.find(({ metric_key }) => metric_key === 'device') as MemberDefinition),
  ...{ alias_keys: [], expression: null },
  ...given,
});
const computed = (metric_key: string, text: string): MemberDefinition => {
  const quote = text.includes('"') ? "'" : '"';
  return define({ metric_key, formula: `if(device == ${quote}${text}${quote}, "yes", "no")` });
};
const filtered = (metric_key: string, text: string): MemberDefinition =>
  define({
    ...{ metric_key, metric_type: 'metric', data_type: 'currency', aggregation: 'sum', expression: 'spend' },
    filter: { member: 'device', operator: 'contains', values: [text] },
  });
const { settings } = conformanceModel({});
const modelOf = (definitions: readonly MemberDefinition[]): Model =>
  buildModel({ standard: [], organization: [...DEFINITIONS, ...definitions], settings });

/** The statement's tokens, with what stands in quotes and numbers left out; members of the corpus are all alike. */
function skeleton(sql: string, dialect: DialectName): string {
  const text = dialect === 'clickhouse' ? /'(?:[^'\\]|\\[^]|'')*'/g : /E'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'/g;
  return sql
    .replaceAll(text, 'S')
    .replaceAll(/\b(?:lit|few|text|label)_\w+|\b(marketing__(?:lit|few))_\w+/g, 'M')
    .replaceAll(/\$?\b\d+(?:\.\d+)?\b/g, 'N')
    .replaceAll(/\s+/g, ' ');
}

describe.each([
  ['clickhouse', clickhouseStore],
  ['postgres', postgresStore],
] as const)('on %s', (dialect, open) => {
  let compiled: CompiledModel;
  let tried = 0;

  const compile = async (model: Model): Promise<CompiledModel> => {
    return compiledFor(dialect, model);
  };
  const plan = (request: Partial<ReportRequest>, over = compiled): Promise<QueryPlan> =>
    planQuery({
      ...{ snapshot: over, compiled: over, dialect, organizationId: ORGANIZATION },
      request: { metrics: [], dimensions: [], ...request },
      ...{ now: new Date('2026-02-15T12:00:00Z'), maxRows: 1000 },
    });
  /** The shape of all statements, or the code of the refusal. Anything else that is thrown fails. */
  const shapeOf = async (request: Partial<ReportRequest>, over = compiled): Promise<string> => {
    tried += 1;
    try {
      const { statement, totals, subtotals } = await plan(request, over);
      const all = [statement, ...(totals ? [totals] : []), ...subtotals.map((each) => each.statement)];
      return all.map(({ sql, params }) => `${skeleton(sql, dialect)} with ${params.length}`).join(' ; ');
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      return `refused ${error.status}`;
    }
  };
  beforeAll(async () => {
    compiled = await compile(modelOf([]));
  }, 60_000);

  const base: Partial<ReportRequest> = { metrics: ['spend'], dimensions: ['channel'], totals: true };
  const on =
    (member: string, operator: FilterOperator, ...more: string[]) =>
    (text: string): Partial<ReportRequest> => ({
      ...base,
      filters: [{ member, operator, values: [text, ...more] }],
    });
  const VALUES: readonly (readonly [string, (text: string) => Partial<ReportRequest>, string])[] = [
    ['equals', on('device', 'equals'), HARMLESS],
    ['equals one of', on('device', 'equals', 'x'), HARMLESS],
    ['notEquals', on('device', 'notEquals'), HARMLESS],
    ['contains', on('device', 'contains'), HARMLESS],
    ['notContains', on('device', 'notContains', 'x'), HARMLESS],
    ['startsWith', on('device', 'startsWith'), HARMLESS],
    ['endsWith', on('device', 'endsWith'), HARMLESS],
    ['gt', on('device', 'gt'), HARMLESS],
    ['lte', on('device', 'lte'), HARMLESS],
    ['a uuid', on('customer_id', 'equals'), '11111111-1111-4111-8111-111111111111'],
    ['part of a uuid', on('customer_id', 'contains'), 'abc'],
    ['a number', on('position', 'gt'), '1'],
    ['a boolean', on('is_new', 'equals'), 'true'],
    ['a date', on('landed', 'equals'), '2026-01-01'],
    ['a range', on('landed', 'inDateRange', '2026-01-31'), '2026-01-01'],
    ['an instant', on('recorded_at', 'afterDate'), '2026-01-01T00:00:00Z'],
    ['a metric', on('spend', 'gt'), '1'],
    ['the first day', (text) => ({ ...base, date_range: { from: text, to: '2026-01-31' } }), '2026-01-01'],
    ['the last day', (text) => ({ ...base, date_range: { from: '2026-01-01', to: text } }), '2026-01-31'],
    ['a zone', (text) => ({ ...base, time_zone: text, time_grain: 'daily' }), 'Europe/Berlin'],
    ['a cursor', (text) => ({ ...base, cursor: text }), 'x'],
    ['a grain', (text) => ({ ...base, time_grain: text as never }), 'daily'],
    ['a comparison', (text) => ({ ...base, date_range: 'last_month', compare: text as never }), 'previous_year'],
    ['a named range', (text) => ({ ...base, date_range: text as never }), 'last_month'],
  ];
  it.each(VALUES)('%s keeps the shape, or is refused', async (_place, request, harmless) => {
    // Where a value must be of a form, one that is not may also be planned as what nothing equals.
    const expected = [await shapeOf(request(harmless)), await shapeOf(request(HARMLESS))];
    for (const text of INJECTIONS) {
      const shape = await shapeOf(request(text)).catch((error: unknown) => {
        throw new Error(`${JSON.stringify(text)}: ${String(error)}`);
      });
      if (!shape.startsWith('refused 4') && !expected.includes(shape))
        expect({ text, shape }).toEqual({ text, expected });
    }
  });

  const NAMES: readonly (readonly [string, (name: string) => Partial<ReportRequest>])[] = [
    ['a metric', (name) => ({ metrics: [name] })],
    ['a dimension', (name) => ({ ...base, dimensions: [name] })],
    ['a filtered member', (name) => on(name, 'equals')('x')],
    ['an operator', (name) => on('device', name as FilterOperator)('x')],
    ['an order', (name) => ({ ...base, order: [{ member: name, direction: 'asc' }] })],
    ['a ranking metric', (name) => ({ ...base, top: { limit: 1, by: name } })],
    ['a ranked dimension', (name) => ({ ...base, top: { limit: 1, by: 'spend', dimension: name } })],
    ['a subtotal', (name) => ({ ...base, subtotals: [name] })],
    ['columns of a subtotal', (name) => ({ ...base, subtotals: [[name]] })],
  ];
  it.each(NAMES)('%s of such a name is refused', async (_place, request) => {
    for (const text of INJECTIONS)
      expect({ text, shape: await shapeOf(request(text)) }).toEqual({ text, shape: 'refused 422' });
  });

  it('keeps the shape of formulas and conditions that hold such texts, or sets the definition aside', async () => {
    const texts = [...INJECTIONS.entries()];
    const model = modelOf([
      ...[computed('lit_harmless', HARMLESS), filtered('few_harmless', HARMLESS)],
      ...texts.flatMap(([index, text]) => [computed(`lit_${index}`, text), filtered(`few_${index}`, text)]),
    ]);
    const over = await compile({ ...model, members: model.members.filter(({ status }) => status === 'valid') });
    const valid = new Set(over.model.members.map(({ key }) => key));
    const shape = (key: string): Promise<string> =>
      shapeOf(key.startsWith('lit') ? { metrics: ['spend'], dimensions: [key] } : { metrics: [key] }, over);
    const expected = { lit: await shape('lit_harmless'), few: await shape('few_harmless') };
    let kept = 0;
    for (const [index, text] of texts)
      for (const kind of ['lit', 'few'] as const) {
        if (!valid.has(`${kind}_${index}`)) continue;
        kept += 1;
        expect({ kind, text, shape: await shape(`${kind}_${index}`) }).toEqual({ kind, text, shape: expected[kind] });
      }
    expect(kept).toBeGreaterThan(300);
  }, 60_000);

  it('sets aside formulas, fields, weights and aliases that are such texts', () => {
    const texts = INJECTIONS.filter((text) => !/^[A-Za-z_][A-Za-z0-9_ -]{0,62}$/.test(text) && text.trim() !== '');
    for (const text of texts) {
      tried += 3;
      const metric = { metric_type: 'metric', data_type: 'float' } as const;
      const { members } = modelOf([
        define({ metric_key: 'text_formula', ...metric, formula: text }),
        define({ metric_key: 'text_field', ...metric, aggregation: 'sum', expression: text }),
        define({
          metric_key: 'text_weight',
          ...metric,
          aggregation: 'weighted_avg',
          expression: 'spend',
          weight: text,
        }),
      ]);
      // What can be read is numbers and names of members, never anything else.
      const readable = members.filter(({ key, status }) => key.startsWith('text_') && status === 'valid');
      for (const member of readable) {
        const parts = JSON.stringify('tree' in member ? member.tree : 'field' in member ? member.field : null);
        expect({ text, parts }).toEqual({ text, parts: expect.not.stringMatching(/['`;]|SELECT|\$\{/) as string });
      }
    }
  }, 60_000);

  it('is not touched by labels, units and descriptions', async () => {
    const labelled = (text: string): Model =>
      modelOf([
        define({ metric_key: 'label_one', expression: 'device', display_label: text, unit: text, description: text }),
      ]);
    const request = { metrics: ['spend'], dimensions: ['label_one'] };
    const expected = (await plan(request, await compile(labelled(HARMLESS)))).statement;
    for (const text of INJECTIONS.filter((_, index) => index % 12 === 0)) {
      tried += 1;
      expect((await plan(request, await compile(labelled(text)))).statement).toEqual(expected);
    }
  }, 120_000);

  it('has tried at least five thousand', () => {
    expect(tried).toBeGreaterThanOrEqual(5_000);
  });

  describe('stored and asked for', () => {
    let store: Store;
    // Some texts no engine can hold; some are an import's words for no value.
    const texts = INJECTIONS.filter(
      (text) =>
        !text.includes('\0') &&
        !/\p{Surrogate}/u.test(text) &&
        text.trim() === text &&
        !['NULL', 'NaN'].includes(text) &&
        text.length < 1_000,
    );
    beforeAll(async () => {
      store = await open();
      const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      // The column has such a name itself, and so has the mapping.
      const column = `device'; DROP TABLE unified_marketing_data; --`;
      const lines = texts.map((text, index) => `2026-01-05,${index + 1},${cell(text)},id ${index}`);
      const csv = [`day,spend,${cell(column)},id`, ...lines].join('\n');
      const { rows, rejects } = await collectRows('csv', csv, {
        ...{
          data_source: 'injected',
          source_category: 'external_marketing',
          recorded_at: { column: 'day' },
          external_id: 'id',
        },
        fields: { spend: 'spend', device: { column, type: 'string' } },
      });
      expect({ rows: rows.length, rejects }).toEqual({ rows: texts.length, rejects: [] });
      await load(store.engine, ORGANIZATION, rows);
    }, 90_000);
    afterAll(() => store.close());

    it('finds each again as it is, by filters and by none', async () => {
      const answer = async (request: Partial<ReportRequest>): Promise<unknown[][]> => {
        const { statement } = await plan({ metrics: ['spend'], dimensions: ['device'], ...request });
        return (await run(store.engine, ORGANIZATION, statement)).map(([device, spend]) => [device, Number(spend)]);
      };
      const all = new Map((await answer({})) as [string, number][]);
      expect([...all.keys()].sort()).toEqual([...texts].sort());
      expect(texts.length).toBeGreaterThan(200);
      for (const [index, text] of texts.entries()) {
        const own = [[text, index + 1]];
        expect(await answer({ filters: [{ member: 'device', operator: 'equals', values: [text] }] })).toEqual(own);
        const holding = await answer({ filters: [{ member: 'device', operator: 'contains', values: [text] }] });
        const lower = text.toLowerCase();
        const expected = texts.filter((other) => other.toLowerCase().includes(lower)).length;
        expect({ text, found: holding.length }).toEqual({ text, found: expected });
      }
    }, 180_000);
  });
});
