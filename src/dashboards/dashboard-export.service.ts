import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { PdfRenderer } from '../rendering/pdf-renderer.js';
import { runPage } from '../delivery/run-page.js';
import { tableFile } from '../delivery/table-files.js';
import { Plans } from '../plans/plans.service.js';
import { attachment, goneSignal } from '../query/query-reply.service.js';
import { PAGE_POLICY } from '../reports/render/page-policy.js';
import { DASHBOARD_SCREEN } from '../reports/render/dashboard-page.js';
import { DashboardRunner } from './dashboard-runner.js';
import type { ExportFormat } from './dashboard.dto.js';

/** Writes a dashboard as a file. */
@Injectable()
export class DashboardExport {
  constructor(
    private readonly runner: DashboardRunner,
    private readonly printer: PdfRenderer,
    private readonly audit: AuditTrail,
    private readonly plans: Plans,
  ) {}

  async send(identity: Identity, id: string, format: ExportFormat, reply: FastifyReply): Promise<void> {
    await this.plans.require(identity, 'advanced_analytics');
    const run = await this.runner.run(id, identity, { signal: goneSignal(reply) });
    const { title } = run.document;
    await this.audit.recordAlone({
      organizationId: identity.organizationId,
      actor: actorOf(identity),
      action: 'dashboard.export',
      entity: ['dashboard', id],
      after: { format, snapshot: run.document.snapshot },
    });
    reply.header('x-snapshot', run.document.snapshot);
    switch (format) {
      case 'html':
        await reply
          .header('content-security-policy', PAGE_POLICY)
          .type('text/html; charset=utf-8')
          .send(runPage(run, 'web'));
        return;
      case 'csv':
      case 'xlsx': {
        const { content, contentType, extension } = tableFile(run, format);
        await reply
          .header('content-disposition', attachment(title, extension))
          .type(contentType)
          .send(Readable.from(content, { objectMode: false }));
        return;
      }
      case 'pdf': {
        const { bytes } = await this.printer.pdf(runPage(run));
        await reply.header('content-disposition', attachment(title, format)).type('application/pdf').send(bytes);
        return;
      }
      case 'png': {
        const picture = await this.printer.png(runPage(run), 'body', { width: DASHBOARD_SCREEN, dark: false });
        if (!picture) throw new Error('A page has a body.');
        await reply.header('content-disposition', attachment(title, format)).type('image/png').send(picture.bytes);
        return;
      }
      default:
        format satisfies never;
    }
  }
}
