import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../access/permissions.js';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { Problem } from '../common/problem.js';
import { escapeHtml } from '../reports/render/html-text.js';
import { MailService } from './mail.service.js';
import { OccurrenceLedger } from './occurrence-ledger.js';
import type { Occurrence } from './occurrence.entity.js';
import { ReportFilesService } from './report-files.js';
import { plainPage } from './plain-page.js';
import { PAGE_POLICY } from '../reports/render/page-policy.js';
import { runPage } from './run-page.js';
import { ReportStore, type FileSet } from './report-store.js';
import { SignedLinks } from './signed-links.js';

/** The pages run no script and load nothing: styles, fonts and pictures are in them. */
const POLICY = `${PAGE_POLICY}; form-action 'self'`;

/** What the links in mails open. The token is the right: signed, for one thing, and for a time. */
@ApiTags('mail')
@Controller()
export class SignedLinksController {
  constructor(
    private readonly links: SignedLinks,
    private readonly occurrences: OccurrenceLedger,
    private readonly files: ReportFilesService,
    private readonly store: ReportStore,
    private readonly mail: MailService,
  ) {}

  @Get('r/:token')
  @Public()
  @ApiOperation({
    summary: 'A report that was mailed, as a page',
    description: 'The numbers are those that were mailed.',
  })
  async page(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const target = await this.links.open('r', token);
    const html = await acrossOrganizations('a signed link', async () => {
      const content = await this.files.content(await this.setOf(target.occurrence));
      if (!content) throw gone();
      return runPage({ document: content.report, dashboard: content.dashboard ?? null }, 'web');
    });
    await this.send(reply, html);
  }

  @Get('f/:token')
  @Public()
  @ApiOperation({ summary: 'A file of a report that was too large to be mailed' })
  async file(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const target = await this.links.open('f', token);
    await acrossOrganizations('a signed link', async () => {
      const set = await this.setOf(target.occurrence);
      const stored = (await this.files.content(set))?.files.find(({ filename }) => filename === target.name);
      if (!stored) throw gone();
      await reply
        .header('content-disposition', `attachment; filename="${stored.filename}"`)
        .header('content-length', stored.bytes)
        .header('cache-control', 'private, no-store')
        .type(stored.contentType)
        .send(Readable.from(this.store.read(set, stored.filename), { objectMode: false }));
    });
  }

  @Get('u/:token')
  @Public()
  @ApiOperation({ summary: 'Asks whether to leave a mailing', description: 'Looking at the page changes nothing.' })
  async ask(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const { occurrence, address } = await this.links.open('u', token);
    const found = await acrossOrganizations('a signed link', () => this.find(occurrence));
    await this.send(
      reply,
      plainPage({
        kicker: 'Leave a mailing',
        title: found.report_name,
        body: `<p>Send no more of these reports to <b>${escapeHtml(address)}</b>?</p>
<form method="post"><button>Yes, send no more</button></form>
<p class="small">Only this report is meant; others that you get go on. Close this page if you want to keep it.</p>`,
      }),
    );
  }

  @Post('u/:token')
  @HttpCode(200)
  @Public()
  @ApiOperation({ summary: 'Leaves a mailing', description: 'The one click of RFC 8058; again does no harm.' })
  async leave(@Param('token') token: string, @Res() reply: FastifyReply): Promise<void> {
    const { occurrence, address } = await this.links.open('u', token);
    const found = await acrossOrganizations('a signed link', async () => {
      const left = await this.find(occurrence);
      await this.mail.unsubscribe(left, address);
      return left;
    });
    await this.send(
      reply,
      plainPage({
        kicker: 'Done',
        title: found.report_name,
        body: `<p><b>${escapeHtml(address)}</b> gets no more of these reports.</p>
<p class="small">If this was a mistake, ask whoever sent you the report to put you back.</p>`,
      }),
    );
  }

  private async send(reply: FastifyReply, html: string): Promise<void> {
    await reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'private, no-store')
      .header('referrer-policy', 'no-referrer')
      .header('x-robots-tag', 'noindex')
      .type('text/html; charset=utf-8')
      .send(html);
  }

  private async find(id: string): Promise<Occurrence> {
    const occurrence = await this.occurrences.find(id);
    if (!occurrence) throw gone();
    return occurrence;
  }

  private async setOf(id: string): Promise<FileSet> {
    const { organization_id, attempt } = await this.find(id);
    return { occurrenceId: id, organizationId: organization_id, attempt };
  }
}

const gone = (): Problem =>
  new Problem(410, 'report_gone', 'This report is no longer kept; ask whoever sent it for a new one.');
