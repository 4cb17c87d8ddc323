import { Readable } from 'node:stream';
import { Controller, Get, HttpCode, Inject, Param, Post, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../access/permissions.js';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { Problem } from '../common/problem.js';
import { acceptedLocale } from '../http/accept-language.js';
import { brokenLinkPage, leavePage, leftPage, LINK_PROBLEMS, type Mailing } from './link-pages.js';
import { MailService } from './mail.service.js';
import { OccurrenceLedger } from './occurrence-ledger.js';
import type { Occurrence } from './occurrence.entity.js';
import { ReportFilesService } from './report-files.js';
import { PAGE_POLICY } from '../reports/render/page-policy.js';
import { kept } from '../reports/render/words/said.js';
import { OCCURRENCE_PREPARER, type OccurrencePreparer } from './occurrence-preparer.port.js';
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
    @Inject(OCCURRENCE_PREPARER) private readonly preparer: OccurrencePreparer,
  ) {}

  @Get('r/:token')
  @Public()
  @ApiOperation({
    summary: 'A report that was mailed, as a page',
    description: 'The numbers are those that were mailed. Why a link opens nothing is a page, too, for browsers.',
  })
  async page(@Param('token') token: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(request, reply, token, async () => {
      const target = await this.links.open('r', token);
      const content = await this.files.content(await this.setOf(target.occurrence));
      if (!content) throw gone();
      return runPage({ document: content.report, dashboard: content.dashboard ?? null }, 'web');
    });
  }

  @Get('f/:token')
  @Public()
  @ApiOperation({ summary: 'A file of a report that was too large to be mailed' })
  async file(@Param('token') token: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(request, reply, token, async () => {
      const target = await this.links.open('f', token);
      const set = await this.setOf(target.occurrence);
      const stored = (await this.files.content(set))?.files.find(({ filename }) => filename === target.name);
      if (!stored) throw gone();
      await reply
        .header('content-disposition', `attachment; filename="${stored.filename}"`)
        .header('content-length', stored.bytes)
        .header('cache-control', 'private, no-store')
        .type(stored.contentType)
        .send(Readable.from(this.store.read(set, stored.filename), { objectMode: false }));
      return null;
    });
  }

  @Get('u/:token')
  @Public()
  @ApiOperation({ summary: 'Asks whether to leave a mailing', description: 'Looking at the page changes nothing.' })
  async ask(@Param('token') token: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.answer(request, reply, token, async () => {
      const { occurrence, address } = await this.links.open('u', token);
      return leavePage(await this.mailing(await this.find(occurrence), address));
    });
  }

  @Post('u/:token')
  @HttpCode(200)
  @Public()
  @ApiOperation({ summary: 'Leaves a mailing', description: 'The one click of RFC 8058; again does no harm.' })
  async leave(
    @Param('token') token: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.answer(request, reply, token, async () => {
      const { occurrence, address } = await this.links.open('u', token);
      const left = await this.find(occurrence);
      await this.mail.unsubscribe(left, address);
      return leftPage(await this.mailing(left, address));
    });
  }

  /**
   * Sends a page. Who opens a link that is broken, too old or whose report is gone is told so by a page, programs by a problem.
   * @param work the page; null where it has answered itself
   */
  private async answer(
    request: FastifyRequest,
    reply: FastifyReply,
    token: string,
    work: () => Promise<string | null>,
  ): Promise<void> {
    await acrossOrganizations('a signed link', async () => {
      try {
        const html = await work();
        if (html !== null) await send(reply, html);
      } catch (thrown) {
        const why = thrown instanceof Problem && LINK_PROBLEMS.find((code) => code === thrown.code);
        if (!why || !(request.headers.accept ?? '').includes('text/html')) throw thrown;
        const locale = await this.localeFor(token, request.headers['accept-language']);
        await send(reply.status((thrown as Problem).status), brokenLinkPage(locale, why));
      }
    });
  }

  /** Of the report where it is known, else of the browser. */
  private async localeFor(token: string, accepted: string | undefined): Promise<string> {
    const id = await this.links.occurrenceOf(token);
    const occurrence = id === null ? null : await this.occurrences.find(id);
    return occurrence ? this.preparer.localeOf(occurrence) : (acceptedLocale(accepted) ?? 'en');
  }

  private async mailing(occurrence: Occurrence, address: string): Promise<Mailing> {
    return { locale: await this.preparer.localeOf(occurrence), report: occurrence.report_name, address };
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

async function send(reply: FastifyReply, html: string): Promise<void> {
  await reply
    .header('content-security-policy', POLICY)
    .header('cache-control', 'private, no-store')
    .header('referrer-policy', 'no-referrer')
    .header('x-robots-tag', 'noindex')
    .type('text/html; charset=utf-8')
    .send(html);
}

const gone = (): Problem => new Problem(410, 'report_gone', kept('report_gone'));
