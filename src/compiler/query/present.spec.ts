import { presentRow, presentValue } from './present.js';

const metric = 'metric';

describe('presentValue', () => {
  it.each([
    ['120.500000000', '120.50'],
    ['120.5', '120.50'],
    ['0.000000001', '0.000000001'],
    ['1200', '1200.00'],
    ['-0.10', '-0.10'],
    ['99999999999999999.999999999', '99999999999999999.999999999'],
  ])('money %s is the exact text %s', (value, expected) => {
    expect(presentValue(value, { type: 'currency', role: metric })).toBe(expected);
  });

  it.each([
    ['42', 42],
    ['10.000000000', 10],
    ['9007199254740991', 9007199254740991],
    ['9007199254740993', '9007199254740993'],
    ['-9907919180215090100.000', '-9907919180215090100'],
    ['4761197454422526.429041430', '4761197454422526.42904143'],
  ])('a whole number %s is %p, as text where JSON would round it', (value, expected) => {
    expect(presentValue(value, { type: 'integer', role: metric })).toBe(expected);
  });

  it('reads times as days, clock times and instants', () => {
    expect(presentValue('2026-01-05', { type: 'date', role: 'time' })).toBe('2026-01-05');
    expect(presentValue('2026-01-05 23:45:00', { type: 'datetime', role: 'time' })).toBe('2026-01-05T23:45:00');
    const plain = { type: 'datetime', role: 'dimension' } as const;
    expect(presentValue('2026-01-05 23:45:00.120', plain)).toBe('2026-01-05T23:45:00.120Z');
    expect(presentValue('2026-01-05 23:45:00', plain)).toBe('2026-01-05T23:45:00.000Z');
  });

  it('keeps what is missing null, and names a row’s values', () => {
    const columns = [
      { name: 'device', type: 'string', role: 'dimension' },
      { name: 'is_new', type: 'boolean', role: 'dimension' },
      { name: 'roas', type: 'float', role: 'metric' },
    ] as const;
    expect(presentRow([null, true, '3.100000000'], columns)).toEqual({ device: null, is_new: true, roas: 3.1 });
    expect(presentRow(['0', false, null], columns)).toEqual({ device: '0', is_new: false, roas: null });
  });
});
