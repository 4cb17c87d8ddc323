import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { newId } from '../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { Delivery, UNREACHED_STATES, type DeliveryEvidence } from './delivery.entity.js';
import { Occurrence, type ArtifactEvidence, type EndState } from './occurrence.entity.js';

/** With as many failures the report is given up. A worker that died counts one, since the report may not be to blame… */
export const MOST_FAILURES = 10;
/** …an error of the report itself counts more. */
const ERROR_WEIGHT = 2;
/** Whether one more error is the last. */
export const isLastError = ({ failures }: Pick<Occurrence, 'failures'>): boolean =>
  failures + ERROR_WEIGHT >= MOST_FAILURES;
/** An occurrence that could not be begun for so long after its time is missed. */
export const CATCH_UP_MS = 24 * 3_600_000;

/** Those of one schedule run one after the other. */
const NO_EARLIER_ONE = `NOT EXISTS (
  SELECT FROM occurrences AS earlier WHERE earlier.schedule_id = mine.schedule_id
    AND earlier.due_at < mine.due_at AND earlier.state IN ('planned', 'running'))`;

/** Its deliveries exist, and each has ended. */
const CAN_FINISH = `mine.state = 'sending' AND NOT EXISTS (
  SELECT FROM deliveries WHERE occurrence_id = mine.id AND kind = 'report' AND state IN ('pending', 'sending'))`;

/** A row to be woken. Each claim counts `attempt`, so a wake-up that a dead worker took with it is told from the next. */
export interface Wakeable {
  readonly id: string;
  readonly attempt: number;
}

/** A claim on an occurrence: who holds it may write, as long as `attempt` is the last. */
export interface OccurrenceClaim {
  readonly occurrence: Occurrence;
  readonly attempt: number;
}

/**
 * The ledger of occurrences. Uniqueness, leases and fencing are Postgres's; every write names the claim that it belongs
 * to, so a worker that was overtaken changes nothing.
 */
