import fc from 'fast-check';
import { formulaToSql, resultSql } from '../../src/compiler/dialect/formula-sql.js';
import type { DialectName } from '../../src/compiler/dialect/types.js';
import { parseFormula } from '../../src/compiler/formula/parse.js';
import type { FormulaScope } from '../../src/compiler/formula/parse.js';
import type { FormulaNode } from '../../src/compiler/formula/types.js';
import type { DataType } from '../../src/compiler/model/types.js';
import { onClickhouse, onPostgres } from './formula-engines.js';
import type { Rows } from './formula-engines.js';
import { evaluateByMathjs } from './formula-mathjs.js';
import { evaluate, OutOfBounds, resultText } from './formula-reference.js';

const TYPES: Readonly<Record<string, DataType>> = {
  clicks: 'integer',
  days: 'integer',
  score: 'float',
  rate: 'float',
  spend: 'currency',
  revenue: 'currency',
};
const KEYS = Object.keys(TYPES);
/** One group each: zeros, nulls, signs, the smallest and the largest values that a payload can hold. */
const GROUPS: readonly (readonly (string | null)[])[] = [
  ['0', '0', '0', '0', '0', '0'],
  [null, null, null, null, null, null],
  ['1', '7', '0.5', '0.333333333', '19.99', '120.5'],
  ['1000', '30', '-2.5', '0.000000001', '0.01', '-33.33'],
  ['3', null, '12.75', '1.1', null, '1000000'],
  ['999999937', '365', '99.999999999', '-0.07', '123456789.123456789', '987654321.987654321'],
  ['-5', '2', null, '2', '-0.005', '0.005'],
  ['12', '0', '4', '0.25', '66.6', null],
  [
    '99999999999999999999999999999',
    '1',
    '-99999999999999999999999999999.999999999',
    '3',
    '99999999999999999999999999999',
    '0.000000001',
  ],
];
const rowOf = (group: number): ReadonlyMap<string, string | null> =>
  new Map(KEYS.map((key, index) => [key, GROUPS[group]?.[index] ?? null]));

const scope: FormulaScope = {
  resolve: (name) => {
    const dataType = TYPES[name];
    return dataType && { key: name, dataType };
  },
  names: () => KEYS,
};

function treeOf(text: string): FormulaNode {
  const { tree, diagnostics } = parseFormula(text, scope);
  if (!tree) throw new Error(`${text}: ${JSON.stringify(diagnostics)}`);
  return tree;
}

/** Selects the formulas by group, with every leaf an aggregate, as in a report. */
function statement(trees: readonly FormulaNode[], dialect: DialectName): string {
  const literal = (value: string | null): string => {
    if (dialect === 'postgres') return value === null ? 'NULL::numeric' : `${value}::numeric`;
    return value === null ? "CAST(NULL, 'Nullable(Decimal(38, 9))')" : `toNullable(toDecimal128('${value}', 9))`;
  };
  const rows = GROUPS.map(
    (values, group) =>
      `SELECT ${group} AS g, ${values.map((value, index) => `${literal(value)} AS ${KEYS[index]}`).join(', ')}`,
  ).join(' UNION ALL ');
  const leaf = (key: string): string => `sum(data.${key})`;
  const columns = trees.map((tree, index) => {
    const sql = resultSql(formulaToSql(tree, dialect, leaf), dialect, 'float');
    return `${dialect === 'clickhouse' ? `toString(${sql})` : `(${sql})::text`} AS f${index}`;
  });
  return `SELECT ${columns.join(',\n')} FROM (${rows}) AS data GROUP BY data.g ORDER BY data.g`;
}

/** Without trailing zeros. */
const plain = (text: string | null | undefined): string | null => {
  if (text == null) return null;
  const short = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  return short === '-0' ? '0' : short;
};

interface Answers {
  readonly clickhouse: readonly Rows[];
  readonly postgres: readonly Rows[];
}

