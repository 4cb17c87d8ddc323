import { NO_CURRENCY } from '../../../compiler/model/relations.js';
import { missingRates } from '../../../compiler/query/money-checks.js';
import { KEPT, kept, said } from './said.js';
import { CATALOGUE, counted, filled, isEnglish, wordsOf, type Counted, type Words } from './words.js';

const english = wordsOf('en-US');
const placesOf = (text: string): string[] => [...text.matchAll(/\{([a-z]+)\}/g)].map(([place]) => place).sort();

test.each(Object.entries(CATALOGUE))('%s has every word, for every way in which it counts', (language, words) => {
  expect(Object.keys(words)).toEqual(Object.keys(english));
  for (const [key, text] of Object.entries(words) as [keyof Words, string | Counted][]) {
    const model = english[key];
    if (typeof text === 'string') {
      expect({ key, places: placesOf(text) }).toEqual({ key, places: placesOf(model as string) });
      expect(text.trim()).toBe(text);
      expect(text).not.toBe('');
      continue;
    }
    const ways = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    expect({ key, ways: Object.keys(text).sort() }).toEqual({ key, ways: [...ways].sort() });
    expect(placesOf(text.other)).toEqual(['{count}']);
  }
});

test('texts of a language are its own', () => {
  const whole = Object.entries(CATALOGUE).filter(([language]) => language !== 'en');
  for (const [language, words] of whole) {
    const alike = (Object.keys(words) as (keyof Words)[]).filter((key) => words[key] === english[key]);
    // Some words are the same in several languages; sentences are not.
    expect({
      language,
      alike: alike.length <= 4,
      sentence: alike.find((key) => String(words[key]).includes(' ')),
    }).toEqual({
      language,
      alike: true,
      sentence: undefined,
    });
  }
});

test('finds the words for a locale, its script where that matters, English where there are none', () => {
  expect(wordsOf('de-CH').period).toBe('Zeitraum');
  expect(wordsOf('zh-TW')).toBe(wordsOf('zh-Hant'));
  expect(wordsOf('zh-SG')).toBe(wordsOf('zh'));
  expect(wordsOf('pt-PT')).toBe(wordsOf('pt-BR'));
  expect(isEnglish('tlh')).toBe(true);
  expect(isEnglish('fr-CA')).toBe(false);
});

test('counts as a language does, and fills in what it is told', () => {
  expect(
    [1, 3, 5, 1_200].map((count) => counted(wordsOf('pl').rows, count, 'pl-PL').replaceAll('\u00a0', ' ')),
  ).toEqual(['1 wiersz', '3 wiersze', '5 wierszy', '1200 wierszy']);
  expect(counted(wordsOf('ar').rows, 2, 'ar-EG')).toBe('صفان');
  // Thai has no words here: English ones, counted as English does.
  expect(counted(wordsOf('th').rows, 1, 'th')).toBe('1 row');
  expect(filled('{shown} of {all}', { shown: 1, all: '$&' })).toBe('1 of $&');
});

test.each(KEPT)('what is kept in English is said in every language: %s', (notice) => {
  const places = placesOf(english[notice]);
  const values = Object.fromEntries(places.map((place) => [place.slice(1, -1), `<${place.length} of “x” to 3 %>`]));
  // Where the English says more than other languages do, anything may stand.
  const text = kept(notice, values).replaceAll('…', ' a month {"last": 1}');
  for (const [language, words] of Object.entries(CATALOGUE)) {
    // Marks of direction are for who shows it.
    const bare = said(text, language).replaceAll(/[\u200F\u2068\u2069]/g, '');
    expect(bare).toBe(language === 'en' ? text : filled(words[notice], values));
  }
});

test('findings have numbers as the locale writes them, and names that keep their direction', () => {
  const above = kept('finding_above', { metric: 'Spend', now: '115859.57', bound: '-100' });
  expect(said(above, 'en-US')).toBe('Spend is 115,859.57, above -100.');
  expect(said(above, 'de-DE')).toBe('Spend beträgt 115.859,57 und liegt über -100.');
  expect(said(above, 'ar-EG')).toMatch(/^\u200F\u2068Spend\u2069: ١١٥٬٨٥٩٫٥٧، أعلى من \u061C?-١٠٠\.$/);
  const change = kept('finding_change', { metric: '2026', now: '1234', change: '+12.5', before: '1096.8889' });
  expect(said(change, 'fr-FR').replaceAll(/\s/g, ' ')).toContain('2026');
  expect(said(change, 'fr-FR')).toMatch(/1\s234[^]*\+12,5\s%[^]*1\s096,8889/);
  expect(said('Spend is missing', 'en-GB')).toBe('Spend is missing');
});

test('missing rates are said with all their parts', () => {
  const rows = [
    ['2026-01-05', 'EUR', 2],
    ['2026-01-07', 'EUR', 3],
    ['2026-01-06', 'JPY', 1],
    ['2026-01-05', NO_CURRENCY, 1],
    ['2026-01-06', NO_CURRENCY, 4],
  ];
  const gaps = ['EUR', 'JPY', NO_CURRENCY].map((currency) => ({ currency, from: '2026-01-01', to: '2026-01-31' }));
  const told = (refuses: boolean): string =>
    missingRates({ currency: 'USD', gaps, refuses } as never, rows)?.message ?? '';
  const parts = [
    'EUR an 2 Tagen vom 2026-01-05 bis zum 2026-01-07 (Zeilen: 5)',
    'JPY am 2026-01-06 (Zeilen: 1)',
    'Kosten und Erlöse von Kunden, deren Weg an 2 Tagen vom 2026-01-05 bis zum 2026-01-06 begann (Zahlen: 5)',
  ];
  const german = said(told(false), 'de').replace(
    /Es fehlt ein Wechselkurs in USD für (.*)\. Zahlen, die .* leer\.$/,
    '$1',
  );
  expect(german.split('; ').sort()).toEqual(parts);
  expect(said(told(true), 'ja')).toMatch(/^USD への為替レートがありません: .*JPY、2026-01-06（1 行）/);
});

test('what is none of our texts is said as it came', () => {
  for (const text of ['550 5.1.1 No such user', 'Spend to revenue', 'The mail host could not be reached.'])
    expect(said(text, 'de')).toBe(text);
});
