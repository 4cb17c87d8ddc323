import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { inOrganization } from '../access/tenancy/scope.js';
import { Problem } from '../common/problem.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { JOB_QUEUE, type Job, type JobQueue } from '../jobs/job-queue.js';
import { kept } from '../reports/render/words/said.js';
import { waitBefore } from './delivery-ledger.js';
import { RUN_OCCURRENCE, SEND_DELIVERY, type RunOccurrence } from './delivery-names.js';
import { Faults } from './fault-point.js';
import { OccurrenceEnding } from './occurrence-ending.js';
import { isLastError, MOST_FAILURES, OccurrenceLedger, type OccurrenceClaim } from './occurrence-ledger.js';
import type { Occurrence } from './occurrence.entity.js';
import { OCCURRENCE_PREPARER, type OccurrencePreparer } from './occurrence-preparer.port.js';
import { ReportFilesService } from './report-files.js';

/**
 * Runs what the ledger says is due. The job is only the wake-up; run twice, late or not at all, it does no harm: the
 * ledger's claim decides who runs, and the sweep wakes what nobody runs.
 */
@Injectable()
export class OccurrenceRunner implements OnModuleInit {
  private readonly logger = new Logger('Delivery');
  private readonly faults: Faults;

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(APP_CONFIG) config: AppConfig,
    @Inject(OCCURRENCE_PREPARER) private readonly preparer: OccurrencePreparer,
    private readonly ledger: OccurrenceLedger,
    private readonly files: ReportFilesService,
    private readonly ending: OccurrenceEnding,
  ) {
    this.faults = new Faults(config.faultPoint);
  }

  onModuleInit(): void {
    this.queue.register<RunOccurrence>(RUN_OCCURRENCE, (job) => this.work(job), {
      attempts: 1,
      concurrency: 2,
      timeoutSeconds: 600,
    });
  }

  private async work({ payload, signal }: Job<RunOccurrence>): Promise<void> {
    const claim = await this.ledger.claim(payload.occurrence_id);
    if (!claim) return;
    await inOrganization(claim.occurrence.organization_id, async () => {
      await this.workOn(claim, signal);
      await this.wakeFollowing(claim.occurrence);
    });
  }

  /** After a time with nobody at work, those of a schedule follow each other without waiting for the next sweep. */
  private async wakeFollowing(occurrence: Occurrence): Promise<void> {
    const next = await this.ledger.following(occurrence);
    if (next === null) return;
    await this.queue.enqueue(
      RUN_OCCURRENCE,
      { occurrence_id: next.id },
      { id: `${next.id}:${next.attempt}:following` },
    );
  }

  private async workOn(claim: OccurrenceClaim, signal: AbortSignal): Promise<void> {
    this.faults.at('claimed');
    const lost = new AbortController();
    const heartbeat = setInterval(
      () => {
        void this.ledger.renew(claim).then(
          (isMine) => (isMine ? undefined : lost.abort(new Error('The occurrence was taken over.'))),
          () => undefined,
        );
      },
      (this.ledger.leaseSeconds * 1_000) / 3,
    );
    try {
      await this.run(claim, AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (lost.signal.aborted) return;
      await this.brokenOff(claim, error as Error);
    } finally {
      clearInterval(heartbeat);
    }
  }

  private async run(claim: OccurrenceClaim, signal: AbortSignal): Promise<void> {
    const { occurrence, attempt } = claim;
    if (occurrence.failures >= MOST_FAILURES) throw new Error('Too many workers died while they made this report.');
    const prepared = await this.preparer.prepare(occurrence, signal);
    switch (prepared.kind) {
      case 'hold':
        await this.ledger.release(claim, prepared.until, prepared.reason, false);
        return;
      case 'end':
        await this.ending.end(claim, prepared);
        return;
      case 'send': {
        const set = { occurrenceId: occurrence.id, organizationId: occurrence.organization_id, attempt };
        const artifacts = await this.files.make(occurrence, set, prepared, signal).catch((error: unknown) => {
          throw isLastError(occurrence) || isFinal(error)
            ? new CannotBeMade(error as Error, prepared.recipients)
            : error;
        });
        this.faults.at('rendered');
        const ids = await this.ledger.beginSending(claim, prepared.recipients, prepared.remarks, artifacts);
        this.faults.at('deliveries_written');
        for (const id of ids ?? []) await this.queue.enqueue(SEND_DELIVERY, { delivery_id: id }, { id });
        return;
      }
      default:
        prepared satisfies never;
    }
  }

  private async brokenOff(claim: OccurrenceClaim, error: Error): Promise<void> {
    const { occurrence } = claim;
    if (error instanceof CannotBeMade) {
      const { cause, recipients } = error;
      const problem = cause instanceof Problem ? cause : null;
      if (problem) this.logger.warn(`Report of occurrence ${occurrence.id} can't be made: ${problem.code}`);
      else this.logger.error(`Report of occurrence ${occurrence.id} could not be made`, (cause as Error).stack);
      const state = problem?.status === 404 ? 'suppressed' : 'failed';
      const reason = problem?.detail ?? kept('not_made');
      await this.ending.end(claim, { kind: 'end', state, reason, recipients });
      return;
    }
    this.logger.error(`Occurrence ${occurrence.id} broke off`, error.stack);
    if (isLastError(occurrence)) {
      const reason = kept('not_prepared');
      await this.ending.end(claim, { kind: 'end', state: 'failed', reason, recipients: occurrence.recipients });
      return;
    }
    const next = new Date(Date.now() + waitBefore(occurrence.failures + 1, Math.random()));
    await this.ledger.release(claim, next, 'The report could not be made yet and is tried again.', true);
  }
}

/** Trying again would not help, or has not. */
class CannotBeMade extends Error {
  constructor(
    override readonly cause: Error,
    readonly recipients: readonly string[],
  ) {
    super(cause.message);
  }
}

/** The view or its request is at fault, not the moment. */
const isFinal = (error: unknown): boolean =>
  error instanceof Problem && error.status < 500 && error.status !== 429 && error.status !== 408;
