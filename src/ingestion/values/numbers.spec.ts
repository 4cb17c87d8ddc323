import fc from 'fast-check';
import { ExactNumber, fromDigits, parseLiteral, type PayloadNumber } from './decimal.js';
import { MarkVotes, evidentMark, readNumber, type NumberFormat } from './number-text.js';

const text = (value: PayloadNumber | null): string | null =>
  value === null ? null : value instanceof ExactNumber ? value.text : String(value);
const read = (cell: string, format: NumberFormat = { mark: null }): string | null => {
  const reading = readNumber(cell, format);
  return reading.kind === 'number' ? text(reading.value) : reading.kind;
};

describe('number literals', () => {
  it.each([
    ['120.50', '120.5'],
    ['40', '40'],
    ['-0', '0'],
    ['1e3', '1000'],
    ['1.5E-3', '0.0015'],
    ['0.1234567895', '0.12345679'],
    ['0.1234567894', '0.123456789'],
    ['-0.0000000005', '-0.000000001'],
    ['0.9999999999', '1'],
    ['-9.99999999995', '-10'],
    ['9007199254740993', '9007199254740993'],
    ['12345678901234567890', '12345678901234567890'],
  ])('%s is %s', (literal, expected) => {
    expect(text(parseLiteral(literal))).toBe(expected);
  });

  it('refuses what is no number and what is too large', () => {
    for (const literal of ['', '.', 'abc', '1.2.3', '0x10', '1e', '1'.repeat(30), '1e400', '1e-', 'Infinity']) {
      expect(parseLiteral(literal)).toBeNull();
    }
  });

  it('keeps nine decimals of any number exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 28n), max: 10n ** 28n }), (billionths) => {
        const digits = (billionths < 0n ? -billionths : billionths).toString().padStart(10, '0');
        const written = text(fromDigits(billionths < 0n, digits.slice(0, -9), digits.slice(-9))) ?? '';
        const [whole = '', fraction = ''] = written.replace('-', '').split('.');
        const back = BigInt(whole + fraction.padEnd(9, '0')) * (written.startsWith('-') ? -1n : 1n);
        expect(back).toBe(billionths);
        expect(written).not.toMatch(/\.$|\.\d*0$|^-0$/);
      }),
    );
  });
});

describe('numbers as exports write them', () => {
  it.each([
    ['1,200.00', '1200'],
    ['1.200,50', '1200.5'],
    ['18,50', '18.5'],
    ['1,234,567', '1234567'],
    ['1.234.567', '1234567'],
    ['12,34,567.5', '1234567.5'],
    ['1 200,50', '1200.5'],
    ['1\u00a0200,50', '1200.5'],
    ['1\u202f200\u202f300,5', '1200300.5'],
    ["1'200.50", '1200.5'],
    ["'1001", '1001'],
    ['$1,200.50', '1200.5'],
    ['-$12.00', '-12'],
    ['$-12.00', '-12'],
    ['€ 18,50', '18.5'],
    ['18,50 €', '18.5'],
    ['USD 18.50', '18.5'],
    ['R$ 18,50', '18.5'],
    ['(12.00)', '-12'],
    ['12.00-', '-12'],
    ['−3.5', '-3.5'],
    ['+7', '7'],
    ['3.5%', '3.5'],
    ['0.125', '0.125'],
    ['1.5e3', '1500'],
  ])('%j is %s', (cell, expected) => {
    expect(read(cell)).toBe(expected);
  });

  it.each(['', ' --', '--', '-', 'n/a', 'N/A', 'na', 'NaN', 'null', '  '])('%j is no value', (cell) => {
    expect(read(cell)).toBe('missing');
  });

  it.each(['abc', 'top 10', '1.2.3', '2026-01-05', '1,2,3', '10.20.30.400', '12 34', '--5-', '€', 'ABC 12'])(
    '%j is text',
    (cell) => {
      expect(read(cell)).toBe('text');
    },
  );

  it('keeps a bound apart from a number', () => {
    expect(readNumber('< 10%', { mark: null })).toEqual({ kind: 'bound', text: '< 10%' });
  });

  it('never guesses what one mark before three digits means', () => {
    expect(read('1,200')).toBe('ambiguous');
    expect(read('1.234')).toBe('ambiguous');
    expect(read('1,200', { mark: '.' })).toBe('1200');
    expect(read('1,200', { mark: ',' })).toBe('1.2');
    expect(read('1.234', { mark: '.' })).toBe('1.234');
    expect(read('1.234', { mark: ',' })).toBe('1234');
    expect(read('1,200', { mark: null, whole: true })).toBe('1200');
    expect(read('1.200', { mark: null, whole: true })).toBe('1200');
  });

  it('refuses a cell that contradicts the decimal mark', () => {
    expect(read('18,50', { mark: '.' })).toBe('other_mark');
    expect(read('18.50', { mark: ',' })).toBe('other_mark');
    expect(read('1,200.50', { mark: ',' })).toBe('other_mark');
  });

  it('learns the mark of a column from cells that leave no doubt', () => {
    const votes = new MarkVotes();
    for (const cell of ['1,200', '40', 'abc', '']) votes.add(cell);
    expect(votes.verdict).toBe('none');
    votes.add('12.50');
    expect(votes.verdict).toBe('.');
    votes.add('12,50');
    expect(votes.verdict).toBe('split');
    expect(evidentMark('0,125')).toBe(',');
  });

  it('reads back any amount in either notation', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1e12, max: 1e12 }),
        fc.constantFrom('en-US', 'de-DE', 'fr-FR', 'de-CH'),
        (cents, locale) => {
          const written = new Intl.NumberFormat(locale, { minimumFractionDigits: 2 }).format(cents / 100);
          expect(read(written)).toBe(text(parseLiteral((cents / 100).toFixed(2))));
        },
      ),
    );
  });
});
