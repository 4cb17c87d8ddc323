import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { presentValue } from '../compiler/query/present.js';
import { csvLines } from '../reports/render/csv.js';
import { renderReportPage } from '../reports/render/report-page.js';
import { xlsxBytes } from '../reports/render/xlsx.js';
import type { CellValue, ReportDocument } from '../reports/render/document.js';
import type { ArtifactEvidence, DeliveryFormat, Occurrence } from './occurrence.entity.js';
import type { Preparation } from './occurrence-preparer.port.js';
import { PdfRenderer } from './pdf.js';
import { REPORT_RUNNER, type ReportRun, type ReportRunner } from './report-runner.port.js';
import { ReportStore, type FileSet } from './report-store.js';

/** Files that are together larger than this can't be mailed through most hosts: they are offered as links. */
export const MOST_ATTACHED_BYTES = 10_000_000;
const MAIL_FILE = 'mail.json';
const CHART_FILE = 'chart.png';

/** What all mails of one occurrence share, as it is stored. */
export interface MailContent {
  readonly report: ReportDocument;
  /** Size of the first chart's picture in CSS pixels; mail clients show no SVG. */
  readonly chart: { readonly width: number; readonly height: number } | null;
  readonly files: readonly StoredFile[];
  readonly subject: string | null;
  readonly message: string | null;
  readonly finding: string | null;
  /** What the reader must be told beside the report. */
  readonly remarks: readonly string[];
}
export interface StoredFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: number;
  /** False where it is too large to be attached and is offered as a link. */
  readonly isAttached: boolean;
}

type Sending = Extract<Preparation, { kind: 'send' }>;

/** Runs the view of an occurrence once and stores its files. */
@Injectable()
export class ReportFilesService {
  constructor(
    @Inject(REPORT_RUNNER) private readonly runner: ReportRunner,
    private readonly printer: PdfRenderer,
    private readonly store: ReportStore,
  ) {}

  /** @throws Problem when the view is gone or refuses to run, ChromiumUnavailable, or an Error worth another attempt */
  async make(
    occurrence: Occurrence,
    set: FileSet,
    sending: Sending,
    signal: AbortSignal,
  ): Promise<readonly ArtifactEvidence[]> {
    const { owner, asOf, completePeriods } = sending;
    const run = await this.runner.run(occurrence.view_id, owner, { signal, asOf, completePeriods });
    const html = renderReportPage(run.document);
    const name = `${slug(run.document.title)}-${(occurrence.due_local ?? occurrence.due_at.toISOString()).slice(0, 10)}`;
    const artifacts: ArtifactEvidence[] = [];
    const files: StoredFile[] = [];
    let attached = 0;
    const add = async (
      format: DeliveryFormat,
      contentType: string,
      content: AsyncIterable<Buffer> | Iterable<Buffer>,
      facts: () => Partial<ArtifactEvidence>,
    ): Promise<void> => {
      const filename = `${name}.${format}`;
      const hash = createHash('sha256');
      const bytes = await this.store.write(set, filename, hashed(content, hash, signal));
      const isAttached = attached + bytes <= MOST_ATTACHED_BYTES;
      if (isAttached) attached += bytes;
      artifacts.push({ format, filename, bytes, sha256: hash.digest('hex'), ...facts() });
      files.push({ filename, contentType, bytes, isAttached });
    };

    const picture = html.includes('<figure') ? await this.printer.png(html, 'figure') : null;
    if (picture) await this.store.write(set, CHART_FILE, [picture.bytes]);
    for (const format of occurrence.formats) {
      switch (format) {
        case 'pdf': {
          const { bytes, pages } = await this.printer.pdf(html);
          await add(format, 'application/pdf', [bytes], () => ({ pages }));
          break;
        }
        case 'png':
          if (picture) await add(format, 'image/png', [picture.bytes], () => ({}));
          break;
        case 'html':
          await add(format, 'text/html; charset=utf-8', [Buffer.from(html, 'utf8')], () => ({}));
          break;
        case 'csv':
        case 'xlsx': {
          // Rows can be read once, so a second file needs a run of its own, of the same instant.
          const again = files.some(({ filename }) => /\.(csv|xlsx)$/.test(filename))
            ? await this.runner.run(occurrence.view_id, owner, { signal, asOf, completePeriods })
            : run;
          const counted = new CountedRows(again);
          const [type, content] =
            format === 'csv'
              ? ['text/csv; charset=utf-8', csvLines(again.columns, counted.rows(), { header: 'label' })]
              : [
                  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
                  xlsxBytes(again.columns, counted.rows()),
                ];
          await add(format, type as string, buffers(content as AsyncIterable<string | Uint8Array>), () => ({
            rows: counted.count,
          }));
          break;
        }
        default:
          format satisfies never;
      }
    }
    const content: MailContent = {
      report: run.document,
      chart: picture ? { width: picture.width, height: picture.height } : null,
      files,
      subject: sending.subject,
      message: sending.message,
      finding: sending.finding,
      remarks: sending.remarks,
    };
    await this.store.write(set, MAIL_FILE, [Buffer.from(JSON.stringify(content), 'utf8')]);
    return artifacts;
  }

  /** What was stored of an occurrence; null when it has been removed. */
  async content(set: FileSet): Promise<MailContent | null> {
    const stored = await this.store.readWhole(set, MAIL_FILE);
    return stored === null ? null : (JSON.parse(stored.toString('utf8')) as MailContent);
  }

  chart(set: FileSet): Promise<Buffer | null> {
    return this.store.readWhole(set, CHART_FILE);
  }
}

/** Presented rows of a run, and how many there were. */
class CountedRows {
  count = 0;
  constructor(private readonly run: ReportRun) {}

  async *rows(): AsyncGenerator<readonly CellValue[]> {
    for await (const row of this.run.rows) {
      this.count += 1;
      yield this.run.columns.map((column, index) => presentValue(row[index] ?? null, column));
    }
  }
}

async function* hashed(
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
  hash: ReturnType<typeof createHash>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    signal.throwIfAborted();
    hash.update(piece);
    yield piece;
  }
}

async function* buffers(content: AsyncIterable<string | Uint8Array>): AsyncGenerator<Buffer> {
  for await (const piece of content) yield typeof piece === 'string' ? Buffer.from(piece, 'utf8') : Buffer.from(piece);
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
