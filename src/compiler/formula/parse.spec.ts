import fc from 'fast-check';
import type { DataType } from '../model/types.js';
import { SUGGESTED_FOR } from './convert.js';
import { parseFormula } from './parse.js';
import type { FormulaScope } from './parse.js';
import type { FormulaNode } from './types.js';

const TYPES: Readonly<Record<string, DataType>> = {
  revenue: 'currency',
  spend: 'currency',
  refunds: 'currency',
  clicks: 'integer',
  impressions: 'integer',
  score: 'float',
  tier: 'string',
  in: 'integer',
  e: 'float',
};
const scope: FormulaScope = {
  resolve: (name) => {
    if (name === 'device') {
      return {
        key: 'device',
        dataType: 'string',
        refused: { code: 'dimension_in_formula', message: 'device is a dimension.' },
      };
    }
    const key = name === 'umsatz' ? 'revenue' : name;
    const dataType = Object.hasOwn(TYPES, key) ? TYPES[key] : undefined;
    return dataType && { key, dataType };
  },
  names: () => [...Object.keys(TYPES), 'umsatz'],
};
const parse = (text: string) => parseFormula(text, scope);

/** The tree in fully parenthesised form. */
function show(node: FormulaNode): string {
  switch (node.node) {
    case 'number':
      return node.text;
    case 'string':
      return JSON.stringify(node.value);
    case 'boolean':
      return String(node.value);
    case 'member':
      return node.key;
    case 'unary':
      return `(${node.operator} ${show(node.operand)})`;
    case 'binary':
      return `(${show(node.left)} ${node.operator} ${show(node.right)})`;
    case 'call':
      return `${node.name}(${node.args.map(show).join(', ')})`;
  }
}
const shown = (text: string): string => {
  const { tree, diagnostics } = parse(text);
  return tree ? show(tree) : diagnostics.map(({ code }) => code).join();
};
/** The first error: its code and the piece of text that it points at. */
const errorOf = (text: string): readonly [string | undefined, string] => {
  const [first] = parse(text).diagnostics;
  return [first?.code, first?.range ? text.slice(...first.range) : ''];
};

describe('parseFormula reads', () => {
  it.each([
    ['revenue / spend', '(revenue / spend)'],
    ['clicks + impressions * 2', '(clicks + (impressions * 2))'],
    ['(clicks + impressions) * 2', '((clicks + impressions) * 2)'],
    ['clicks - impressions - score', '((clicks - impressions) - score)'],
    ['score ^ 2 ^ 3', '(score ^ (2 ^ 3))'],
    ['-score ^ 2', '(- (score ^ 2))'],
    ['score ^ -1', '(score ^ (- 1))'],
    ['umsatz / spend', '(revenue / spend)'],
    ['clicks > 10 ? clicks : 0', 'if((clicks > 10), clicks, 0)'],
    ['if(not (clicks > 1) and score < 2 or true, 1, 0)', 'if((((not (clicks > 1)) and (score < 2)) or true), 1, 0)'],
    ['IF(clicks > 1 AND NOT TRUE, 1, 0)', 'if(((clicks > 1) and (not true)), 1, 0)'],
    ['coalesce(revenue, 0)', 'coalesce(revenue, 0)'],
    ['round(revenue / spend, -2)', 'round((revenue / spend), (- 2))'],
    ['if(tier == "gold", 1, 0)', 'if((tier == "gold"), 1, 0)'],
    ["if(tier != 'it\"s', .5, 1e3)", 'if((tier != "it\\"s"), .5, 1e3)'],
    ['in / e', '(in / e)'],
    ['nullif(revenue, 0)\n  / max(spend, 1)', '(nullif(revenue, 0) / max(spend, 1))'],
    ['conversions', 'unknown_member'],
  ])('%s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it('the members that a formula names, by key and once', () => {
    expect(parse('umsatz / spend + revenue / spend').depends_on).toEqual(['revenue', 'spend']);
  });

  it('the range of every part', () => {
    const text = ' ( revenue - spend ) / max( spend , 1 )';
    const { tree } = parse(text);
    const found: string[] = [];
    const visit = (node: FormulaNode): void => {
      found.push(text.slice(...node.range));
      if (node.node === 'binary') [node.left, node.right].forEach(visit);
      if (node.node === 'call') node.args.forEach(visit);
    };
    if (tree) visit(tree);
    expect(found).toEqual([
      '( revenue - spend ) / max( spend , 1 )',
      'revenue - spend',
      'revenue',
      'spend',
      'max( spend , 1 )',
      'spend',
      '1',
    ]);
  });
});

