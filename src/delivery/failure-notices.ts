import { Inject, Injectable } from '@nestjs/common';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
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
  const due = occurrence.due_local?.replace('T', ' ') ?? occurrence.due_at.toISOString();
  const subject = `Not delivered to everyone: ${occurrence.report_name}`;
  const opening = occurrence.reason ?? 'The report did not reach these recipients, or it is not known whether it did:';
  const lines = unreached.map(({ recipient, state, evidence }) => {
    const last = evidence.at(-1);
    return `${recipient}: ${state}${last?.reply ? ` (${last.reply})` : last?.reason ? ` (${last.reason})` : ''}`;
  });
  const advice =
    'Nothing is sent again by itself. The ledger of deliveries has the evidence; send the report anew if it is still wanted.';
  return {
    subject,
    text: [
      `${occurrence.report_name}, due ${due}`,
      '',
      opening,
      ...lines.map((line) => `  ${line}`),
      '',
      advice,
      '',
    ].join('\n'),
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head><body style="font-family:sans-serif;font-size:14px;line-height:1.5;color:#17242e">
<h1 style="font-size:18px">${escapeHtml(occurrence.report_name)}</h1><p>Due ${escapeHtml(due)}. ${escapeHtml(opening)}</p>
<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul><p>${escapeHtml(advice)}</p></body></html>`,
  };
}
