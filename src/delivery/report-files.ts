import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import type { DashboardDocument, ReportDocument } from '../reports/render/document.js';
import type { ArtifactEvidence, DeliveryFormat, Occurrence } from './occurrence.entity.js';
import type { Preparation } from './occurrence-preparer.port.js';
import { PdfRenderer } from '../rendering/pdf-renderer.js';
import { tableFile } from './table-files.js';
import { REPORT_RUNNER, type ReportRunner } from './report-runner.port.js';
import { runPage } from './run-page.js';
import { slug } from './slug.js';
import { ReportStore, type FileSet } from './report-store.js';

/** Files that are together larger than this can't be mailed through most hosts: they are offered as links. */
export const MOST_ATTACHED_BYTES = 10_000_000;
const MAIL_FILE = 'mail.json';
const CHART_FILE = 'chart.png';

/** What all mails of one occurrence share, as it is stored. */
export interface MailContent {
  /** Of a dashboard, what it says of itself and its key figures. */
  readonly report: ReportDocument;
  /** What the page shows where a dashboard was sent. */
  readonly dashboard?: DashboardDocument | null;
  /** Size of the first chart's picture in CSS pixels; mail clients show no SVG. */
  readonly chart: { readonly width: number; readonly height: number } | null;
  readonly files: readonly StoredFile[];
  readonly subject: string | null;
  readonly message: string | null;
  readonly finding: string | null;
  /** What the reader must be told beside the report. */
  readonly remarks: readonly string[];
  /** The mail itself holds the rows: the schedule's format `html`. */
  readonly withRows?: boolean;
}
export interface StoredFile {
  readonly filename: string;
  readonly contentType: string;
  readonly bytes: number;
  /** False where it is too large to be attached and is offered as a link. */
  readonly isAttached: boolean;
}

type Sending = Extract<Preparation, { kind: 'send' }>;
/** @returns the size in bytes */
type WriteFile = (name: string, content: AsyncIterable<Buffer> | Iterable<Buffer>) => Promise<number>;

/** A report that was made, whether or not it was stored. */
export interface MadeReport {
  readonly content: MailContent;
  /** PNG of the first chart, for the mail. */
  readonly chart: Buffer | null;
  readonly artifacts: readonly ArtifactEvidence[];
}

/** Runs the view of an occurrence once and stores its files. */
@Injectable()
export class ReportFilesService {
  constructor(
    @Inject(REPORT_RUNNER) private readonly runner: ReportRunner,
    private readonly printer: PdfRenderer,
    private readonly store: ReportStore,
  ) {}

  /**
   * Makes the files of an occurrence and stores them with what its mails say.
   * @throws Problem when the view is gone or refuses to run, ChromiumUnavailable, or an Error worth another attempt
   */
  async make(
    occurrence: Occurrence,
    set: FileSet,
    sending: Sending,
    signal: AbortSignal,
  ): Promise<readonly ArtifactEvidence[]> {
    const write: WriteFile = (name, content) => this.store.write(set, name, content);
    const { content, chart, artifacts } = await this.produce(occurrence, sending, signal, write);
    if (chart) await write(CHART_FILE, [chart]);
    await write(MAIL_FILE, [Buffer.from(JSON.stringify(content), 'utf8')]);
    return artifacts;
  }

  /** The same without storing anything: what the mails would say, and how large the files would be. */
  async rehearse(occurrence: Occurrence, sending: Sending, signal: AbortSignal): Promise<MadeReport> {
    return this.produce(occurrence, sending, signal, async (_name, content) => {
      let bytes = 0;
      for await (const piece of content) bytes += piece.length;
      return bytes;
    });
  }

  private async produce(
    occurrence: Occurrence,
    sending: Sending,
    signal: AbortSignal,
    write: WriteFile,
  ): Promise<MadeReport> {
    const { owner, asOf, completePeriods, locale } = sending;
    const run = await this.runner.run(occurrence, owner, { signal, asOf, completePeriods, locale });
    const html = runPage(run);
    const name = `${slug(run.document.title)}-${(occurrence.due_local ?? occurrence.due_at.toISOString()).slice(0, 10)}`;
    const artifacts: ArtifactEvidence[] = [];
    const files: StoredFile[] = [];
    let attached = 0;
    let tableFiles = 0;
    const add = async (
      format: DeliveryFormat,
      contentType: string,
      content: AsyncIterable<Buffer> | Iterable<Buffer>,
      facts: () => Partial<ArtifactEvidence>,
      extension: string = format,
    ): Promise<void> => {
      const filename = `${name}.${extension}`;
      const hash = createHash('sha256');
      const bytes = await write(filename, hashed(content, hash, signal));
      const isAttached = format !== 'html' && attached + bytes <= MOST_ATTACHED_BYTES;
      if (isAttached) attached += bytes;
      artifacts.push({ format, filename, bytes, sha256: hash.digest('hex'), ...facts() });
      // The HTML is the mail's own body; what is kept of it is evidence.
      if (format !== 'html') files.push({ filename, contentType, bytes, isAttached });
    };

    const picture = html.includes('<figure') ? await this.printer.png(html, 'figure') : null;
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
          const again =
            tableFiles++ > 0
              ? await this.runner.run(occurrence, owner, { signal, asOf, completePeriods, locale })
              : run;
          const { extension, contentType, content, rows } = tableFile(again, format);
          await add(format, contentType, content, () => ({ rows: rows() }), extension);
          break;
        }
        default:
          format satisfies never;
      }
    }
    const content: MailContent = {
      report: run.document,
      ...('dashboard' in run ? { dashboard: run.dashboard } : {}),
      chart: picture ? { width: picture.width, height: picture.height } : null,
      files,
      subject: sending.subject,
      message: sending.message,
      finding: sending.finding,
      remarks: sending.remarks,
      withRows: occurrence.formats.includes('html'),
    };
    return { content, chart: picture?.bytes ?? null, artifacts };
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

export const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
