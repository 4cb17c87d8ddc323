import fc from 'fast-check';
import { CsvSplitter } from './csv-splitter.js';
import { MAX_LINE_LENGTH } from './limits.js';
import { LineSplitter } from './line-splitter.js';
import type { ReadRecord } from './records.js';
import { INVALID_LINE, decodeText } from './text.js';

const split = (pieces: readonly string[], delimiter = ','): ReadRecord[] => {
  const splitter = new CsvSplitter(delimiter);
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()];
};
const cells = (text: string): (readonly string[] | string)[] =>
  split([text]).map((record) => (record.kind === 'record' ? record.cells : `${record.line} ${record.code}`));

async function decode(
  bytes: Buffer,
  options: Partial<Parameters<typeof decodeText>[1]> = {},
  size = bytes.length || 1,
): Promise<string> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
  }
  let text = '';
  for await (const piece of decodeText(chunks(), { encoding: null, invalid: 'fail', ...options })) text += piece;
  return text;
}

describe('delimited text', () => {
  it('reads quotes, doubled quotes, line ends inside quotes, and every kind of line end', () => {
    expect(cells('a,"b ""x"", y","c\r\nd"\r\n1,2,3\n4,5" pipe,6\r7,,')).toEqual([
      ['a', 'b "x", y', 'c\r\nd'],
      ['1', '2', '3'],
      ['4', '5" pipe', '6'],
      ['7', '', ''],
    ]);
  });

  it('knows on which line a record starts', () => {
    expect(split(['a\n"b\r\nc\rd"\ne\r\n\r\nf']).map(({ line }) => line)).toEqual([1, 2, 5, 6, 7]);
  });

  it('loses one line to malformed quotes, not the rest of the file', () => {
    expect(cells('a,b\n"x"y,1\n2,3\n')).toEqual([['a', 'b'], '2 malformed_quotes', ['2', '3']]);
    expect(cells('a,b\n"open,1\n2,3\n4,5')).toEqual([['a', 'b'], '2 malformed_quotes', ['2', '3'], ['4', '5']]);
    const filler = 'k,v\n'.repeat(MAX_LINE_LENGTH / 2);
    const records = split([`"open,1\n${filler}`]);
    expect(records.filter(({ kind }) => kind === 'broken')).toHaveLength(1);
    expect(records).toHaveLength(1 + MAX_LINE_LENGTH / 2);
  });

  it('holds no more than a megabyte of a line that does not end', () => {
    const splitter = new CsvSplitter(',');
    const records: ReadRecord[] = splitter.push('a,b\n');
    const piece = 'x'.repeat(65_536);
    for (let count = 0; count < 2_000; count++) records.push(...splitter.push(piece));
    records.push(...splitter.push('\n1,2\n'), ...splitter.end());
    expect(records.map((record) => `${record.line} ${record.kind}`)).toEqual(['1 record', '2 broken', '3 record']);
    expect((records[1]?.raw ?? '').length).toBeLessThan(20_000);
  });

  it('gives the same records however the text is cut', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'é', '€'), maxLength: 6 });
    fc.assert(
      fc.property(cell, cell, cell, fc.array(fc.nat(40), { maxLength: 6 }), (a, b, c, cuts) => {
        const text = `${a},${b}\n"${c.replaceAll('"', '""')}",z\r\n${b}`;
        const positions = [0, ...cuts.filter((cut) => cut <= text.length).sort((x, y) => x - y), text.length];
        const pieces = positions.slice(1).map((to, index) => text.slice(positions[index], to));
        expect(split(pieces)).toEqual(split([text]));
        expect(split([...text])).toEqual(split([text]));
      }),
      { numRuns: 500 },
    );
  });

  it('reads back what was written', () => {
    const table = fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(table, (rows) => {
        const quoted = rows.map((row) => row.map((value) => `"${value.replaceAll('"', '""')}"`).join(',')).join('\r\n');
        expect(cells(quoted)).toEqual(rows);
      }),
    );
  });
});

describe('lines', () => {
  it('are the same however the text is cut', () => {
    const text = 'a\r\nb\rc\n\nd\r\n\r\ne';
    const lines = (pieces: readonly string[]): string[] => {
      const splitter = new LineSplitter();
      return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()].map(
        (line) => `${line.number}:${line.text}`,
      );
    };
    const whole = ['1:a', '2:b', '3:c', '4:', '5:d', '6:', '7:e'];
    expect(lines([text])).toEqual(whole);
    expect(lines([...text])).toEqual(whole);
  });
});

describe('encodings', () => {
  const text = 'Näme;Größe\r\n€ 5;😀\r\n';
  const utf16be = Buffer.from(text, 'utf16le').swap16();
  it.each([
    ['UTF-8', Buffer.from(text)],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${text}`)],
    ['UTF-16 LE with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, 'utf16le')])],
    ['UTF-16 BE with a mark', Buffer.concat([Buffer.from([0xfe, 0xff]), utf16be])],
    ['UTF-16 LE without', Buffer.from(text, 'utf16le')],
    ['UTF-16 BE without', utf16be],
  ])('reads %s, in one piece and byte by byte', async (_name, bytes) => {
    expect(await decode(bytes)).toBe(text);
    expect(await decode(bytes, {}, 1)).toBe(text);
  });

  it('reads Windows-1252 only when told to', async () => {
    const bytes = Buffer.from([0x80, 0x20, 0x93, 0xe9, 0x94]);
    expect(await decode(bytes, { encoding: 'windows-1252' })).toBe('€ “é”');
    await expect(decode(bytes)).rejects.toMatchObject({ code: 'invalid_encoding' });
  });

  it('says where a file stops being UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a\r\nbü\rc\n'), Buffer.from([0x63, 0xe9, 0x0a])]);
    for (const size of [1, 2, 3, 5, 100]) {
      await expect(decode(bytes, {}, size)).rejects.toMatchObject({
        code: 'invalid_encoding',
        detail: expect.stringContaining('byte 0xE9 at offset 10, on line 4') as string,
      });
    }
  });

  it('marks only the line that is not UTF-8', async () => {
    const bytes = Buffer.concat([Buffer.from('a\nb'), Buffer.from([0xff]), Buffer.from('\ncü\n')]);
    for (const size of [1, 2, 3, 100]) {
      expect(await decode(bytes, { invalid: 'mark' }, size)).toBe(`a\n${INVALID_LINE}b\ufffd\ncü\n`);
    }
  });

  it('refuses an empty file, a workbook and an archive', async () => {
    await expect(decode(Buffer.alloc(0))).rejects.toMatchObject({ code: 'empty_file' });
    await expect(decode(Buffer.from('PK\u0003\u0004….xlsx'))).rejects.toMatchObject({ code: 'unrecognized_export' });
    await expect(decode(Buffer.from([0x1f, 0x8b, 8, 0, 0]))).rejects.toMatchObject({ code: 'unrecognized_export' });
  });
});
