import { Inject, Injectable } from '@nestjs/common';
import { DeliveryLedger } from './delivery-ledger.js';
import type { Delivery } from './delivery.entity.js';
import type { MailAddress } from './mail-address.js';
import { MailHosts } from './mail-hosts/mail-hosts.js';
import { composeMail, type MailAttachment } from './mail-message.js';
import type { Occurrence } from './occurrence.entity.js';
import { ReportFilesService } from './report-files.js';
import { OCCURRENCE_PREPARER, type OccurrencePreparer } from './occurrence-preparer.port.js';
import { noticeMail } from './notice-mail.js';
import { reportMail } from './report-mail.js';
import { ReportStore, type FileSet } from './report-store.js';
import { SignedLinks } from './signed-links.js';

const CHART_ID = 'chart@report';
const LOGO_ID = 'logo@report';
const logoFile = (type: string): string => (type === 'image/png' ? 'logo.png' : 'logo.jpg');

export interface ComposedMail {
  readonly raw: Buffer;
  readonly messageId: string;
  readonly from: MailAddress;
}

/** Composes the mail of one delivery from what was stored of its occurrence. */
@Injectable()
export class DeliveryMail {
  constructor(
    private readonly files: ReportFilesService,
    private readonly store: ReportStore,
    private readonly links: SignedLinks,
    private readonly ledger: DeliveryLedger,
    private readonly hosts: MailHosts,
    @Inject(OCCURRENCE_PREPARER) private readonly preparer: OccurrencePreparer,
  ) {}

  /** Names the host that an organisation's mail goes through, if it is one of its own. */
  hostOf(organizationId: string): Promise<string | null> {
    return this.hosts.nameOf(organizationId);
  }

  /** @returns null when the report's files are gone */
  async compose(occurrence: Occurrence, delivery: Delivery, to: MailAddress, date: Date): Promise<ComposedMail | null> {
    const from = await this.hosts.fromOf(occurrence.organization_id);
    const messageId = `<${delivery.id}@${from.address.split('@')[1] ?? 'localhost'}>`;
    const envelope = { from, to, messageId, date };
    if (delivery.kind === 'failure_notice') {
      const unreached = await this.ledger.unreached(occurrence.id);
      const notice = noticeMail(occurrence, unreached, await this.preparer.localeOf(occurrence));
      const raw = await composeMail({ ...envelope, ...notice, inline: [], attachments: [] });
      return { raw, messageId, from };
    }
    const set: FileSet = {
      occurrenceId: occurrence.id,
      organizationId: occurrence.organization_id,
      attempt: occurrence.attempt,
    };
    const content = await this.files.content(set);
    if (!content) return null;
    const logo = content.report.branding?.logo ?? null;
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
    const unsubscribeUrl =
      occurrence.schedule_id === null
        ? null
        : await this.links.url({ kind: 'u', occurrence: occurrence.id, address: delivery.recipient });
    const { subject, text, html } = reportMail(content, occurrence, {
      chart: chart && `cid:${CHART_ID}`,
      logo: logo && `cid:${LOGO_ID}`,
      links,
      browserUrl: await this.links.url({ kind: 'r', occurrence: occurrence.id }),
      unsubscribeUrl,
    });
    const raw = await composeMail({
      ...envelope,
      subject,
      text,
      html,
      inline: [
        ...(chart ? [{ cid: CHART_ID, filename: 'chart.png', png: chart }] : []),
        ...(logo
          ? [{ cid: LOGO_ID, filename: logoFile(logo.type), png: Buffer.from(logo.base64, 'base64'), type: logo.type }]
          : []),
      ],
      attachments,
      ...(unsubscribeUrl === null ? {} : { unsubscribeUrl }),
    });
    return { raw, messageId, from };
  }
}
