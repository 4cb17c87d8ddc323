import { describe, expect, test } from '@jest/globals';
import { bindParameters } from './bind.js';

describe('parameters of a ClickHouse statement', () => {
  test('each placeholder becomes a parameter of the type of its value', () => {
    expect(
      bindParameters({ sql: 'a = ? AND b > ? AND c = ? AND d = ? AND e < ?', params: ['x', 5, true, null, 1.5] }),
    ).toEqual({
      sql: 'a = {p0:String} AND b > {p1:Int64} AND c = {p2:Bool} AND d = {p3:Nullable(String)} AND e < {p4:Float64}',
      params: { p0: 'x', p1: 5, p2: true, p3: null, p4: 1.5 },
    });
  });

  test.each([
    `'?'`,
    `'it''s ?'`,
    `'\\'?'`,
    `'\\\\' || '?'`,
    '`a?b`',
    `"a?b"`,
    '/* ? */',
    '-- ?\n',
    "/* it's ? */",
    "-- it's ?\n",
  ])('a question mark inside %s is no placeholder', (quoted) => {
    expect(bindParameters({ sql: `${quoted}, ?`, params: ['x'] }).sql).toBe(`${quoted}, {p0:String}`);
  });

  test.each([
    ['SELECT ?', []],
    ['SELECT 1', ['x']],
    ["SELECT '?", ['x']],
  ])('%j with %j is refused', (sql, params) => {
    expect(() => bindParameters({ sql, params })).toThrow('The statement has');
  });
});