describe('parseFormula types', () => {
  it.each([
    ['revenue - spend', 'currency'],
    ['revenue / spend', 'number'],
    ['revenue / clicks', 'currency'],
    ['1000 * spend / impressions', 'currency'],
    ['clicks / spend', 'number'],
    ['-round(spend, 2)', 'currency'],
    ['coalesce(spend, 0)', 'currency'],
    ['if(spend > 0, revenue, 0)', 'currency'],
    ['max(0, spend)', 'currency'],
    ['sqrt(clicks) ^ 2', 'number'],
  ])('%s is %s', (text, type) => {
    expect(parse(text).tree?.type).toBe(type);
  });

  it.each([
    ['revenue + clicks', 'revenue + clicks'],
    ['spend + 100', 'spend + 100'],
    ['clicks + revenue * spend', 'revenue * spend'],
    ['spend ^ 2', 'spend ^ 2'],
    ['sqrt(spend)', 'sqrt(spend)'],
    ['if(clicks, 1, 0)', 'if(clicks, 1, 0)'],
    ['if(spend > clicks, 1, 0)', 'spend > clicks'],
    ['coalesce(spend, clicks)', 'coalesce(spend, clicks)'],
    ['not clicks > 1 ? 1 : 0', 'not clicks'],
    ['clicks > 1', 'clicks > 1'],
    ['tier', 'tier'],
    ['if(true < false, 1, 0)', 'true < false'],
    ['"a" + 1', '"a" + 1'],
  ])('%s: type_mismatch', (text, place) => {
    expect(errorOf(text)).toEqual(['type_mismatch', place]);
  });
});

