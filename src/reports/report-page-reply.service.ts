import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { PdfRenderer } from '../rendering/pdf-renderer.js';
import { attachment, goneSignal } from '../query/query-reply.service.js';
import { Plans } from '../plans/plans.service.js';
import { PAGE_POLICY } from './render/page-policy.js';
import { renderReportPage } from './render/report-page.js';
import type { ReportView } from './report-view.entity.js';
import { ViewRunner } from './view-runner.js';

/** Formats in which a report is a page for people, the one that is mailed. */
export const PAGE_FORMATS = ['html', 'pdf'] as const;
export type PageFormat = (typeof PAGE_FORMATS)[number];
export const isPageFormat = (format: string): format is PageFormat =>
  (PAGE_FORMATS as readonly string[]).includes(format);

/** Writes a report view as a page. */
@Injectable()
export class ReportPageReply {
  constructor(
    private readonly runner: ViewRunner,
    private readonly printer: PdfRenderer,
    private readonly audit: AuditTrail,
    private readonly plans: Plans,
  ) {}

  async send(identity: Identity, view: ReportView, format: PageFormat, reply: FastifyReply): Promise<void> {
    if (format === 'pdf') await this.plans.require(identity, 'advanced_analytics');
    const { document } = await this.runner.run(view.id, identity, { signal: goneSignal(reply) });
    const html = renderReportPage(document);
    await this.audit.recordAlone({
      organizationId: identity.organizationId,
      actor: actorOf(identity),
      action: 'report.export',
      entity: ['report_view', view.id],
      after: { format, snapshot: document.snapshot },
    });
    reply.header('x-snapshot', document.snapshot);
    if (format === 'html') {
      await reply.header('content-security-policy', PAGE_POLICY).type('text/html; charset=utf-8').send(html);
      return;
    }
    const { bytes } = await this.printer.pdf(html);
    await reply.header('content-disposition', attachment(view.report_name, format)).type('application/pdf').send(bytes);
  }
}
