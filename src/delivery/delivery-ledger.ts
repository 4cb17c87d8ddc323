import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { CONVERSATION_MS } from './smtp-mailer.js';
import { Delivery, type DeliveryEvidence, type DeliveryState } from './delivery.entity.js';
import { Occurrence, type ArtifactEvidence } from './occurrence.entity.js';

/** A claim older than this has lost its worker: no conversation takes as long. */
export const LEASE_MS = 2 * CONVERSATION_MS;

export type FinalState = Exclude<DeliveryState, 'pending' | 'sending'>;

/**
 * The ledger of deliveries. Every write names the attempt that it belongs to and the state that it leaves, in one
 * UPDATE; a worker that was overtaken changes nothing.
 */
@Injectable()
export class DeliveryLedger {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly audit: AuditTrail,
  ) {}

  findOccurrence(id: string): Promise<Occurrence | null> {
    return this.database.manager.findOneBy(Occurrence, { id });
  }

  /** Those of an occurrence that wait to be sent, in a fixed order. */
  pending(occurrenceId: string): Promise<Delivery[]> {
    return this.database.manager.find(Delivery, {
      where: { occurrence_id: occurrenceId, state: 'pending' },
      order: { recipient: 'ASC' },
    });
  }

  /** True while some worker may still be talking to a mail host. */
  async anySending(occurrenceId: string): Promise<boolean> {
    return this.database.manager.existsBy(Delivery, { occurrence_id: occurrenceId, state: 'sending' });
  }

  /** Occurrences with something left to do, oldest first. */
  async unfinished(): Promise<string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT DISTINCT o.id, o.created_at FROM occurrences o JOIN deliveries d ON d.occurrence_id = o.id
       WHERE d.state IN ('pending', 'sending') ORDER BY o.created_at`,
    );
    return rows.map(({ id }) => id);
  }

  /**
   * Writes the intent to send: `pending` → `sending`, with the next attempt number.
   * @returns that number, or null when another worker has it
   */
  async claim(delivery: Delivery): Promise<number | null> {
    const attempt = delivery.attempt + 1;
    const claimed = await this.update(
      `UPDATE deliveries SET state = 'sending', attempt = $3, sending_since = now(), updated_at = now()
       WHERE id = $1 AND state = 'pending' AND attempt = $2`,
      [delivery.id, delivery.attempt, attempt],
    );
    return claimed ? attempt : null;
  }

  /** Asked right before the message leaves: does this attempt still hold the claim, and for long enough? */
  async holds(id: string, attempt: number): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(
      `SELECT 1 FROM deliveries WHERE id = $1 AND attempt = $2 AND state = 'sending'
         AND sending_since > now() - make_interval(secs => $3)`,
      [id, attempt, (LEASE_MS - CONVERSATION_MS) / 1_000],
    );
    return rows.length > 0;
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

  /** Gives a claim back, to be tried again. */
  release(id: string, attempt: number, evidence: DeliveryEvidence): Promise<boolean> {
    return this.update(
      `UPDATE deliveries SET state = 'pending', sending_since = NULL, evidence = evidence || $3::jsonb, updated_at = now()
       WHERE id = $1 AND attempt = $2 AND state = 'sending'`,
      [id, attempt, JSON.stringify([evidence])],
    );
  }

  /** Ends what was never sent. */
  async giveUp(occurrenceId: string, state: 'failed' | 'suppressed', reason: string): Promise<void> {
    await this.update(
      `UPDATE deliveries SET state = $2, finished_at = now(), updated_at = now(), evidence = evidence || jsonb_build_array(
         jsonb_build_object('attempt', attempt, 'at', $4::text, 'outcome', $2::text, 'reason', $3::text))
       WHERE occurrence_id = $1 AND state = 'pending'`,
      [occurrenceId, state, reason, new Date().toISOString()],
    );
  }

  /** Claims whose worker died: whether their mail went out can't be known, so they are shown and never resent. */
  async expireClaims(occurrenceId: string): Promise<void> {
    await this.update(
      `UPDATE deliveries SET state = 'unknown', finished_at = now(), updated_at = now(), evidence = evidence || jsonb_build_array(
         jsonb_build_object('attempt', attempt, 'at', $3::text, 'outcome', 'unknown', 'reason', $4::text))
       WHERE occurrence_id = $1 AND state = 'sending' AND sending_since <= now() - make_interval(secs => $2)`,
      [
        occurrenceId,
        LEASE_MS / 1_000,
        new Date().toISOString(),
        'The worker ended while it was sending; the mail may or may not have gone out.',
      ],
    );
  }

  async recordArtifacts(occurrenceId: string, artifacts: readonly ArtifactEvidence[]): Promise<void> {
    await this.update('UPDATE occurrences SET artifacts = $2::jsonb WHERE id = $1', [
      occurrenceId,
      JSON.stringify(artifacts),
    ]);
  }

  /** @returns whether a row was changed */
  private async update(sql: string, parameters: unknown[]): Promise<boolean> {
    // For an UPDATE the driver answers with the returned rows and their count.
    const [, count] = await this.database.query<[unknown[], number]>(sql, parameters);
    return count > 0;
  }
}
