import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { inOrganization } from '../access/tenancy/scope.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { JOB_QUEUE, type Job, type JobQueue } from '../jobs/job-queue.js';
import { kept } from '../reports/render/words/said.js';
import { DeliveryLedger, MOST_ATTEMPTS, waitBefore } from './delivery-ledger.js';
import { SEND_DELIVERY, type SendDelivery } from './delivery-names.js';
import type { Delivery, DeliveryEvidence } from './delivery.entity.js';
import { DeliveryMail } from './delivery-mail.js';
import { Faults } from './fault-point.js';
import { parseMailAddress } from './mail-address.js';
import { MailPermissions } from './mail-permissions.js';
import { MAILER, type Mailer, type MailOutcome } from './mail.js';
import { OccurrenceEnding } from './occurrence-ending.js';
import { OccurrenceLedger } from './occurrence-ledger.js';
import type { Occurrence } from './occurrence.entity.js';
import { sha256 } from './report-files.js';
import { SendSlots } from './send-slots.js';
import { slug } from './slug.js';

const AT_ONCE = 24;
const AT_ONCE_TO_A_DOMAIN = 4;
/** To one whose mail host has been slow or out of reach; until a mail goes well, or it is forgotten. */
const AT_ONCE_TO_A_SLOW_DOMAIN = 1;
const SLOW_MS = 10_000;
const SLOW_FOR_MS = 600_000;
const MOST_SLOW_DOMAINS = 10_000;
const AT_ONCE_OF_AN_ORGANIZATION = 6;
const AT_ONCE_THROUGH_AN_OWN_HOST = 4;

/** Sends single deliveries: each is claimed, tried and recorded by itself, so that no recipient's trouble is another's. */
@Injectable()
export class DeliverySender implements OnModuleInit {
  private readonly logger = new Logger('Delivery');
  private readonly faults: Faults;
  private readonly slots = new SendSlots((id) => this.callAgain(id));
  private readonly slow = new LRUCache<string, true>({ max: MOST_SLOW_DOMAINS, ttl: SLOW_FOR_MS });

  constructor(
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    @Inject(MAILER) private readonly mailer: Mailer,
    @Inject(APP_CONFIG) config: AppConfig,
    private readonly ledger: DeliveryLedger,
    private readonly occurrences: OccurrenceLedger,
    private readonly mail: DeliveryMail,
    private readonly permissions: MailPermissions,
    private readonly ending: OccurrenceEnding,
  ) {
    this.faults = new Faults(config.faultPoint);
  }

  onModuleInit(): void {
    this.queue.register<SendDelivery>(SEND_DELIVERY, (job) => this.work(job), {
      attempts: 1,
      concurrency: AT_ONCE,
      timeoutSeconds: 400,
    });
  }

  /** Whether a delivery waits for room in this process, which calls it as soon as there is some. */
  isWaiting(id: string): boolean {
    return this.slots.isInVain(id);
  }

  private async work({ payload, signal }: Job<SendDelivery>): Promise<void> {
    if (this.isWaiting(payload.delivery_id)) return;
    const delivery = await this.ledger.find(payload.delivery_id);
    const occurrence = delivery?.state === 'pending' && (await this.occurrences.find(delivery.occurrence_id));
    if (!delivery || !occurrence) return this.slots.forgo(payload.delivery_id);
    await inOrganization(delivery.organization_id, () => this.workOn(occurrence, delivery, payload, signal));
  }

  /** For one that found no room before. Should this wake-up be lost, the sweep finds what still waits. */
  private callAgain(id: string): void {
    // Another name than the jobs have that run now, which the queue would take this one for.
    const name = `${id}:room:${Date.now()}`;
    void this.queue.enqueue(SEND_DELIVERY, { delivery_id: id }, { id: name }).catch((error: Error) => {
      this.logger.warn(`Delivery ${id} waits for the next sweep: ${error.message}`);
    });
  }

  private async workOn(
    occurrence: Occurrence,
    delivery: Delivery,
    payload: SendDelivery,
    signal: AbortSignal,
  ): Promise<void> {
    const host = await this.mail.hostOf(delivery.organization_id);
    const domain = delivery.recipient.split('@')[1] ?? '';
    const leave = this.slots.enter(delivery.id, {
      ...(host === null ? {} : { [`through ${host}`]: AT_ONCE_THROUGH_AN_OWN_HOST }),
      [`to ${domain}`]: this.slow.has(domain) ? AT_ONCE_TO_A_SLOW_DOMAIN : AT_ONCE_TO_A_DOMAIN,
      [`of ${delivery.organization_id}`]: AT_ONCE_OF_AN_ORGANIZATION,
    });
    if (!leave) return;
    try {
      const next = await this.send(occurrence, delivery, signal);
      if (next !== null) {
        const delayMs = Math.max(0, next.getTime() - Date.now());
        const id = `${delivery.id}:${delivery.attempt + 1}`;
        await this.queue.enqueue(SEND_DELIVERY, payload, { id, delayMs });
      }
    } finally {
      leave();
    }
    await this.ending.finish(occurrence);
  }

