/** The words of a page in its reader's language. What the author of a report or the data itself says is never translated. */
import { numberFormat, pluralRules, fullLocale } from '../locale.js';
import * as rightToLeft from './right-to-left.js';
import * as eastAsian from './east-asian.js';
import * as european from './european.js';
import * as eastAsianNotices from './notices-east-asian.js';
import * as europeanNotices from './notices-european.js';
import * as rightToLeftNotices from './notices-right-to-left.js';
import type { Notices } from './notices.js';
import * as rightToLeftWarnings from './warnings-right-to-left.js';
import * as eastAsianWarnings from './warnings-east-asian.js';
import * as europeanWarnings from './warnings-european.js';
import type { Warnings } from './warnings.js';

/** A text for each way in which the language counts (CLDR's plural categories). */
export type Counted = Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string };

/** What a page says by itself. `{name}` stands for what is filled in. */
export interface PageWords {
  readonly period: string;
  readonly all_time: string;
  readonly own_periods: string;
  readonly filters: string;
  readonly details: string;
  /** `{count}` */
  readonly rows: Counted;
  readonly total: string;
  readonly metric: string;
  readonly value: string;
  readonly part: string;
  readonly share: string;
  readonly step: string;
  readonly size: string;
  readonly of_step_before: string;
  readonly of_first: string;
  readonly key_figures: string;
  readonly up: string;
  readonly down: string;
  readonly unchanged: string;
  /** `{value}` of the period before. */
  readonly from: string;
  readonly new: string;
  /** `{shown}` of `{all}` */
  readonly first_rows: string;
  readonly first_columns: string;
  readonly first_of: string;
  /** `{value}` of what is not shown. */
  readonly others_together: string;
  /** `{count}` */
  readonly only_first_rows: string;
  readonly totals_cover_all: string;
  readonly no_match: string;
  readonly no_data: string;
  readonly not_shown: string;
  readonly not_available: string;
  /** `{count}` */
  readonly parts_failed: Counted;
  readonly several_states: string;
  readonly data_as_of: string;
  readonly no_rows_yet: string;
  /** `{version}` */
  readonly definitions: string;
  /** `{time}` */
  readonly made: string;
  /** `{zone}` */
  readonly times_in: string;
  /** `{title}`, `{part}` of `{parts}` */
  readonly columns_of: string;
  /** `{title}` */
  readonly rows_of: string;
  readonly note: string;
  readonly attached: string;
  /** `{files}` */
  readonly full_attached: string;
  readonly too_large: string;
  readonly open: string;
  readonly no_more: string;
  readonly other: string;
  /** `{count}` */
  readonly drawn_first: string;
  /** `{shown}`, `{all}`, `{metric}` */
  readonly not_added: string;
  /** `{count}`, `{x}`, `{y}` */
  readonly not_placed: string;
  readonly bar_chart: string;
  readonly line_chart: string;
  readonly area_chart: string;
  readonly stacked_chart: string;
  readonly pie_chart: string;
  readonly donut_chart: string;
  readonly scatter_chart: string;
  readonly no_value: string;
  /** `{from}` `{to}` */
  readonly span: string;
  /** `{count}` */
  readonly more: string;
}

export type Words = PageWords & Notices & Warnings;

const together = <L extends string>(
  pages: Readonly<Record<L, PageWords>>,
  notices: Readonly<Record<L, Notices>>,
  warnings: Readonly<Record<L, Warnings>>,
  language: L,
): Words => ({ ...pages[language], ...notices[language], ...warnings[language] });
const ofEurope = (language: keyof typeof european): Words =>
  together(european, europeanNotices, europeanWarnings, language);
const ofEastAsia = (language: keyof typeof eastAsian): Words =>
  together(eastAsian, eastAsianNotices, eastAsianWarnings, language);
const fromTheRight = (language: keyof typeof rightToLeft): Words =>
  together(rightToLeft, rightToLeftNotices, rightToLeftWarnings, language);
const english = ofEurope('english');

/** By language, or by language and script where a language has several. */
export const CATALOGUE: Readonly<Record<string, Words>> = {
  en: english,
  de: ofEurope('german'),
  fr: ofEurope('french'),
  es: ofEurope('spanish'),
  it: ofEurope('italian'),
  pt: ofEurope('portuguese'),
  nl: ofEurope('dutch'),
  pl: ofEurope('polish'),
  ja: ofEastAsia('japanese'),
  zh: ofEastAsia('chinese'),
  'zh-Hant': ofEastAsia('traditionalChinese'),
  ko: ofEastAsia('korean'),
  ar: fromTheRight('arabic'),
  he: fromTheRight('hebrew'),
};

/** The words for a locale; English where its language is not here. @param locale BCP 47 */
export function wordsOf(locale: string): Words {
  const { language, script } = fullLocale(locale);
  return CATALOGUE[`${language}-${script}`] ?? CATALOGUE[language] ?? english;
}

/** Whether a page in this locale speaks English, be it for want of its own words. */
export const isEnglish = (locale: string): boolean => wordsOf(locale) === english;

/** A text with its places filled in. */
export const filled = (text: string, values: Readonly<Record<string, string | number>>): string =>
  text.replaceAll(/\{([a-z]+)\}/g, (place, name: string) => String(values[name] ?? place));

/** The text for a number, which its `{count}` says in the locale's digits. */
export const counted = (texts: Counted, count: number, locale: string): string =>
  filled(texts[pluralRules(isEnglish(locale) ? 'en' : locale).select(count)] ?? texts.other, {
    count: numberFormat(locale).format(count),
  });
