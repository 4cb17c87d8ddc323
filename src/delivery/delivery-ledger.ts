import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { kept } from '../reports/render/words/said.js';
import type { Wakeable } from './occurrence-ledger.js';
import { Delivery, UNREACHED_STATES, type DeliveryEvidence, type DeliveryState } from './delivery.entity.js';

/** After as many attempts that certainly did not go out, a delivery has failed. */
export const MOST_ATTEMPTS = 8;
const FIRST_WAIT_MS = 15_000;
const LONGEST_WAIT_MS = 2 * 3_600_000;

export type FinalState = Exclude<DeliveryState, 'pending' | 'sending'>;

/**
 * How long to wait before the next attempt: doubling from 15 seconds, at most two hours, each time a random part of the
 * upper half, so that what failed together does not come back together.
 * @param random from 0 to 1
 */
export function waitBefore(attempt: number, random: number): number {
  const whole = Math.min(FIRST_WAIT_MS * 2 ** Math.max(0, attempt - 1), LONGEST_WAIT_MS);
  return Math.round(whole * (0.5 + random / 2));
}

/**
 * The ledger of deliveries. Every write names the attempt that it belongs to and the state that it leaves, in one
 * UPDATE; a worker that was overtaken changes nothing.
 */
@Injectable()
export class DeliveryLedger {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'mailSeconds'>,
  ) {}

  /** An attempt that has not said for so long that it lives, and whose message has not begun, has lost its worker. */
  get leaseSeconds(): number {
    return 0.4 * this.config.mailSeconds;
  }

  /** A message that began longer ago has lost its worker: no conversation takes as long. */
  private get dataSeconds(): number {
    return 2 * this.config.mailSeconds;
  }

  find(id: string): Promise<Delivery | null> {
    return this.database.manager.findOneBy(Delivery, { id });
  }

  /** Those whose time for an attempt has come, oldest first. */
  due(limit: number): Promise<readonly Wakeable[]> {
    return this.database.query<Wakeable[]>(
      `SELECT id, attempt FROM deliveries WHERE state = 'pending' AND next_attempt_at <= now()
       ORDER BY next_attempt_at, id LIMIT $1`,
      [limit],
    );
  }

  /**
   * Writes the intent to send: `pending` → `sending`, with the next attempt number.
   * @returns that number, or null when another worker has it, or its time has not come
   */
  async claim(delivery: Delivery): Promise<number | null> {
    const attempt = delivery.attempt + 1;
    const claimed = await this.update(
      `UPDATE deliveries SET state = 'sending', attempt = $3, sending_since = now(), data_begun_at = NULL,
         updated_at = now()
       WHERE id = $1 AND state = 'pending' AND attempt = $2 AND next_attempt_at <= now()`,
      [delivery.id, delivery.attempt, attempt],
    );
    return claimed ? attempt : null;
  }

  /** Says that the attempt goes on. @returns false when it was overtaken */
  renew(id: string, attempt: number): Promise<boolean> {
    return this.update(
      `UPDATE deliveries SET sending_since = now() WHERE id = $1 AND attempt = $2 AND state = 'sending'`,
      [id, attempt],
    );
  }

  /**
   * Written right before the message leaves: from here on a lost worker leaves its end unknown.
   * @returns false when the attempt was overtaken; then nothing may leave
   */
  beginData(id: string, attempt: number): Promise<boolean> {
    return this.update(
      `UPDATE deliveries SET data_begun_at = now(), updated_at = now()
       WHERE id = $1 AND attempt = $2 AND state = 'sending' AND data_begun_at IS NULL`,
      [id, attempt],
    );
  }

  /**
   * Records how an attempt ended. An answer that comes after the claim was given up as `unknown` still counts: it is
   * the evidence that was missing.
   * @returns false when the attempt was overtaken
   */
  settle(id: string, attempt: number, state: FinalState, evidence: DeliveryEvidence): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      const [rows] = await manager.query<[Pick<Delivery, 'organization_id' | 'occurrence_id' | 'recipient'>[], number]>(
        `UPDATE deliveries SET state = $3, evidence = evidence || $4::jsonb, finished_at = now(), updated_at = now()
         WHERE id = $1 AND attempt = $2 AND state IN ('sending', 'unknown')
         RETURNING organization_id, occurrence_id, recipient`,
        [id, attempt, state, JSON.stringify([evidence])],
      );
      const [settled] = rows;
      if (!settled) return false;
      const { organization_id, occurrence_id, recipient } = settled;
      await this.audit.record(manager, {
        organizationId: organization_id,
        actor: ownWork('job'),
        action: `delivery.${state}`,
        entity: ['delivery', id],
        after: { occurrence_id, recipient, attempt },
      });
      return true;
    });
  }

  /** Gives a claim back, to be tried again at `next`. */
  release(id: string, attempt: number, evidence: DeliveryEvidence, next: Date): Promise<boolean> {
    return this.update(
      `UPDATE deliveries SET state = 'pending', sending_since = NULL, next_attempt_at = $4,
         evidence = evidence || $3::jsonb, updated_at = now()
       WHERE id = $1 AND attempt = $2 AND state = 'sending'`,
      [id, attempt, JSON.stringify([evidence]), next],
    );
  }

  /** Gives back an attempt whose message has not begun to leave, to be tried again at once. */
  handOver(id: string, evidence: DeliveryEvidence): Promise<boolean> {
    return this.update(
      `UPDATE deliveries SET state = 'pending', sending_since = NULL, next_attempt_at = now(),
         evidence = evidence || $3::jsonb, updated_at = now()
       WHERE id = $1 AND attempt = $2 AND state = 'sending' AND data_begun_at IS NULL`,
      [id, evidence.attempt, JSON.stringify([evidence])],
    );
  }

  /** Ends one that waits, without an attempt. */
  end(delivery: Delivery, state: 'failed' | 'suppressed', reason: string): Promise<boolean> {
    const evidence = { attempt: delivery.attempt, at: new Date().toISOString(), outcome: state, reason };
    return this.update(
      `UPDATE deliveries SET state = $3, finished_at = now(), updated_at = now(), evidence = evidence || $4::jsonb
       WHERE id = $1 AND state = 'pending' AND attempt = $2`,
      [delivery.id, delivery.attempt, state, JSON.stringify([evidence])],
    );
  }

  /**
   * Attempts whose worker died. Before the message began, nothing went out, and it is tried again; after that it can't be
   * known whether it did, so it is shown and never resent.
   */
  async expireClaims(): Promise<void> {
    const at = new Date().toISOString();
    await this.update(
      `UPDATE deliveries SET state = 'unknown', finished_at = now(), updated_at = now(), evidence = evidence || jsonb_build_array(
         jsonb_build_object('attempt', attempt, 'at', $2::text, 'outcome', 'unknown', 'reason', $3::text))
       WHERE state = 'sending' AND data_begun_at <= now() - make_interval(secs => $1)`,
      [this.dataSeconds, at, kept('worker_ended')],
    );
    await this.update(
      `UPDATE deliveries SET state = CASE WHEN attempt >= $4 THEN 'failed' ELSE 'pending' END, sending_since = NULL,
         finished_at = CASE WHEN attempt >= $4 THEN now() END, next_attempt_at = now(), updated_at = now(),
         evidence = evidence || jsonb_build_array(jsonb_build_object('attempt', attempt, 'at', $2::text,
           'outcome', CASE WHEN attempt >= $4 THEN 'failed' ELSE 'retry' END, 'reason', $3::text))
       WHERE state = 'sending' AND data_begun_at IS NULL AND sending_since <= now() - make_interval(secs => $1)`,
      [this.leaseSeconds, at, kept('worker_stopped'), MOST_ATTEMPTS],
    );
  }

  /** Recipients whom an occurrence's report did not reach for sure, with the reason, in a fixed order. */
  async unreached(occurrenceId: string): Promise<readonly Delivery[]> {
    const rows = await this.database.manager.find(Delivery, {
      where: { occurrence_id: occurrenceId, kind: 'report' },
      order: { recipient: 'ASC' },
    });
    return rows.filter(({ state }) => UNREACHED_STATES.includes(state));
  }

  /** @returns whether a row was changed */
  private async update(sql: string, parameters: unknown[]): Promise<boolean> {
    // For an UPDATE the driver answers with the returned rows and their count.
    const [, count] = await this.database.query<[unknown[], number]>(sql, parameters);
    return count > 0;
  }
}
