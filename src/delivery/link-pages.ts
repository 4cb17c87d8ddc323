/** What the links in mails open beside the report itself. Pure. */
import { escapeHtml } from '../reports/render/html-text.js';
import { wordsOf } from '../reports/render/words/words.js';
import { plainPage } from './plain-page.js';

/** Whose mailing it is. */
export interface Mailing {
  /** BCP 47 */
  readonly locale: string;
  readonly report: string;
  readonly address: string;
}

/** Asks whether to leave a mailing. */
export function leavePage({ locale, report, address }: Mailing): string {
  const words = wordsOf(locale);
  return plainPage({
    locale,
    kicker: words.leave,
    title: report,
    body: `<p>${withAddress(words.leave_asks, address)}</p>
<form method="post"><button>${escapeHtml(words.leave_yes)}</button></form>
<p class="small">${escapeHtml(words.leave_scope)}</p>`,
  });
}

/** Says that a mailing was left. */
export function leftPage({ locale, report, address }: Mailing): string {
  const words = wordsOf(locale);
  return plainPage({
    locale,
    kicker: words.left,
    title: report,
    body: `<p>${withAddress(words.left_said, address)}</p>
<p class="small">${escapeHtml(words.left_mistake)}</p>`,
  });
}

export const LINK_PROBLEMS = ['link_invalid', 'link_expired', 'report_gone'] as const;
export type LinkProblem = (typeof LINK_PROBLEMS)[number];

/** Says why a link opens nothing. */
export function brokenLinkPage(locale: string, problem: LinkProblem): string {
  const words = wordsOf(locale);
  return plainPage({ locale, title: words.link_broken, body: `<p>${escapeHtml(words[problem])}</p>` });
}

const withAddress = (text: string, address: string): string =>
  escapeHtml(text).replace('{address}', () => `<b><bdi>${escapeHtml(address)}</bdi></b>`);
