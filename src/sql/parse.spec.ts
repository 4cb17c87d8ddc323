import { loadParser, parseSql, sqlOf } from './parse.js';

beforeAll(() => loadParser());
const again = (sql: string): string => parseSql(sql).map(sqlOf).join('; ');

describe('a statement as text', () => {
  it('says true where true was said', () => {
    expect(again('SELECT true, false, NOT true')).toBe(`SELECT 't'::bool, 'f'::bool, NOT 't'::bool`);
    expect(again('COPY (SELECT 1) TO STDOUT WITH CSV HEADER')).toBe(
      `COPY (SELECT 1) TO STDOUT WITH (FORMAT 'csv', HEADER 'true')`.replace(`'csv'`, 'CSV').replace(`'true'`, 'true'),
    );
  });

  it.each([
    `SELECT a LIKE 'x' ESCAPE '\\', a ILIKE 'y', a SIMILAR TO 'z', a !~* 'q', a BETWEEN 1 AND 2, a IS DISTINCT FROM b FROM t`,
    `SELECT sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM t`,
    `SELECT * FROM a LEFT JOIN b USING (x) FULL JOIN c ON a.y = c.y CROSS JOIN d NATURAL JOIN e, LATERAL (SELECT 1) l`,
    `SELECT a FROM t GROUP BY GROUPING SETS ((a), (b), ()), ROLLUP (a, b), CUBE (c)`,
    `SELECT E'tab\\t', 'back\\slash', $$x$$, 1e10, -3, "a""b"`,
    `SELECT extract(year FROM a), a AT TIME ZONE 'utc', interval '1' day, a::numeric(10, 2) FROM t`,
    `WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r`,
  ])('is the same statement: %s', (sql) => {
    expect(again(again(sql))).toBe(again(sql));
  });
});

describe('a text that is no statement', () => {
  it('is refused with its place', () => {
    expect(() => parseSql('SELECT FROM WHERE')).toThrow(
      expect.objectContaining({ fault: expect.objectContaining({ code: '42601', position: 13 }) }),
    );
  });

  it.each([
    ['SELECT ' + '('.repeat(20_000) + '1' + ')'.repeat(20_000), '54001'],
    ['SELECT ' + '1+'.repeat(200_000) + '1', '54001'],
    [`SELECT '${'x'.repeat(600_000)}'`, '54000'],
  ])('is refused when it is too much', (sql, code) => {
    expect(() => parseSql(sql).map(sqlOf)).toThrow(
      expect.objectContaining({ fault: expect.objectContaining({ code }) }),
    );
    expect(again('SELECT 1')).toBe('SELECT 1');
  });

  it('may be empty', () => {
    for (const sql of ['', ' ; ', '-- nothing', '/* nothing */;']) expect(parseSql(sql)).toEqual([]);
  });
});
