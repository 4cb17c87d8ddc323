import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { SEND_DELIVERY } from './delivery-names.js';
import { Faults } from './fault-point.js';
import { OccurrenceLedger, type OccurrenceClaim } from './occurrence-ledger.js';
import { OCCURRENCE_PREPARER, type OccurrencePreparer, type Preparation } from './occurrence-preparer.port.js';
import type { Occurrence } from './occurrence.entity.js';

/**
 * Ends occurrences, and tells their owners, once for each, that a report did not reach everyone. The notice is a delivery of
 * its own, written with the end; it goes out like any other.
 */
@Injectable()
export class OccurrenceEnding {
  private readonly faults: Faults;

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(OCCURRENCE_PREPARER) private readonly preparer: OccurrencePreparer,
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly ledger: OccurrenceLedger,
  ) {
    this.faults = new Faults(config.faultPoint);
  }

  /** Closes an occurrence if the last of its deliveries has ended. */
  async finish(occurrence: Occurrence): Promise<void> {
    if (!(await this.ledger.isToFinish(occurrence.id))) return;
    const owner = await this.preparer.ownerAddress(occurrence);
    const notice = await this.ledger.finish(occurrence.id, owner);
    this.faults.at('closed');
    await this.wake(notice);
  }

  /** Ends an occurrence without a report. What was skipped was wished for; everything else its owner should know. */
  async end(claim: OccurrenceClaim, end: Extract<Preparation, { kind: 'end' }>): Promise<void> {
    const isWished = end.state === 'skipped' || end.state === 'cancelled';
    const owner = isWished ? null : await this.preparer.ownerAddress(claim.occurrence);
    await this.wake(await this.ledger.end(claim, end.state, end.reason, end.recipients, owner));
  }

  /** Should this be lost, the sweep finds the notice. */
  private async wake(notice: string | null): Promise<void> {
    if (notice !== null) await this.queue.enqueue(SEND_DELIVERY, { delivery_id: notice }, { id: notice });
  }
}
