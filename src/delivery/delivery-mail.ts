import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { fillTemplate } from './mail-template.js';
import { headlines, periodText } from '../reports/render/report-facts.js';
import { DeliveryLedger } from './delivery-ledger.js';
import type { Delivery } from './delivery.entity.js';
import { noticeText } from './failure-notices.js';
import { parseMailAddress, type MailAddress } from './mail-address.js';
import { mailHtml, mailText } from './mail-body.js';
import { composeMail, type MailAttachment } from './mail-message.js';
import type { Occurrence } from './occurrence.entity.js';
import { ReportFilesService, type MailContent } from './report-files.js';
import { ReportStore, type FileSet } from './report-store.js';
import { SignedLinks } from './signed-links.js';

const CHART_ID = 'chart@report';

export interface ComposedMail {
  readonly raw: Buffer;
  readonly messageId: string;
  readonly from: MailAddress;
}

/** Composes the mail of one delivery from what was stored of its occurrence. */
@Injectable()
export class DeliveryMail {
  private readonly from: MailAddress;

  constructor(
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly files: ReportFilesService,
    private readonly store: ReportStore,
    private readonly links: SignedLinks,
    private readonly ledger: DeliveryLedger,
  ) {
    const from = parseMailAddress(config.mailFrom);
    if (!from) throw new Error('MAIL_FROM must be one e-mail address, e.g. Reports <reports@example.com>');
    this.from = from;
  }

  /** @returns null when the report's files are gone */
  async compose(occurrence: Occurrence, delivery: Delivery, to: MailAddress, date: Date): Promise<ComposedMail | null> {
    const messageId = `<${delivery.id}@${this.from.address.split('@')[1] ?? 'localhost'}>`;
    const envelope = { from: this.from, to, messageId, date };
    if (delivery.kind === 'failure_notice') {
      const notice = noticeText(occurrence, await this.ledger.unreached(occurrence.id));
      const raw = await composeMail({
        ...envelope,
        ...notice,
        subject: header(notice.subject),
        inline: [],
        attachments: [],
      });
      return { raw, messageId, from: this.from };
    }
    const set: FileSet = {
      occurrenceId: occurrence.id,
      organizationId: occurrence.organization_id,
      attempt: occurrence.attempt,
    };
    const content = await this.files.content(set);
    if (!content) return null;
    const { report } = content;
    const chart = content.chart && (await this.files.chart(set));
    const attachments: MailAttachment[] = [];
    for (const { filename, contentType, isAttached } of content.files) {
      if (!isAttached) continue;
      const file = await this.store.readWhole(set, filename);
      if (!file) return null;
      attachments.push({ filename, contentType, content: file });
    }
    const links = await Promise.all(
      content.files
        .filter(({ isAttached }) => !isAttached)
        .map(async ({ filename, bytes }) => ({
          filename,
          bytes,
          url: await this.links.url({ kind: 'f', occurrence: occurrence.id, name: filename }),
        })),
    );
    const isScheduled = occurrence.schedule_id !== null;
    const unsubscribe = isScheduled
      ? await this.links.url({ kind: 'u', occurrence: occurrence.id, address: delivery.recipient })
      : null;
    const body = {
      report,
      chart: chart && content.chart ? { cid: CHART_ID, ...content.chart, alt: `Chart of ${report.title}` } : null,
      files: attachments.map(({ filename }) => filename),
      remarks: content.finding === null ? content.remarks : [content.finding, ...content.remarks],
      message: content.message === null ? null : this.filled(content.message, content, occurrence),
      links,
      browserUrl: await this.links.url({ kind: 'r', occurrence: occurrence.id }),
      unsubscribeUrl: unsubscribe,
    };
    const subject =
      content.subject === null
        ? `${report.title} · ${report.organization}`
        : this.filled(content.subject, content, occurrence);
    const raw = await composeMail({
      ...envelope,
      subject: header(subject),
      text: mailText(body),
      html: mailHtml(body),
      inline: chart ? [{ cid: CHART_ID, filename: 'chart.png', png: chart }] : [],
      attachments,
      ...(unsubscribe === null ? {} : { unsubscribeUrl: unsubscribe }),
    });
    return { raw, messageId, from: this.from };
  }

  private filled(template: string, { report, finding }: MailContent, occurrence: Occurrence): string {
    return fillTemplate(template, {
      report: report.title,
      organization: report.organization,
      period: periodText(report),
      due_date: (occurrence.due_local ?? occurrence.due_at.toISOString()).slice(0, 10),
      finding: finding ?? '',
      metrics: Object.fromEntries(headlines(report, Number.POSITIVE_INFINITY).map(({ key, value }) => [key, value])),
    });
  }
}

/** One line, whatever names and values hold. */
const header = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ').trim();
