/** The mail that tells an owner that a report did not reach everyone. Pure. */
import { INK, LOSS_COLOUR, MUTED, RULE } from '../reports/render/charts/palette.js';
import { formatInstant } from '../reports/render/format.js';
import { directionOf, escapeHtml } from '../reports/render/html-text.js';
import { said } from '../reports/render/words/said.js';
import { filled, wordsOf, type Words } from '../reports/render/words/words.js';
import type { Delivery } from './delivery.entity.js';
import type { Occurrence } from './occurrence.entity.js';
import { headerLine, type WrittenMail } from './report-mail.js';

interface Notice {
  readonly locale: string;
  readonly kicker: string;
  readonly title: string;
  readonly due: string;
  readonly opening: string;
  readonly lines: readonly { readonly recipient: string; readonly what: string; readonly why: string }[];
  readonly advice: string;
}

/** What a notice says. @param locale BCP 47 */
export function noticeMail(occurrence: Occurrence, unreached: readonly Delivery[], locale: string): WrittenMail {
  const words = wordsOf(locale);
  const lines = unreached.map(({ recipient, state, evidence }) => {
    const last = evidence.at(-1);
    return { recipient, what: stateWords(state, words), why: said(last?.reply ?? last?.reason ?? '', locale) };
  });
  const notice: Notice = {
    locale,
    kicker: words.not_delivered,
    title: occurrence.report_name,
    due: filled(words.due, { time: dueTime(occurrence, locale) }),
    opening: occurrence.reason === null ? words.unreached : said(occurrence.reason, locale),
    lines,
    advice: words.not_sent_again,
  };
  return {
    subject: headerLine(`${notice.kicker}: ${notice.title}`),
    text: noticeText(notice),
    html: noticeHtml(notice),
  };
}

function dueTime({ due_local, due_at }: Occurrence, locale: string): string {
  const time = due_local === null ? due_at.toISOString() : `${due_local}Z`;
  return `${formatInstant(time, 'UTC', locale)}${due_local === null ? ' UTC' : ''}`;
}

function stateWords(state: Delivery['state'], words: Words): string {
  switch (state) {
    case 'rejected':
      return words.was_refused;
    case 'failed':
      return words.never_sent;
    case 'unknown':
      return words.perhaps_sent;
    default:
      return state;
  }
}

const noticeText = ({ title, due, opening, lines, advice }: Notice): string =>
  [
    title,
    due,
    '',
    opening,
    ...lines.flatMap(({ recipient, what, why }) => [
      '',
      `  ${recipient}`,
      `    ${what}${why === '' ? '' : `: ${why}`}`,
    ]),
    '',
    advice,
    '',
  ].join('\n');

function noticeHtml({ locale, kicker, title, due, opening, lines, advice }: Notice): string {
  const direction = directionOf(locale);
  const start = direction === 'rtl' ? 'right' : 'left';
  const rows = lines.map(
    ({ recipient, what, why }) =>
      `<tr><td style="padding:10px 0;border-top:1px solid ${RULE};word-break:break-word;text-align:${start}"><b><bdi>${escapeHtml(recipient)}</bdi></b><br>${escapeHtml(what)}${why === '' ? '' : `<br><span style="font-size:13px;color:${MUTED}"><bdi>${escapeHtml(why)}</bdi></span>`}</td></tr>`,
  );
  return `<!doctype html>
<html lang="${escapeHtml(locale)}" dir="${direction}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(`${kicker}: ${title}`)}</title></head>
<body style="margin:0;padding:0;background:#f3f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f7"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="640" cellpadding="0" cellspacing="0" style="width:100%;max-width:640px;background:#ffffff;border-top:4px solid ${LOSS_COLOUR};font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:${INK};text-align:${start}">
<tr dir="${direction}"><td style="padding:24px 28px 0"><p style="margin:0;font-size:12px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:${LOSS_COLOUR}">${escapeHtml(kicker)}</p>
<h1 style="margin:6px 0 0;font-size:22px;line-height:1.2;font-weight:600">${escapeHtml(title)}</h1>
<p style="margin:6px 0 16px;font-size:14px;color:${MUTED}">${escapeHtml(due)}</p>
<p style="margin:0 0 14px">${escapeHtml(opening)}</p></td></tr>
<tr><td style="padding:0 28px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="font-size:15px;line-height:1.45">${rows.join('')}</table></td></tr>
<tr><td style="padding:14px 28px 26px"><p style="margin:0;padding-top:12px;border-top:1px solid ${RULE};font-size:13px;color:${MUTED}">${escapeHtml(advice)}</p></td></tr>
</table></td></tr></table>
</body></html>`;
}
