import { parseFormula } from '../formula/parse.js';
import type { FormulaScope } from '../formula/parse.js';
import type { DataType } from '../model/types.js';
import { formulaToSql, resultSql } from './formula-sql.js';
import type { DialectName } from './types.js';

const TYPES: Readonly<Record<string, DataType>> = {
  spend: 'currency',
  revenue: 'currency',
  clicks: 'integer',
  rate: 'float',
};
const scope: FormulaScope = {
  resolve: (name) => {
    const dataType = TYPES[name];
    return dataType && { key: name, dataType };
  },
  names: () => Object.keys(TYPES),
};

function sql(text: string, dialect: DialectName, isWide?: (key: string) => boolean): string {
  const { tree } = parseFormula(text, scope);
  if (!tree) throw new Error(text);
  return formulaToSql(tree, dialect, (key) => `sum(${key})`, isWide);
}

const D = (text: string): string => `toDecimal256(${text}, 18)`;
const N = (text: string): string => `(sum(${text}))::numeric`;

describe('formulaToSql', () => {
  it.each<[string, string, string]>([
    [
      'revenue / spend',
      `(${D('sum(revenue)')} / nullIf(${D('sum(spend)')}, 0))`,
      `(div(${N('revenue')} * 1000000000000000000::numeric, nullif(${N('spend')}, 0)) * 0.000000000000000001::numeric)`,
    ],
    [
      'spend / clicks * 1000',
      D(`(${D('sum(spend)')} / nullIf(${D('sum(clicks)')}, 0)) * ${D("'1000'")}`),
      `trunc((div(${N('spend')} * 1000000000000000000::numeric, nullif(${N('clicks')}, 0)) * 0.000000000000000001::numeric) * 1000::numeric, 18)`,
    ],
    [
      'revenue - spend - -(revenue + spend)',
      `(${D('sum(revenue)')} - ${D('sum(spend)')} - (-(${D('sum(revenue)')} + ${D('sum(spend)')})))`,
      `(${N('revenue')} - ${N('spend')} - (-(${N('revenue')} + ${N('spend')})))`,
    ],
    [
      'if(clicks > 10 and not (rate == .5), 1, 0)',
      `(if((${D('sum(clicks)')} > ${D("'10'")}) AND (NOT (${D('sum(rate)')} = ${D("'0.5'")})), ${D("'1'")}, ${D("'0'")}))`,
      `(CASE WHEN (${N('clicks')} > 10::numeric) AND (NOT (${N('rate')} = 0.5::numeric)) THEN 1::numeric ELSE 0::numeric END)`,
    ],
    [
      'round(coalesce(revenue, 0), 2)',
      `round(coalesce(${D('sum(revenue)')}, ${D("'0'")}), 2)`,
      `round(coalesce(${N('revenue')}, 0::numeric), 2)`,
    ],
    [
      'min(clicks, 1)',
      `arrayMap((v1, v2) -> if(v1 IS NULL OR v2 IS NULL, NULL, least(v1, v2)), [${D('sum(clicks)')}], [${D("'1'")}])[1]`,
      `(SELECT CASE WHEN v.v1 IS NULL OR v.v2 IS NULL THEN NULL ELSE least(v.v1, v.v2) END FROM (SELECT ${N('clicks')} AS v1, 1::numeric AS v2 OFFSET 0) AS v)`,
    ],
  ])('%s', (text, clickhouse, postgres) => {
    expect(sql(text, 'clickhouse')).toBe(clickhouse);
    expect(sql(text, 'postgres')).toBe(postgres);
  });

  it('holds each part once, however often it is used', () => {
    for (const dialect of ['clickhouse', 'postgres'] as const) {
      expect(sql('max((rate ^ 3) ^ 2, exp(rate) / rate)', dialect).match(/sum\(rate\)/g)).toHaveLength(3);
    }
  });

  it('limits factors only where a product could outgrow the decimal', () => {
    const limit = "toDecimal256('100000000000000000000', 18)";
    expect(sql('spend * clicks', 'clickhouse').split(limit)).toHaveLength(3);
    expect(sql('spend * 1000 / clicks', 'clickhouse')).not.toContain(limit);
    expect(sql('revenue / spend * 100', 'clickhouse')).not.toContain(limit);
    expect(sql('rate * 100', 'clickhouse', (key) => key === 'rate')).toContain(limit);
  });

  it('never pastes text', () => {
    const text = `if("'); DROP TABLE x --" == '?$1\${}', 1, 0)`;
    for (const dialect of ['clickhouse', 'postgres'] as const) {
      expect(sql(text, dialect)).toContain('27293b2044524f50205441424c452078202d2d');
      expect(sql(text, dialect)).not.toMatch(/DROP|[?$]/);
    }
  });
});

describe('resultSql', () => {
  it('rounds numbers to nine decimals, whole numbers to none, and leaves the rest', () => {
    expect(resultSql('x', 'clickhouse', 'currency')).toBe('toDecimal256(round(x, 9), 9)');
    expect(resultSql('x', 'postgres', 'float')).toBe('round(x, 9)');
    expect(resultSql('x', 'clickhouse', 'integer')).toBe('toDecimal256(round(x, 0), 0)');
    expect(resultSql('x', 'postgres', 'string')).toBe('x');
  });
});