const CHUNK = 25;
/** Values of each formula in each group, by both engines. */
async function ask(trees: readonly FormulaNode[]): Promise<Answers> {
  const chunks = Array.from({ length: Math.ceil(trees.length / CHUNK) }, (_, index) =>
    trees.slice(index * CHUNK, (index + 1) * CHUNK),
  );
  const [clickhouse, postgres] = await Promise.all([
    onClickhouse(chunks.map((chunk) => statement(chunk, 'clickhouse'))),
    onPostgres(chunks.map((chunk) => statement(chunk, 'postgres'))),
  ]);
  return { clickhouse, postgres };
}
const valueAt = (rows: readonly Rows[], formula: number, group: number): string | null =>
  plain(rows[Math.floor(formula / CHUNK)]?.[group]?.[formula % CHUNK]);

/** Formulas whose values in each group were worked out by hand; a value each, or one group and its value. */
const BY_HAND: readonly (readonly [text: string, group: number, value: string | null])[] = [
  ['revenue / spend', 2, '6.028014007'],
  ['revenue / spend', 0, null],
  ['spend / clicks * 1000', 2, '19990'],
  ['clicks / days', 7, null],
  ['coalesce(clicks / days, 0) + 1', 7, '1'],
  ['-7 / 3', 2, '-2.333333333'],
  ['2 / 3', 2, '0.666666667'],
  ['2 / 3 * 3', 2, '2'],
  ['round(2.5) + round(-2.5) * 10', 2, '-27'],
  ['round(1555, -1)', 2, '1560'],
  ['floor(-2.5) * 100 + ceil(-2.5)', 2, '-302'],
  ['if(clicks > 0, 1, 2)', 1, '2'],
  ['if(not (clicks > 0), 1, 2)', 1, '2'],
  ['if(clicks > 0 or true, 1, 2)', 1, '1'],
  ['min(clicks, days)', 4, null],
  ['max(days, clicks)', 4, null],
  ['min(clicks, 5, days)', 2, '1'],
  ['nullif(clicks, 3)', 4, null],
  ['nullif(clicks, 4)', 4, '3'],
  ['score ^ 2', 3, '6.25'],
  ['score ^ -2', 3, '0.16'],
  ['score ^ 0', 1, null],
  ['days ^ 0', 0, '1'],
  ['days ^ -1', 0, null],
  ['score ^ 0.5', 3, null],
  ['days ^ 0.5', 7, '0'],
  ['0 ^ -0.5', 7, null],
  ['(1 + 0.01) ^ 12', 2, '1.12682503'],
  ['sqrt(2)', 2, '1.414213562'],
  ['sqrt(-1)', 2, null],
  ['log(0)', 2, null],
  ['log(1)', 2, '0'],
  ['exp(1)', 2, '2.718281828'],
  ['exp(1000)', 2, null],
  ['exp(-1000)', 2, '0'],
  ['pow(10, 30.5)', 2, null],
  ['pow(-8, clicks)', 4, '-512'],
  ['if("a" < "b" and "é" == "é" and "" != " ", 1, 0)', 2, '1'],
  // Larger than Decimal256 could hold: null, where ClickHouse by itself would wrap around without an error.
  ['clicks * clicks', 8, null],
  ['clicks * clicks * clicks', 5, '999999811000011906999749953'],
  ['clicks * clicks * clicks * clicks', 5, null],
  ['clicks * clicks', 5, '999999874000003969'],
  ['clicks / rate / rate * 2', 3, null],
  ['spend / revenue', 8, '99999999999999999999999999999000000000'],
  ['clicks + clicks', 8, '199999999999999999999999999998'],
  ['score / 3', 8, '-33333333333333333333333333333.333333333'],
];

