import { Inject, Injectable } from '@nestjs/common';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { INK, LOSS_COLOUR, MUTED, RULE } from '../reports/render/charts/palette.js';
import { escapeHtml } from '../reports/render/html-text.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { SEND_DELIVERY } from './delivery-names.js';
import type { Delivery } from './delivery.entity.js';
import { OCCURRENCE_PREPARER, type OccurrencePreparer } from './occurrence-preparer.port.js';
import type { Occurrence } from './occurrence.entity.js';

/** Tells owners, once for each occurrence, that a report did not reach everyone. */
@Injectable()
export class FailureNotices {
  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(OCCURRENCE_PREPARER) private readonly preparer: OccurrencePreparer,
    private readonly ledger: DeliveryLedger,
  ) {}

  /** Writes the notice as a delivery of its own; it goes out like any other. */
  async write(occurrence: Occurrence): Promise<void> {
    const owner = await this.preparer.ownerAddress(occurrence);
    if (owner === null) return;
    const id = await this.ledger.noteFailure(occurrence.id, occurrence.organization_id, owner);
    if (id !== null) await this.queue.enqueue(SEND_DELIVERY, { delivery_id: id }, { id });
  }
}

/** What a notice says. */
export function noticeText(
  occurrence: Occurrence,
  unreached: readonly Delivery[],
): { readonly subject: string; readonly text: string; readonly html: string } {
  const due = `${occurrence.due_local?.replace('T', ' ') ?? occurrence.due_at.toISOString().slice(0, 16).replace('T', ' ')}${occurrence.due_local === null ? ' UTC' : ''}`;
  const subject = `Not delivered to everyone: ${occurrence.report_name}`;
  const opening = occurrence.reason ?? 'The report did not reach these recipients, or it is not known whether it did:';
  const lines = unreached.map(({ recipient, state, evidence }) => {
    const last = evidence.at(-1);
    return { recipient, what: STATE_WORDS[state] ?? state, why: last?.reply ?? last?.reason ?? '' };
  });
  const advice =
    'Nothing is sent again by itself. The ledger of deliveries has the evidence; send the report anew if it is still wanted.';
  return {
    subject,
    text: [
      occurrence.report_name,
      `Due ${due}`,
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
    ].join('\n'),
    html: noticeHtml({ subject, title: occurrence.report_name, due, opening, lines, advice }),
  };
}

const STATE_WORDS: Readonly<Partial<Record<Delivery['state'], string>>> = {
  rejected: 'Refused by the mail host',
  failed: 'Never sent',
  unknown: 'Perhaps sent; the answer was lost',
};

function noticeHtml(notice: {
  readonly subject: string;
  readonly title: string;
  readonly due: string;
  readonly opening: string;
  readonly lines: readonly { readonly recipient: string; readonly what: string; readonly why: string }[];
  readonly advice: string;
}): string {
  const rows = notice.lines.map(
    ({ recipient, what, why }) =>
      `<tr><td style="padding:10px 0;border-top:1px solid ${RULE};word-break:break-word"><b>${escapeHtml(recipient)}</b><br>${escapeHtml(what)}${why === '' ? '' : `<br><span style="font-size:13px;color:${MUTED}">${escapeHtml(why)}</span>`}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(notice.subject)}</title></head>
<body style="margin:0;padding:0;background:#f3f5f7">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background:#f3f5f7"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="640" cellpadding="0" cellspacing="0" style="width:100%;max-width:640px;background:#ffffff;border-top:4px solid ${LOSS_COLOUR};font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:${INK}">
<tr><td style="padding:24px 28px 0"><p style="margin:0;font-size:12px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:${LOSS_COLOUR}">Not delivered to everyone</p>
<h1 style="margin:6px 0 0;font-size:22px;line-height:1.2;font-weight:600">${escapeHtml(notice.title)}</h1>
<p style="margin:6px 0 16px;font-size:14px;color:${MUTED}">Due ${escapeHtml(notice.due)}</p>
<p style="margin:0 0 14px">${escapeHtml(notice.opening)}</p></td></tr>
<tr><td style="padding:0 28px"><table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="font-size:15px;line-height:1.45">${rows.join('')}</table></td></tr>
<tr><td style="padding:14px 28px 26px"><p style="margin:0;padding-top:12px;border-top:1px solid ${RULE};font-size:13px;color:${MUTED}">${escapeHtml(notice.advice)}</p></td></tr>
</table></td></tr></table>
</body></html>`;
}
