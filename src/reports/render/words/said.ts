/** Texts that are kept in English, said in the language of who reads them. */
import { directionOf } from '../html-text.js';
import { numberFormat } from '../locale.js';
import type { Notices } from './notices.js';
import type { Warnings } from './warnings.js';
import { filled, isEnglish, wordsOf } from './words.js';

type Notice = keyof (Notices & Warnings);
const english = wordsOf('en');

/** What the ledger of deliveries, findings of conditions and the warnings of answers say. */
export const KEPT = [
  'link_expired',
  'link_invalid',
  'report_gone',
  'owner_may_not',
  'owner_left',
  'no_recipient_left',
  'missed',
  'missed_several',
  'not_made',
  'not_prepared',
  'files_gone',
  'no_address',
  'answer_lost',
  'worker_ended',
  'worker_stopped',
  'host_away',
  'late_sources',
  'finding_none',
  'finding_above',
  'finding_at_least',
  'finding_below',
  'finding_at_most',
  'finding_alone',
  'finding_change',
  'finding_few',
  'finding_usual',
  'rows_limited',
  'no_totals',
  'no_subtotals',
  'may_rise',
  'running_left_out',
  'not_over_time',
  'not_over_rows',
  'deactivated',
  'deactivated_order',
  'deactivated_refused',
  'left_out',
  'set_aside_left_out',
  'no_metric',
  'no_dimension',
  'no_member',
  'set_aside',
  'view_gone',
  'widget_unread',
  'named_metric_gone',
  'fx_missing',
  'fx_refused',
  'mixed_currencies',
  'time_filtered',
  'masked_ungrouped',
  'masked',
  'attribution_stale',
  'never_attributed',
  'counted_by_id',
  'several_instants',
  'several_rows',
  'policy_broken',
  'took_too_long',
  'too_much_memory',
  'engine_away',
] as const satisfies readonly Notice[];
export type Kept = (typeof KEPT)[number];
/** What `{parts}` is made of. Those with more places stand first: what has fewer would hold their texts, too. */
const PARTS = ['fx_customers_days', 'fx_customers_day', 'fx_days', 'fx_day'] as const satisfies readonly Notice[];
const BETWEEN_PARTS = '; ';

/** A text to be kept, in English. */
export const kept = (notice: Kept, values: Readonly<Record<string, string | number>> = {}): string =>
  filled(english[notice], values);

/** Of these English holds numbers, too, that are to be written as the locale does. */
const FINDINGS = KEPT.filter((notice) => notice.startsWith('finding_'));

/**
 * What was kept, in a locale's language and with its numbers. A text that is none of ours, such as a mail host's answer, stays
 * as it is.
 */
export const said = (text: string, locale: string): string => saidBy(isEnglish(locale) ? FINDINGS : KEPT, text, locale);

function saidBy(notices: readonly Notice[], text: string, locale: string): string {
  for (const notice of notices) {
    const found = patternOf(notice).exec(text);
    if (found === null) continue;
    const { parts = '', ...places } = found.groups ?? {};
    const inTurn = parts.split(BETWEEN_PARTS).map((part) => saidBy(PARTS, part, locale));
    const shown = Object.entries(places).map(([place, value]) => [place, shownAt(place, value, locale)] as const);
    const words = filled(wordsOf(locale)[notice], { ...Object.fromEntries(shown), parts: inTurn.join(BETWEEN_PARTS) });
    // Whatever name it begins with, it is read from the right.
    return directionOf(locale) === 'rtl' ? `${RIGHT_TO_LEFT_MARK}${words}` : words;
  }
  return text;
}

const RIGHT_TO_LEFT_MARK = '\u200F';
const NUMBERS: ReadonlySet<string> = new Set(['now', 'bound', 'before', 'usual', 'change', 'count', 'days', 'seconds']);

/** Numbers as the locale writes them; names keep to themselves in a text that runs the other way. */
function shownAt(place: string, value: string, locale: string): string {
  if (NUMBERS.has(place) && /^[+-]?\d+(?:\.\d+)?$/.test(value)) {
    const signDisplay = value.startsWith('+') ? 'always' : 'auto';
    return numberFormat(locale, { maximumFractionDigits: 4, signDisplay }).format(value as `${number}`);
  }
  return directionOf(locale) === 'rtl' ? `\u2068${value}\u2069` : value;
}

const patterns = new Map<Notice, RegExp>();
function patternOf(notice: Notice): RegExp {
  const pattern = patterns.get(notice) ?? patternFrom(english[notice]);
  patterns.set(notice, pattern);
  return pattern;
}

/** A place holds any text, and so does “…”. */
const patternFrom = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('…', '.*?')
      .replaceAll(/\{([a-z]+)\}/g, '(?<$1>.+?)')}$`,
    'su',
  );
