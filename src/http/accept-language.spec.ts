import { acceptedLocale } from './accept-language.js';

test.each([
  ['de-CH,de;q=0.9,en;q=0.8', 'de-CH'],
  ['en;q=0.2, fr;q=0.7', 'fr'],
  ['*;q=0.5, ja', 'ja'],
  ['*', null],
  ['pt;q=0', null],
  ['<script>, it;q=x', null],
  ['', null],
  [undefined, null],
])('%s: %s', (header, locale) => {
  expect(acceptedLocale(header)).toBe(locale);
});