@Injectable()
export class OccurrenceLedger {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(APP_CONFIG) private readonly config: Pick<AppConfig, 'mailSeconds'>,
  ) {}

  /** A run that has not renewed its claim for so long has lost its worker. */
  get leaseSeconds(): number {
    return 0.4 * this.config.mailSeconds;
  }

  find(id: string): Promise<Occurrence | null> {
    return this.database.manager.findOneBy(Occurrence, { id });
  }

  /**
   * Takes an occurrence whose time has come, or whose worker died. Those of one schedule run one after the other.
   * @returns null when there is nothing to take
   */
  async claim(id: string): Promise<OccurrenceClaim | null> {
    const [rows] = await this.database.query<[{ id: string }[], number]>(
      `UPDATE occurrences AS mine
       SET state = 'running', attempt = attempt + 1,
         failures = failures + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
         lease_until = now() + make_interval(secs => $2)
       WHERE id = (
         SELECT id FROM occurrences WHERE id = $1 AND (
           (state = 'planned' AND not_before <= now()) OR (state = 'running' AND lease_until <= now())
         ) FOR UPDATE SKIP LOCKED
       ) AND ${NO_EARLIER_ONE}
       RETURNING id`,
      [id, this.leaseSeconds],
    );
    if (rows.length === 0) return null;
    const occurrence = await this.find(id);
    return occurrence && { occurrence, attempt: occurrence.attempt };
  }

  /** Says that the worker lives. @returns false when it was overtaken */
  renew({ occurrence, attempt }: OccurrenceClaim): Promise<boolean> {
    return this.update(
      `UPDATE occurrences SET lease_until = now() + make_interval(secs => $3)
       WHERE id = $1 AND attempt = $2 AND state = 'running'`,
      [occurrence.id, attempt, this.leaseSeconds],
    );
  }

  /**
   * Gives a claim back, to be taken again at `until`.
   * @param isFailure true when the run broke off, false when it only has to wait
   */
  release({ occurrence, attempt }: OccurrenceClaim, until: Date, reason: string, isFailure: boolean): Promise<boolean> {
    return this.update(
      `UPDATE occurrences SET state = 'planned', lease_until = NULL, not_before = $3, reason = $4,
         failures = failures + $5::int
       WHERE id = $1 AND attempt = $2 AND state = 'running'`,
      [occurrence.id, attempt, until, reason, isFailure ? ERROR_WEIGHT : 0],
    );
  }

  /** The report is made: writes one delivery for each recipient, once. @returns null when the claim was overtaken */
  async beginSending(
    { occurrence, attempt }: OccurrenceClaim,
    recipients: readonly string[],
    remarks: readonly string[],
    artifacts: readonly ArtifactEvidence[],
  ): Promise<readonly string[] | null> {
    return this.database.transaction(async (manager) => {
      const isMine = await this.update(
        `UPDATE occurrences SET state = 'sending', lease_until = NULL, reason = NULL, remarks = $3::jsonb,
           artifacts = $4::jsonb
         WHERE id = $1 AND attempt = $2 AND state = 'running'`,
        [occurrence.id, attempt, JSON.stringify(remarks), JSON.stringify(artifacts)],
        manager,
      );
      if (!isMine) return null;
      await insertDeliveries(manager, occurrence, recipients, null);
      const written = await manager.find(Delivery, { where: { occurrence_id: occurrence.id }, select: { id: true } });
      return written.map(({ id }) => id);
    });
  }

  /**
   * Ends an occurrence without a report; each recipient gets an entry that says why.
   * @param owner whom to tell; null for nobody
   * @returns the delivery that tells them; null without one, or when the claim was overtaken
   */
  async end(
    { occurrence, attempt }: OccurrenceClaim,
    state: Exclude<EndState, 'finished'>,
    reason: string,
    recipients: readonly string[],
    owner: string | null,
  ): Promise<string | null> {
    return this.database.transaction(async (manager) => {
      const isMine = await this.update(
        `UPDATE occurrences SET state = $3, reason = $4, lease_until = NULL, finished_at = now()
         WHERE id = $1 AND attempt = $2 AND state = 'running'`,
        [occurrence.id, attempt, state, reason],
        manager,
      );
      if (!isMine) return null;
      const outcome = state === 'failed' ? 'failed' : 'suppressed';
      await insertDeliveries(manager, occurrence, recipients, {
        attempt: 0,
        at: new Date().toISOString(),
        outcome,
        reason,
      });
      if (owner === null) return null;
      const id = newId();
      await manager.insert(Delivery, {
        id,
        organization_id: occurrence.organization_id,
        occurrence_id: occurrence.id,
        recipient: owner,
        kind: 'failure_notice',
      });
      return id;
    });
  }

  /**
   * Closes an occurrence of which every delivery has ended, and writes to its owner if it did not reach everyone: both or
   * neither, so that no worker's death between them loses the notice.
   * @param owner whom to tell; null where there is no such person
   * @returns the delivery that tells them; null without one, or when another call closed it
   */
  async finish(id: string, owner: string | null): Promise<string | null> {
    const [notice] = await this.database.query<{ id: string }[]>(
      `WITH closed AS (
         UPDATE occurrences AS mine SET state = 'finished', finished_at = now() WHERE id = $1 AND ${CAN_FINISH}
         RETURNING id, organization_id)
       INSERT INTO deliveries (id, organization_id, occurrence_id, recipient, kind)
       SELECT $2, organization_id, id, $3, 'failure_notice' FROM closed
       WHERE $3::text IS NOT NULL AND EXISTS (
         SELECT FROM deliveries WHERE occurrence_id = $1 AND kind = 'report' AND state = ANY ($4))
       RETURNING id`,
      [id, newId(), owner, UNREACHED_STATES],
    );
    return notice?.id ?? null;
  }

  /** Whether each of its deliveries has ended and nobody has closed it yet. */
  async isToFinish(id: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(
      `SELECT FROM occurrences AS mine WHERE id = $1 AND ${CAN_FINISH}`,
      [id],
    );
    return rows.length > 0;
  }

  /** What a sweep has to wake: due occurrences that may run now, and those whose worker died, oldest first. */
  toRun(limit: number): Promise<readonly Wakeable[]> {
    return this.database.query<Wakeable[]>(
      `SELECT id, attempt FROM occurrences AS mine
       WHERE ((state = 'planned' AND not_before <= now()) OR (state = 'running' AND lease_until <= now()))
         AND ${NO_EARLIER_ONE}
       ORDER BY not_before, due_at, id LIMIT $1`,
      [limit],
    );
  }

  /** The one of the same schedule that may run now since `occurrence` does no longer; null without one. */
  async following({ schedule_id }: Occurrence): Promise<Wakeable | null> {
    if (schedule_id === null) return null;
    const [next] = await this.database.query<Wakeable[]>(
      `SELECT id, attempt FROM occurrences AS mine
       WHERE schedule_id = $1 AND state = 'planned' AND not_before <= now() AND ${NO_EARLIER_ONE} LIMIT 1`,
      [schedule_id],
    );
    return next ?? null;
  }

  /** Occurrences whose deliveries have all ended and that nobody has closed yet. */
  async toFinish(): Promise<readonly string[]> {
    const rows = await this.database.query<{ id: string }[]>(
      `SELECT id FROM occurrences AS mine WHERE ${CAN_FINISH} LIMIT 500`,
    );
    return rows.map(({ id }) => id);
  }

  private async update(
    sql: string,
    parameters: unknown[],
    manager: EntityManager = this.database.manager,
  ): Promise<boolean> {
    // For an UPDATE the driver answers with the returned rows and their count.
    const [, count] = await manager.query<[unknown[], number]>(sql, parameters);
    return count > 0;
  }
}

/** @param ended evidence of an end that came before any attempt; null for deliveries that are to go out */
async function insertDeliveries(
  manager: EntityManager,
  { id, organization_id }: Occurrence,
  recipients: readonly string[],
  ended: DeliveryEvidence | null,
): Promise<void> {
  if (recipients.length === 0) return;
  await manager
    .createQueryBuilder()
    .insert()
    .into(Delivery)
    .values(
      recipients.map((recipient) => ({
        id: newId(),
        organization_id,
        occurrence_id: id,
        recipient,
        kind: 'report' as const,
        state: ended === null ? ('pending' as const) : (ended.outcome as 'failed' | 'suppressed'),
        evidence: ended === null ? [] : [ended],
        finished_at: ended === null ? null : new Date(),
      })),
    )
    .orIgnore()
    .execute();
}
