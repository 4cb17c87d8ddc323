import { Inject, Injectable } from '@nestjs/common';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { SEND_DELIVERY } from './delivery-names.js';
import { OCCURRENCE_PREPARER, type OccurrencePreparer } from './occurrence-preparer.port.js';
import type { Occurrence } from './occurrence.entity.js';

/** Tells owners, once for each occurrence, that a report did not reach everyone. */
@Injectable()
export class FailureNotices {
  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(OCCURRENCE_PREPARER) private readonly preparer: OccurrencePreparer,
    private readonly ledger: DeliveryLedger,
  ) {}

  /** Writes the notice as a delivery of its own; it goes out like any other. */
  async write(occurrence: Occurrence): Promise<void> {
    const owner = await this.preparer.ownerAddress(occurrence);
    if (owner === null) return;
    const id = await this.ledger.noteFailure(occurrence.id, occurrence.organization_id, owner);
    if (id !== null) await this.queue.enqueue(SEND_DELIVERY, { delivery_id: id }, { id });
  }
}
