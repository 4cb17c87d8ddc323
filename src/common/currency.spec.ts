import { isCurrency, minorDigits, ODD_DIGITS } from './currency.js';

describe('currencies', () => {
  it.each(['USD', 'EUR', 'VED', 'VES', 'SLE', 'XCG', 'ZWG', 'CHE', 'CLF', 'XAD', 'XDR', 'XAU'])('%s is one', (code) => {
    expect(isCurrency(code)).toBe(true);
  });

  it.each(['HRK', 'BGN', 'ANG', 'CUC', 'SLL', 'ZWL', 'LTL'])('%s was one, and old rows carry it', (code) => {
    expect(isCurrency(code)).toBe(true);
  });

  it.each(['ZZZ', 'XXX', 'XTS', 'usd', 'US', 'EURO', '', null, 7, 'constructor'])('%s is none', (code) => {
    expect(isCurrency(code)).toBe(false);
  });

  it('all that Node knows are known', () => {
    expect(Intl.supportedValuesOf('currency').filter((code) => !isCurrency(code))).toEqual([]);
  });

  it.each([
    ['JPY', 0],
    ['UYI', 0],
    ['EUR', 2],
    ['HUF', 2],
    ['VED', 2],
    ['SLE', 2],
    ['XAU', 2],
    ['IQD', 3],
    ['KWD', 3],
    ['CLF', 4],
    ['UYW', 4],
    ['nothing', 2],
    [null, 2],
  ])('the minor unit of %s has %s digits', (code, digits) => {
    expect(minorDigits(code)).toBe(digits);
  });

  it('those with other than two digits are told apart', () => {
    expect(ODD_DIGITS).toHaveLength(26);
    expect(Object.fromEntries(ODD_DIGITS)).toMatchObject({ JPY: 0, BHD: 3, CLF: 4 });
  });
});
