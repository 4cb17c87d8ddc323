/** Texts that are kept in English, said in the language of who reads them. */
import { english } from './notices-european.js';
import type { Notices } from './notices.js';
import { filled, isEnglish, wordsOf } from './words.js';

/** What the ledger of deliveries, findings of conditions and the warnings of answers say. */
export const KEPT = [
  'link_expired',
  'link_invalid',
  'report_gone',
  'owner_may_not',
  'owner_left',
  'no_recipient_left',
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
] as const satisfies readonly (keyof Notices)[];
export type Kept = (typeof KEPT)[number];

/** A text to be kept, in English. */
export const kept = (notice: Kept, values: Readonly<Record<string, string | number>> = {}): string =>
  filled(english[notice], values);

/** What was kept, in a locale's language. A text that is none of ours, such as a mail host's answer, stays as it is. */
export function said(text: string, locale: string): string {
  if (isEnglish(locale)) return text;
  for (const { notice, pattern } of patterns()) {
    const found = pattern.exec(text);
    if (found) return filled(wordsOf(locale)[notice], found.groups ?? {});
  }
  return text;
}

let made: readonly { readonly notice: Kept; readonly pattern: RegExp }[] | undefined;
const patterns = (): NonNullable<typeof made> =>
  (made ??= KEPT.map((notice) => ({ notice, pattern: patternOf(english[notice]) })));

/** A place holds any text, and so does “…”. */
const patternOf = (text: string): RegExp =>
  new RegExp(
    `^${text
      .replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`)
      .replaceAll('…', '.*?')
      .replaceAll(/\{([a-z]+)\}/g, '(?<$1>.+?)')}$`,
    'su',
  );
