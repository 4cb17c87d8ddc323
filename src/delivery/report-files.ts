import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { presentValue } from '../compiler/query/present.js';
import { csvLines } from '../reports/render/csv.js';
import { renderReportPage } from '../reports/render/report-page.js';
import type { MailAttachment } from './mail-message.js';
import type { ArtifactEvidence, DeliveryFormat, Occurrence } from './occurrence.entity.js';
import { PdfRenderer } from './pdf.js';
import { REPORT_RUNNER, type ReportRun, type ReportRunner } from './report-runner.port.js';

/** More than this can't be mailed through most hosts. */
const MOST_CSV_BYTES = 15_000_000;

/** Everything that the mails of one occurrence share, made once. */
export interface ReportFiles {
  readonly report: ReportRun['document'];
  readonly attachments: readonly MailAttachment[];
  readonly artifacts: readonly ArtifactEvidence[];
  /** The first chart as a picture, since mail clients show no SVG. */
  readonly chart: { readonly png: Buffer; readonly width: number; readonly height: number } | null;
  /** What the reader must be told about the files. */
  readonly remarks: readonly string[];
}

/** Runs the view of an occurrence once and makes its files. */
@Injectable()
export class ReportFilesService {
  constructor(
    @Inject(REPORT_RUNNER) private readonly runner: ReportRunner,
    private readonly printer: PdfRenderer,
  ) {}

  /** @throws Problem when the view is gone or refuses to run, ChromiumUnavailable, or an Error worth another attempt */
  async make(occurrence: Occurrence, signal: AbortSignal): Promise<ReportFiles> {
    const asker = { organizationId: occurrence.organization_id, userId: occurrence.requested_by };
    const run = await this.runner.run(occurrence.view_id, asker, signal);
    const html = renderReportPage(run.document);
    const base = `${slug(run.document.title)}-${occurrence.due_at.toISOString().slice(0, 10)}`;
    const attachments: MailAttachment[] = [];
    const artifacts: ArtifactEvidence[] = [];
    const remarks: string[] = [];
    const add = (
      format: DeliveryFormat,
      contentType: string,
      content: Buffer,
      facts: Partial<ArtifactEvidence>,
    ): void => {
      const filename = `${base}.${format}`;
      attachments.push({ filename, contentType, content });
      artifacts.push({ format, filename, bytes: content.length, sha256: sha256(content), ...facts });
    };

    if (occurrence.formats.includes('pdf')) {
      const { bytes, pages } = await this.printer.pdf(html);
      add('pdf', 'application/pdf', bytes, { pages });
    }
    if (occurrence.formats.includes('csv')) {
      const csv = await collectCsv(run, signal);
      if (csv) add('csv', 'text/csv; charset=utf-8', csv.content, { rows: csv.rows });
      else remarks.push('The CSV is too large to be mailed and is not attached; fetch it through the API.');
    }
    const picture = await this.printer.png(html, 'figure');
    return {
      report: run.document,
      attachments,
      artifacts,
      chart: picture ? { png: picture.bytes, width: picture.width, height: picture.height } : null,
      remarks,
    };
  }
}

/** Null when it gets too large. */
async function collectCsv(run: ReportRun, signal: AbortSignal): Promise<{ content: Buffer; rows: number } | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let rows = 0;
  const counted = (async function* () {
    for await (const row of run.rows) {
      signal.throwIfAborted();
      rows += 1;
      yield run.columns.map((column, index) => presentValue(row[index] ?? null, column));
    }
  })();
  for await (const text of csvLines(run.columns, counted, { header: 'label' })) {
    const chunk = Buffer.from(text, 'utf8');
    bytes += chunk.length;
    if (bytes > MOST_CSV_BYTES) return null;
    chunks.push(chunk);
  }
  return { content: Buffer.concat(chunks), rows };
}

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** A name for files: letters and digits of ASCII, dashes between, never empty. */
export const slug = (text: string): string =>
  text
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replaceAll(/^-+|-+$/g, '') || 'report';