  /** @returns when to try again; null when it has ended, or is somebody else's */
  private async send(occurrence: Occurrence, delivery: Delivery, signal: AbortSignal): Promise<Date | null> {
    const refusal = await this.permissions.refusal(delivery, occurrence);
    if (refusal !== null) {
      await this.ledger.end(delivery, 'suppressed', refusal);
      return null;
    }
    const to = parseMailAddress(delivery.recipient);
    const now = new Date();
    const composed = to && (await this.mail.compose(occurrence, delivery, to, now));
    if (!to || !composed) {
      const reason = kept(to ? 'files_gone' : 'no_address');
      await this.ledger.end(delivery, 'failed', reason);
      return null;
    }
    const { raw, messageId, from } = composed;
    signal.throwIfAborted();

    const attempt = await this.ledger.claim(delivery);
    if (attempt === null) return null;
    this.faults.at('intent_written');
    const filename = `${now.toISOString().replaceAll(/[:.]/g, '-')}_${slug(occurrence.report_name)}_${delivery.id}.eml`;
    const end = this.keepClaim(delivery.id, attempt, signal);
    const domain = to.address.split('@')[1] ?? '';
    const late = setTimeout(() => this.slow.set(domain, true), SLOW_MS);
    const outcome = await this.mailer
      .send(
        { organizationId: delivery.organization_id, from, to, raw, filename },
        async () => {
          this.faults.at('before_data');
          const isMine = await this.ledger.beginData(delivery.id, attempt);
          this.faults.at('data_begun');
          return isMine;
        },
        () => this.faults.at('after_data'),
      )
      .finally(() => {
        clearTimeout(late);
        end();
      });
    if (outcome.outcome === 'accepted') this.slow.delete(domain);
    else if (isSilence(outcome)) this.slow.set(domain, true);
    this.faults.at('answered');
    const proof: Omit<DeliveryEvidence, 'outcome'> = {
      attempt,
      at: now.toISOString(),
      message_id: messageId,
      message_bytes: raw.length,
      message_sha256: sha256(raw),
    };
    const next = await this.record(delivery.id, attempt, outcome, proof);
    this.faults.at('recorded');
    return next;
  }

  /**
   * Says again and again that the attempt lives. When this process must end, what has not begun to leave is given back at
   * once, so that another one sends it; the message is then withdrawn here.
   * @returns what ends this
   */
  private keepClaim(id: string, attempt: number, signal: AbortSignal): () => void {
    const handOver = (): void => {
      const at = new Date();
      const reason = 'The worker was stopped before the message left.';
      void this.ledger.handOver(id, { attempt, at: at.toISOString(), outcome: 'retry', reason }).catch(() => undefined);
    };
    const renew = (): void => void this.ledger.renew(id, attempt).catch(() => undefined);
    const heartbeat = setInterval(renew, (this.ledger.leaseSeconds * 1_000) / 3);
    signal.addEventListener('abort', handOver, { once: true });
    return () => {
      clearInterval(heartbeat);
      signal.removeEventListener('abort', handOver);
    };
  }

  /** @returns when to try again; null when it has ended */
  private async record(
    id: string,
    attempt: number,
    outcome: MailOutcome,
    proof: Omit<DeliveryEvidence, 'outcome'>,
  ): Promise<Date | null> {
    switch (outcome.outcome) {
      case 'withdrawn':
        return null;
      case 'retry': {
        if (attempt >= MOST_ATTEMPTS) {
          await this.ledger.settle(id, attempt, 'failed', { ...proof, ...outcome, outcome: 'failed' });
          return null;
        }
        const next = new Date(Date.now() + waitBefore(attempt, Math.random()));
        await this.ledger.release(id, attempt, { ...proof, ...outcome }, next);
        this.logger.warn(`Delivery ${id} is tried again: ${outcome.reply ?? outcome.reason}`);
        return next;
      }
      case 'accepted': {
        const { filename, ...rest } = outcome;
        const outbox = filename === undefined ? {} : { outbox: { filename } };
        await this.ledger.settle(id, attempt, 'accepted', { ...proof, ...rest, ...outbox });
        return null;
      }
      case 'rejected':
      case 'unknown':
        await this.ledger.settle(id, attempt, outcome.outcome, { ...proof, ...outcome });
        return null;
      default:
        return outcome satisfies never;
    }
  }
}

/** The host did not answer, or not to the end. */
const isSilence = (outcome: MailOutcome): boolean =>
  outcome.outcome === 'unknown' || (outcome.outcome === 'retry' && outcome.smtp_code === undefined);