describe('parseFormula refuses', () => {
  it.each([
    ['', 'formula_syntax', ''],
    ['   ', 'formula_syntax', ''],
    ['revenue /', 'formula_syntax', ''],
    ['revenue / / spend', 'formula_syntax', '/'],
    ['(revenue / spend', 'formula_syntax', '('],
    ['revenue / spend)', 'formula_syntax', ')'],
    ['revenue spend', 'formula_syntax', 'spend'],
    ['2 clicks', 'formula_syntax', 'clicks'],
    ['2(clicks)', 'formula_syntax', '('],
    ['(clicks)(clicks)', 'formula_syntax', '('],
    ['clicks, score', 'formula_syntax', ','],
    ['max(clicks,)', 'formula_syntax', ')'],
    ['clicks > 1 ? 2', 'formula_syntax', '?'],
    ['clicks : 2', 'formula_syntax', ':'],
    ['if(tier == "gold, 1, 0)', 'formula_syntax', '"gold, 1, 0)'],
    ['clicks = 2', 'unsupported_syntax', '='],
    ['x = 1; x', 'unsupported_syntax', '='],
    ['clicks % 2', 'unsupported_syntax', '%'],
    ['clicks!', 'unsupported_syntax', '!'],
    ['9**9**9', 'unsupported_syntax', '**'],
    ['clicks.constructor', 'unsupported_syntax', '.'],
    ['clicks[0]', 'unsupported_syntax', '['],
    ['{a: 1}', 'unsupported_syntax', '{'],
    ['+clicks', 'unsupported_syntax', '+'],
    ['if(1 < clicks < 3, 1, 0)', 'unsupported_syntax', '1 < clicks < 3'],
    ['clicks × 2', 'unsupported_syntax', '×'],
    ['__proto__', 'unknown_member', '__proto__'],
    ['constructor(1)', 'unknown_function', 'constructor'],
    ['toString()', 'unknown_function', 'toString'],
    ['import("fs")', 'unknown_function', 'import'],
    ['sum(clicks)', 'unknown_function', 'sum'],
    ['clicks(2)', 'unknown_function', 'clicks'],
    ['device + 1', 'dimension_in_formula', 'device'],
    ['round(clicks, score)', 'invalid_argument', 'score'],
    ['round(clicks, 13)', 'invalid_argument', '13'],
    ['nullif(clicks)', 'wrong_argument_count', 'nullif(clicks)'],
    ['if()', 'wrong_argument_count', 'if()'],
    ['clicks * 1234567890123456789012345678901', 'number_out_of_range', '1234567890123456789012345678901'],
    ['clicks * 1e99', 'number_out_of_range', '1e99'],
    ['clicks * 1e-19', 'number_out_of_range', '1e-19'],
  ])('%s: %s at "%s"', (text, code, place) => {
    expect(errorOf(text)).toEqual([code, place]);
  });

  it('an unknown name with the nearest names, and every one of them', () => {
    const { diagnostics, depends_on } = parse('revenu / spnd + clicks');
    expect(diagnostics.map(({ code, suggestions }) => [code, suggestions])).toEqual([
      ['unknown_member', ['revenue']],
      ['unknown_member', ['spend']],
    ]);
    expect(diagnostics[1]?.range).toEqual([9, 13]);
    expect(depends_on).toEqual(['clicks']);
  });

  it('hostile text without effort', () => {
    for (const text of [
      '('.repeat(2_000),
      '-'.repeat(4_096),
      '"\0"',
      'e^'.repeat(2_000),
      '['.repeat(4_096),
      '9'.repeat(4_096),
    ]) {
      expect(parse(text).tree).toBeNull();
    }
  });

  it('a megabyte of anything, before a parser sees it', () => {
    for (const piece of ['(', '-', 'a', '1', '"', 'a+', 'if(', '__proto__.', '9^', '\\', '\ud83d', ' ', '?', '[[']) {
      const text = piece.repeat(Math.ceil(1_048_576 / piece.length));
      const { tree, diagnostics } = parse(text);
      expect([tree, diagnostics.length, diagnostics[0]?.code]).toEqual([null, 1, 'formula_too_long']);
      expect(diagnostics[0]?.message.length).toBeLessThan(200);
    }
  });

  it('hostile text after a bounded number of look-ups', () => {
    // Names are all that is looked up outside the text, and going through all of them for the nearest is what costs.
    let searches = 0;
    const looked = (text: string): number => {
      let times = 0;
      const counting: FormulaScope = {
        resolve: (name) => (times++, scope.resolve(name)),
        *names() {
          searches++;
          yield* scope.names();
        },
      };
      searches = 0;
      expect(parseFormula(text, counting).tree).toBeNull();
      expect(searches).toBeLessThanOrEqual(SUGGESTED_FOR);
      return times;
    };
    expect(looked('x+'.repeat(2_000))).toBe(0);
    expect(looked('('.repeat(4_000))).toBe(0);
    expect(looked(`${'f('.repeat(64)}`)).toBe(0);
    expect(looked(Array(250).fill('nothing').join('+'))).toBeLessThanOrEqual(500);
    expect(searches).toBe(SUGGESTED_FOR);
  });

  it('names on the prototype of every object as names that there are not', () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', '__defineGetter__']) {
      expect(errorOf(`${name} / clicks`)).toEqual(['unknown_member', name]);
      expect(errorOf(`${name}(1)`)[0]).toBe('unknown_function');
    }
    expect(errorOf('clicks.__proto__')[0]).toBe('unsupported_syntax');
    expect(errorOf('clicks["constructor"]')[0]).toBe('unsupported_syntax');
  });

  it('huge powers and numbers without calculating them', () => {
    expect(errorOf('9 ^ 9 ^ 9 ^ 1e300')).toEqual(['number_out_of_range', '1e300']);
    expect(parse('(9 ^ 9) ^ (9 ^ 9)').diagnostics).toEqual([]);
    expect(errorOf('round(1, 9 ^ 9)')).toEqual(['invalid_argument', '9 ^ 9']);
  });

  it('what passes the limits', () => {
    expect(errorOf('('.repeat(10_000) + '1' + ')'.repeat(10_000))[0]).toBe('formula_too_long');
    expect(errorOf('clicks '.repeat(150_000))[0]).toBe('formula_too_long');
    expect(errorOf('('.repeat(65) + '1' + ')'.repeat(65))[0]).toBe('formula_too_deep');
    expect(errorOf('-'.repeat(100) + 'clicks')[0]).toBe('formula_too_deep');
    expect(errorOf(Array(80).fill('2').join('^'))[0]).toBe('formula_too_deep');
    expect(errorOf('-'.repeat(4_000) + 'e')[0]).toBe('formula_too_large');
    expect(errorOf(Array(252).fill('e').join('+'))[0]).toBe('formula_too_large');
    expect(parse(Array(250).fill('e').join('+')).diagnostics).toEqual([]);
  });
});

describe('parseFormula is total', () => {
  const piece = fc.constantFrom(
    ...['revenue', 'clicks', 'e', '1', '.5', '"a"', 'true', 'if', 'max', '(', ')', ',', '?', ':'],
    ...['+', '-', '*', '/', '^', '<', '==', 'and', 'or', 'not', ' ', '.', '%', '[', 'in', 'to', '{', 'Σ'],
  );
  it('answers a tree, or an error with a range inside the text, and never throws', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const text = pieces.join(' ');
        const { tree, diagnostics } = parse(text);
        expect(tree === null).toBe(diagnostics.length > 0);
        for (const { range } of diagnostics) {
          expect(range?.[0]).toBeGreaterThanOrEqual(0);
          expect(range?.[1]).toBeGreaterThanOrEqual(range?.[0] ?? 0);
          expect(range?.[1]).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads any text without throwing', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => void parse(text)));
  });
});
