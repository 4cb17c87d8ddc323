import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { JOB_QUEUE, type JobPayload, type JobQueue } from '../jobs/job-queue.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { DeliverySender } from './delivery-sender.js';
import { OccurrenceEnding } from './occurrence-ending.js';
import { OccurrenceLedger, type Wakeable } from './occurrence-ledger.js';
import { RUN_OCCURRENCE, SEND_DELIVERY } from './delivery-names.js';
import { OCCURRENCE_PLANNER, type OccurrencePlanner } from './occurrence-planner.port.js';
import { ReportStore } from './report-store.js';

/** How often the ledger is looked through. A lost wake-up costs this much time at most. */
const SWEEP_MS = 10_000;
const PURGE_MS = 3_600_000;
const MOST_WOKEN = 500;
/**
 * What is due is woken again so often under another name, also when nobody has claimed it: the queue believes that a dead
 * worker's job still runs, for minutes, and takes no other of the same name. A job too many does no harm.
 */
const WAKE_MS = 30_000;
/** One process wakes the same row, at the same attempt, no more often than this: it may just be waiting for its turn. */
const RECENT_MS = 3_000;

/**
 * Looks through the ledger, again and again, in every process that works: plans what will be due, wakes what is due, settles what a
 * dead worker left. The queue may lose every job; this finds them again.
 */
@Injectable()
export class DeliverySweep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Delivery');
  private readonly ending = new AbortController();
  private loop: Promise<void> = Promise.resolve();
  private purgedAt = 0;
  private readonly woken = new LRUCache<string, true>({ max: 20 * MOST_WOKEN, ttl: RECENT_MS });

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(OCCURRENCE_PLANNER) private readonly planner: OccurrencePlanner,
    private readonly occurrences: OccurrenceLedger,
    private readonly deliveries: DeliveryLedger,
    private readonly sender: DeliverySender,
    private readonly closing: OccurrenceEnding,
    private readonly store: ReportStore,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'works'>,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.works) this.loop = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.ending.abort();
    await this.loop;
  }

  /** One look through the ledger. */
  async sweep(): Promise<void> {
    await this.planner.plan();
    await this.deliveries.expireClaims();
    for (const row of await this.occurrences.toRun(MOST_WOKEN)) {
      await this.wake(RUN_OCCURRENCE, { occurrence_id: row.id }, row);
    }
    for (const row of await this.deliveries.due(MOST_WOKEN)) {
      if (!this.sender.isWaiting(row.id)) await this.wake(SEND_DELIVERY, { delivery_id: row.id }, row);
    }
    for (const id of await this.occurrences.toFinish()) {
      const occurrence = await this.occurrences.find(id);
      if (occurrence) await this.closing.finish(occurrence);
    }
    if (Date.now() - this.purgedAt > PURGE_MS) {
      this.purgedAt = Date.now();
      await this.store.purge();
    }
  }

  private async wake(name: string, payload: JobPayload, { id, attempt }: Wakeable): Promise<void> {
    const wakeUp = `${id}:${attempt}`;
    if (this.woken.has(wakeUp)) return;
    this.woken.set(wakeUp, true);
    await this.queue.enqueue(name, payload, { id: `${wakeUp}:${Math.floor(Date.now() / WAKE_MS)}` });
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      try {
        await this.sweep();
      } catch (error) {
        this.logger.error('The ledger could not be looked through', error instanceof Error ? error.stack : undefined);
      }
      await this.pause();
    }
  }

  /** Until the next look: several processes look at different moments. */
  private pause(): Promise<void> {
    const { signal } = this.ending;
    if (signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, SWEEP_MS * (0.5 + Math.random() / 2));
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
