import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { packageRoot } from '../../common/package-root.js';
import type { DimensionMember, Model } from '../model/types.js';
import { compileModel } from './compile.js';
import { CubeSql, cubeFile, cubeReference, memberReference } from './cube-text.js';

describe('SQL in a Cube file', () => {
  it('stays the SQL that it was', () => {
    const evaluate = (text: string): unknown =>
      new Function('CUBE', `return ${text}`)({ toString: () => 'cube', revenue: 'sum(revenue)' });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (sql) => {
        fc.pre(!['\u0001', '\u0002', '\r'].some((mark) => sql.includes(mark)));
        expect(evaluate(new CubeSql(sql).toString())).toBe(sql);
      }),
      { examples: [['`'], ['${process.exit()}'], ['\\'], ['\\${x}'], ['$']] },
    );
    expect(evaluate(new CubeSql(`${cubeReference()}.x / ${memberReference('revenue')}`).toString())).toBe(
      'cube.x / sum(revenue)',
    );
  });

  it('refers to members by their checked keys only', () => {
    expect(() => memberReference('x} + process.exit() + ${y')).toThrow();
  });
});

describe('a user’s text in a Cube file', () => {
  it('is data, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const seen: unknown[] = [];
        const cube = (_: string, definition: unknown): unknown => seen.push(definition);
        new Function('cube', cubeFile('comment', 'marketing', { title }))(cube);
        expect(seen).toEqual([{ title }]);
      }),
      { examples: [['"});process.exit()//'], ['${1}'], ['\u2028'], ['__proto__']] },
    );
  });

  it('passes Cube’s compiler', async () => {
    const fileName = 'unified_marketing.js';
    const base = [{ fileName, content: await readFile(join(packageRoot, 'cube-models', fileName), 'utf8') }];
    const labels = fc.sample(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), 40);
    const compiled = await compileModel({ model: modelOf(labels), dialect: 'postgres', base, typed: {} });
    const { sql } = await compiled.toSql({
      measures: [],
      dimensions: ['marketing.d0'],
      timeDimensions: [],
      filters: [],
      timeZone: 'UTC',
      weekStart: 1,
      rowOrder: [],
      withheld: [],
    });
    expect(sql).toContain(`"marketing".data_payload ->> 'd0'`);
  });
});

const modelOf = (labels: readonly string[]): Model => ({
  settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
  members: labels.map((label, index): DimensionMember => ({
    kind: 'dimension',
    key: `d${index}`,
    field: { kind: 'payload', root: 'data_payload', path: [`d${index}`] },
    standard_key: null,
    label,
    description: label,
    category: 'external',
    data_type: 'string',
    unit: null,
    additivity: 'additive',
    aliases: [],
    origin: 'organization',
    status: 'valid',
    diagnostics: [],
    depends_on: [],
  })),
});
