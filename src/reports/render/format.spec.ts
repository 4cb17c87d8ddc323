import { Decimal } from 'decimal.js';
import { formatCell, formatCompact, formatHeadline, formatPeriod, formatTime } from './format.js';
import { column } from './sample-reports.js';

const US = { locale: 'en-US', currency: 'USD' };
const money = column('spend', 'Spend', { type: 'currency', unit: 'USD' });
const ratio = column('roas', 'ROAS');
const percent = column('ctr', 'CTR', { unit: '%' });
const clicks = column('clicks', 'Clicks', { type: 'integer' });
const days = column('age', 'Age', { unit: 'days' });

test.each([
  ['1234.5', money, '$1,234.50'],
  ['-1234.50', money, '−$1,234.50'],
  ['123456789012345678.91', money, '$123,456,789,012,345,678.91'],
  [3.350462, ratio, '3.35'],
  [0.031, percent, '3.1%'],
  ['-0.0005', percent, '−0.1%'],
  [1234567, clicks, '1,234,567'],
  [2.5, days, '2.50\u00a0days'],
  [null, money, '–'],
  [true, column('new', 'New', { role: 'dimension', type: 'boolean' }), 'Yes'],
  ['=1', column('name', 'Name', { role: 'dimension', type: 'string' }), '=1'],
] as const)('cell %j reads %s', (value, of, text) => {
  expect(formatCell(value, of, US)).toBe(text);
});

test('a currency column follows its own unit, else the report, in the reader’s locale', () => {
  const yen = column('spend', 'Spend', { type: 'currency', unit: 'JPY' });
  expect(formatCell('1234', yen, US)).toBe('¥1,234');
  const plain = column('spend', 'Spend', { type: 'currency' });
  expect(formatCell('1234.5', plain, { locale: 'de-DE', currency: 'EUR' })).toBe('1.234,50\u00a0€');
});

test.each([
  ['JPY', '¥1,235'],
  ['HUF', 'Ft\u00a01,234.57'],
  ['IQD', 'IQD\u00a01,234.568'],
  ['VED', 'VED\u00a01,234.57'],
  ['CLF', 'CLF\u00a01,234.5679'],
])('an amount of %s has the digits of its minor unit', (unit, text) => {
  expect(formatCell('1234.567894', column('spend', 'Spend', { type: 'currency', unit }), US)).toBe(text);
});

test.each([
  [12_345, money, '$12.3k'],
  [-1_250_000, money, '−$1.3M'],
  [150_000, money, '$150k'],
  [0, money, '$0'],
  [0.5, money, '$0.5'],
  [987_521, clicks, '988k'],
  [0.031, percent, '3.1%'],
] as const)('short form of %d is %s', (value, of, text) => {
  expect(formatCompact(value, of, US)).toBe(text);
});

test('the suffix stands at the digits where the currency sign comes last', () => {
  expect(formatCompact(12_345, money, { locale: 'de-DE', currency: 'EUR' })).toBe('12,3k\u00a0$');
});

test.each([
  ['3120.50', '$3,120.50'],
  ['214332.87', '$214,333'],
  ['4681220.44', '$4.68M'],
])('headline of %s is %s', (value, text) => {
  expect(formatHeadline(new Decimal(value), money, US)).toBe(text);
});

test.each([
  ['2026-01-01', 'monthly', 'Jan 2026'],
  ['2026-04-01', 'quarterly', 'Q2 2026'],
  ['2026-01-01', 'yearly', '2026'],
  ['2026-01-05', 'weekly', 'Jan 5, 2026'],
  ['2026-01-05T14:15:00', 'fifteen_minutes', 'Jan 5, 2026, 14:15'],
  ['not a date', 'daily', 'not a date'],
] as const)('time %s by grain %s reads %s', (value, timeGrain, text) => {
  expect(formatTime(value, { locale: 'en-US', timeGrain })).toBe(text);
});

test('a period is told in the report’s zone, both days included', () => {
  const zone = 'America/New_York';
  expect(formatPeriod('2026-01-01T05:00:00Z', '2026-02-01T05:00:00Z', zone, 'en-US')).toBe(
    'Jan 1, 2026 – Jan 31, 2026',
  );
  expect(formatPeriod('2026-01-01T05:00:00Z', '2026-01-02T05:00:00Z', zone, 'en-US')).toBe('Jan 1, 2026');
  expect(formatPeriod('2026-01-01T00:00:00Z', '2026-01-02T05:00:00Z', zone, 'en-US')).toBe(
    'Dec 31, 2025, 19:00 – Jan 2, 2026, 00:00',
  );
  expect(formatPeriod(null, null, zone, 'en-US')).toBe('All time');
});
