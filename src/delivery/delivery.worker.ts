import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { Problem } from '../common/problem.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { JOB_QUEUE, type Job, type JobQueue } from '../jobs/job-queue.js';
import { DeliveryLedger, LEASE_MS } from './delivery-ledger.js';
import type { Delivery, DeliveryEvidence } from './delivery.entity.js';
import { parseMailAddress, type MailAddress } from './mail-address.js';
import { mailHtml, mailText } from './mail-body.js';
import { composeMail } from './mail-message.js';
import { MAILER, type Mailer, type MailOutcome } from './mail.js';
import type { Occurrence } from './occurrence.entity.js';
import { ReportFilesService, sha256, slug, type ReportFiles } from './report-files.js';

/** Name of the job that sends one occurrence. */
export const DELIVER_REPORT = 'deliver-report';
export interface DeliverReport extends Record<string, unknown> {
  readonly occurrence_id: string;
}

const CHART_ID = 'chart@report';

/** Sends what the ledger says is due. The job is only the wake-up; run twice or late, it does no harm. */
@Injectable()
export class DeliveryWorker implements OnModuleInit, OnApplicationBootstrap {
  private readonly logger = new Logger('Delivery');
  private readonly from: MailAddress;

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly ledger: DeliveryLedger,
    private readonly files: ReportFilesService,
  ) {
    const from = parseMailAddress(config.mailFrom);
    if (!from) throw new Error('MAIL_FROM must be one e-mail address, e.g. Reports <reports@example.com>');
    this.from = from;
  }

  onModuleInit(): void {
    this.queue.register<DeliverReport>(DELIVER_REPORT, (job) => this.deliver(job), {
      attempts: 5,
      backoffMs: 5_000,
      concurrency: 2,
      timeoutSeconds: 600,
    });
  }

  /** Wakes what was left undone, in case its job was lost with the process that had it. */
  async onApplicationBootstrap(): Promise<void> {
    for (const id of await this.ledger.unfinished()) {
      await this.queue.enqueue(DELIVER_REPORT, { occurrence_id: id }, { id: `${id}:resume` });
    }
  }

  private async deliver({ payload, lastAttempt, signal }: Job<DeliverReport>): Promise<void> {
    const occurrence = await this.ledger.findOccurrence(payload.occurrence_id);
    if (!occurrence) return;
    await this.ledger.expireClaims(occurrence.id);
    const pending = await this.ledger.pending(occurrence.id);
    if (pending.length > 0) await this.sendAll(occurrence, pending, lastAttempt, signal);
    if (await this.ledger.anySending(occurrence.id)) {
      // Another worker has these, or had them: look again when their lease is over.
      await this.queue.enqueue(DELIVER_REPORT, payload, { id: `${occurrence.id}:lease`, delayMs: LEASE_MS });
    }
  }

  private async sendAll(
    occurrence: Occurrence,
    pending: readonly Delivery[],
    lastAttempt: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const files = await this.makeFiles(occurrence, lastAttempt, signal);
    if (!files) return;
    await this.ledger.recordArtifacts(occurrence.id, files.artifacts);
    let retry = false;
    for (const delivery of pending) {
      signal.throwIfAborted();
      // One recipient's trouble is not the next one's.
      const done = await this.send(occurrence, delivery, files, lastAttempt).catch((error: unknown) => {
        this.logger.error(`Delivery ${delivery.id} broke off`, error instanceof Error ? error.stack : undefined);
        return false;
      });
      retry ||= !done;
    }
    if (!retry) return;
    if (!lastAttempt) throw new Error(`Occurrence ${occurrence.id} has deliveries to be tried again.`);
    await this.ledger.giveUp(occurrence.id, 'failed', 'The mail could not be made; the server’s log has the reason.');
  }

  /** Null when there is nothing to send and the ledger says why. */
  private async makeFiles(
    occurrence: Occurrence,
    lastAttempt: boolean,
    signal: AbortSignal,
  ): Promise<ReportFiles | null> {
    try {
      return await this.files.make(occurrence, signal);
    } catch (error) {
      const problem = error instanceof Problem && error.status < 500 ? error : null;
      if (!problem && !lastAttempt) throw error;
      if (problem) this.logger.warn(`Report of occurrence ${occurrence.id} can't be made: ${problem.code}`);
      else this.logger.error(`Report of occurrence ${occurrence.id} could not be made`, (error as Error).stack);
      const gone = problem?.status === 404;
      const reason = problem?.detail ?? 'The report could not be made; the server’s log has the reason.';
      await this.ledger.giveUp(occurrence.id, gone ? 'suppressed' : 'failed', reason);
      return null;
    }
  }

  /** @returns false when it is to be tried again */
  private async send(
    occurrence: Occurrence,
    delivery: Delivery,
    files: ReportFiles,
    lastAttempt: boolean,
  ): Promise<boolean> {
    const to = parseMailAddress(delivery.recipient);
    const now = new Date();
    const messageId = `<${delivery.id}@${this.from.address.split('@')[1] ?? 'localhost'}>`;
    const raw = to ? await this.compose(files, to, messageId, now) : null;

    const attempt = await this.ledger.claim(delivery);
    if (attempt === null) return true;
    const base = { attempt, at: now.toISOString() };
    if (!to || !raw) {
      await this.ledger.settle(delivery.id, attempt, 'rejected', {
        ...base,
        outcome: 'rejected',
        reason: 'The recipient is no e-mail address.',
      });
      return true;
    }
    const filename = `${now.toISOString().replaceAll(/[:.]/g, '-')}_${slug(occurrence.report_name)}_${delivery.id}.eml`;
    const outcome = await this.mailer.send({ from: this.from, to, raw, filename }, () =>
      this.ledger.holds(delivery.id, attempt),
    );
    const proof = { ...base, message_id: messageId, message_bytes: raw.length, message_sha256: sha256(raw) };
    return this.record(delivery.id, attempt, outcome, proof, lastAttempt);
  }

  /** @returns false when it is to be tried again */
  private async record(
    id: string,
    attempt: number,
    outcome: MailOutcome,
    proof: Omit<DeliveryEvidence, 'outcome'>,
    lastAttempt: boolean,
  ): Promise<boolean> {
    switch (outcome.outcome) {
      case 'withdrawn':
        return true;
      case 'retry':
        if (lastAttempt) {
          await this.ledger.settle(id, attempt, 'failed', { ...proof, ...outcome, outcome: 'failed' });
          return true;
        }
        await this.ledger.release(id, attempt, { ...proof, ...outcome });
        return false;
      case 'accepted': {
        const { filename, ...rest } = outcome;
        const outbox = filename === undefined ? {} : { outbox: { filename } };
        await this.ledger.settle(id, attempt, 'accepted', { ...proof, ...rest, ...outbox });
        return true;
      }
      case 'rejected':
      case 'unknown':
        await this.ledger.settle(id, attempt, outcome.outcome, { ...proof, ...outcome });
        return true;
      default:
        return outcome satisfies never;
    }
  }

  private compose(files: ReportFiles, to: MailAddress, messageId: string, date: Date): Promise<Buffer> {
    const { report, chart, attachments, remarks } = files;
    const body = {
      report,
      chart: chart
        ? { cid: CHART_ID, width: chart.width, height: chart.height, alt: `Chart of ${report.title}` }
        : null,
      files: attachments.map(({ filename }) => filename),
      remarks,
    };
    return composeMail({
      from: this.from,
      to,
      subject: `${report.title} · ${report.organization}`.replaceAll(/\p{Cc}+/gu, ' '),
      text: mailText(body),
      html: mailHtml(body),
      inline: chart ? [{ cid: CHART_ID, filename: 'chart.png', png: chart.png }] : [],
      attachments,
      messageId,
      date,
    });
  }
}