/** Random formulas of the language. */
const formulas: fc.Arbitrary<string> = fc.letrec<{ number: string; money: string; condition: string }>((tie) => {
  const number = tie('number');
  const money = tie('money');
  const condition = tie('condition');
  const call = (name: string, ...args: fc.Arbitrary<string>[]): fc.Arbitrary<string> =>
    fc.tuple(...args).map((texts) => `${name}(${texts.join(', ')})`);
  const between = (left: fc.Arbitrary<string>, signs: string[], right: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .tuple(left, fc.constantFrom(...signs), right, fc.integer({ min: 0, max: 3 }))
      // Now and then without parentheses, so that precedence decides; exponents stay literals.
      .map(([a, sign, b, bare]) => (bare === 0 && sign !== '^' ? `${a} ${sign} ${b}` : `(${a} ${sign} ${b})`));
  const digits = fc.constantFrom('-2', '-1', '0', '1', '3', '9', '12');
  const literal = fc.constantFrom(
    '0',
    '1',
    '2',
    '3',
    '7',
    '10',
    '100',
    '0.5',
    '.25',
    '1e3',
    '1.000000000000000001',
    '33.3',
  );
  const metric = fc.constantFrom('clicks', 'days', 'score', 'rate');
  const either = (kind: fc.Arbitrary<string>): fc.Arbitrary<string>[] => [
    kind.map((text) => `-${text}`),
    between(kind, ['+', '-'], kind),
    call('if', condition, kind, kind),
    call('coalesce', kind, kind),
    call('nullif', kind, kind),
    call('min', kind, kind),
    call('max', kind, kind, kind),
    call('abs', kind),
    call('floor', kind),
    call('ceil', kind),
    call('round', kind, digits),
  ];
  return {
    number: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      metric,
      literal,
      between(number, ['*', '/'], number),
      between(money, ['/'], money),
      between(number, ['/'], money),
      between(number, ['^'], fc.constantFrom('0', '1', '2', '3', '-1', '-2', '7', '12')),
      between(number, ['^'], fc.constantFrom('0.5', '1.5', '20')),
      call('sqrt', number),
      call('log', number),
      call('exp', call('min', number, fc.constant('40'))),
      call('pow', number, fc.constantFrom('2', '0.25')),
      ...either(number),
    ),
    money: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('spend', 'revenue'),
      between(money, ['*', '/'], number),
      between(number, ['*'], money),
      ...either(money),
    ),
    condition: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom('true', 'false', 'spend > 100', 'rate <= 0'),
      between(number, ['<', '<=', '>', '>=', '==', '!='], number),
      between(money, ['<', '<=', '>', '>=', '==', '!='], money),
      between(condition, ['and', 'or', '==', '!='], condition),
      condition.map((text) => `not (${text})`),
    ),
  };
}).number;

describe('formulas on both engines', () => {
  const byHand = [...new Set(BY_HAND.map(([text]) => text))];
  const seed = Number(process.env['FORMULA_SEED'] ?? 20_260_105);
  const random = fc
    .sample(formulas, { numRuns: Number(process.env['FORMULA_RUNS'] ?? 500), seed })
    .filter((text) => parseFormula(text, scope).tree !== null);
  const deepest = [
    `${'('.repeat(39)}clicks${' / 2)'.repeat(39)}`,
    `${'max(1, '.repeat(39)}score${')'.repeat(39)}`,
    `${'abs(score * '.repeat(19)}rate${')'.repeat(19)}`,
    `${'sqrt('.repeat(39)}score${')'.repeat(39)}`,
    Array(250).fill('rate').join(' + '),
  ];
  const texts = [...byHand, ...random, ...deepest];
  const trees = texts.map(treeOf);
  let answers: Answers;
  beforeAll(async () => {
    answers = await ask(trees);
  }, 120_000);

  it.each(BY_HAND)('%s in group %i is %s', (text, group, value) => {
    const index = texts.indexOf(text);
    expect({
      clickhouse: valueAt(answers.clickhouse, index, group),
      postgres: valueAt(answers.postgres, index, group),
    }).toEqual({ clickhouse: value, postgres: value });
  });

  it('give the same digits as each other, as exact arithmetic and as mathjs reads them', () => {
    expect(random.length).toBeGreaterThan(300);
    const differences: unknown[] = [];
    let compared = 0;
    for (const [index, tree] of trees.entries()) {
      for (const group of GROUPS.keys()) {
        const clickhouse = valueAt(answers.clickhouse, index, group);
        const postgres = valueAt(answers.postgres, index, group);
        let expected: string | null;
        let byMathjs: string | null;
        try {
          expected = plain(resultText(evaluate(tree, rowOf(group))));
          byMathjs = plain(resultText(evaluateByMathjs(texts[index] ?? '', rowOf(group))));
          compared++;
        } catch (error) {
          if (!(error instanceof OutOfBounds)) throw error;
          expected = byMathjs = clickhouse;
        }
        if (clickhouse !== postgres || clickhouse !== expected || expected !== byMathjs) {
          differences.push({ formula: texts[index], group, clickhouse, postgres, expected, byMathjs });
        }
      }
    }
    expect(differences).toEqual([]);
    expect(compared).toBeGreaterThan(trees.length * 6);
  });
});
