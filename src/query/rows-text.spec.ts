import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { PlannedColumn } from '../compiler/query/types.js';
import type { EngineResult, EngineValue } from '../engine/engine.js';
import { parseRows } from '../engine/clickhouse/rows.js';
import { rowsText, type ReadingEnd, type RowsText } from './rows-text.js';

type Kind = Pick<PlannedColumn, 'type' | 'role'>;

const decimal = fc
  .tuple(
    fc.boolean(),
    fc.oneof(fc.constant('0'), fc.bigInt(0n, 10n ** 24n).map(String)),
    fc.stringMatching(/^\d{0,12}0{0,4}$/),
  )
  .map(([isNegative, whole, digits]) => `${isNegative ? '-' : ''}${whole}${digits === '' ? '' : `.${digits}`}`);
const edges = fc.constantFrom(
  '0.000001',
  '-0.0000010',
  '0.0000001',
  '-0',
  '-0.00',
  '0.000',
  '-0.5',
  '1e21',
  '123456789012345',
  '9007199254740993',
);
const number = fc.oneof(decimal, edges, fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
const day = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2299-12-31'), noInvalidDate: true })
  .map((at) => at.toISOString());
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('a/b', '"', '\\', ''),
);
/** What an engine may give for each type. */
const VALUES: Readonly<Record<PlannedColumn['type'], fc.Arbitrary<EngineValue>>> = {
  currency: number,
  float: number,
  integer: number,
  boolean: fc.constantFrom(true, false, 1, 0, '1', '0', 'true', 'false'),
  date: fc.oneof(
    day.map((at) => at.slice(0, 10)),
    day.map((at) => at.replace('T', ' ').slice(0, 19)),
    text,
  ),
  datetime: fc.oneof(
    day.map((at) => at.replace('T', ' ').slice(0, 23)),
    day.map((at) => at.replace('T', ' ').slice(0, 19)),
    day,
    text,
  ),
  string: text,
};
const column: fc.Arbitrary<Kind> = fc.oneof(
  fc.constantFrom(...(['currency', 'float', 'integer'] as const)).map((type) => ({ type, role: 'metric' as const })),
  fc
    .constantFrom(...(['boolean', 'date', 'datetime', 'string'] as const))
    .map((type) => ({ type, role: 'dimension' as const })),
  fc.constantFrom(...(['date', 'datetime'] as const)).map((type) => ({ type, role: 'time' as const })),
);
const table = fc.array(column, { minLength: 1, maxLength: 6 }).chain((kinds) =>
  fc.record({
    columns: fc.constant(kinds.map((kind, index) => ({ ...kind, name: `n"${index}é` }) as PlannedColumn)),
    rows: fc.array(fc.tuple(...kinds.map(({ type }) => fc.option(VALUES[type], { freq: 8 }))), { maxLength: 30 }),
  }),
);

/** As the engine writes a row: with spaces between values, and each slash escaped. */
const lineOf = (row: readonly EngineValue[]): string =>
  `[${row.map((value) => JSON.stringify(value).replaceAll('/', '\\/')).join(', ')}]\n`;

const result = (blocks: readonly (readonly (readonly EngineValue[])[])[], asLines: boolean): EngineResult => {
  const texts = blocks.map((rows) => rows.map(lineOf).join(''));
  return {
    hasChosen: true,
    batches: of(texts.map(parseRows)),
    ...(asLines ? { lines: of(texts.map((each) => Buffer.from(each, 'utf8'))) } : {}),
  };
};
async function* of<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* await Promise.resolve(items);
}
const read = async (
  given: EngineResult,
  columns: readonly PlannedColumn[],
  limit: number | null,
): Promise<RowsText & Pick<ReadingEnd, 'truncated'>> => {
  const end = { truncated: false, engineMs: 0 };
  return { ...(await rowsText(Promise.resolve(given), columns, limit, end)), truncated: end.truncated };
};

describe('rows as JSON text', () => {
  it('are the same from the engine’s bytes as from its values', async () => {
    await fc.assert(
      fc.asyncProperty(table, fc.option(fc.nat(40)), fc.nat(30), async ({ columns, rows }, limit, cut) => {
        const blocks = [rows.slice(0, cut), rows.slice(cut)].filter((block) => block.length > 0);
        const fromLines = await read(result(blocks, true), columns, limit === 0 ? 1 : limit);
        const fromValues = await read(result(blocks, false), columns, limit === 0 ? 1 : limit);
        expect(fromLines.rows.toString('utf8')).toBe(fromValues.rows.toString('utf8'));
        expect({ ...fromLines, rows: null }).toEqual({ ...fromValues, rows: null });
      }),
      { numRuns: 2_000 },
    );
  });

  it('say whether there are more than were asked for', async () => {
    const columns = [{ name: 'clicks', type: 'integer', role: 'metric' }] as unknown as PlannedColumn[];
    const rows = [['1'], ['2'], ['3']];
    const two = await read(result([rows], true), columns, 2);
    expect([two.rows.toString(), two.truncated, two.last]).toEqual(['[{"clicks":1},{"clicks":2}]', true, ['2']]);
    const all = await read(result([rows.slice(0, 1), rows.slice(1)], true), columns, 3);
    expect([all.rows.toString(), all.truncated, all.last]).toEqual([
      '[{"clicks":1},{"clicks":2},{"clicks":3}]',
      false,
      ['3'],
    ]);
    const none = await read(result([], true), columns, 3);
    expect([none.rows.toString(), none.truncated, none.last]).toEqual(['[]', false, null]);
  });

  it('hold no bytes that are no text', async () => {
    const columns = [{ name: 'device', type: 'string', role: 'dimension' }] as unknown as PlannedColumn[];
    const broken = Buffer.concat([Buffer.from('["ä'), Buffer.from([0xff]), Buffer.from('"]\n')]);
    const { rows } = await read({ hasChosen: true, batches: of([]), lines: of([broken]) }, columns, null);
    expect(rows.toString('utf8')).toBe('[{"device":"ä\ufffd"}]');
  });

  it('refuse what no column holds', async () => {
    const columns = [{ name: 'tags', type: 'string', role: 'dimension' }] as unknown as PlannedColumn[];
    const nested = { hasChosen: true, batches: of([]), lines: of([Buffer.from('[["a"]]\n')]) };
    await expect(read(nested, columns, null)).rejects.toThrow('“tags” is a list or an object');
  });
});
