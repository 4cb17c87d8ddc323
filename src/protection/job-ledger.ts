import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Actor } from '../audit/actor.js';
import { notFound } from '../common/problem.js';
import { isUuid, newId } from '../common/uuid.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import { markRollups } from '../rollups/rollup-marks.js';
import type { JobState, ProtectionJob, StoreEvidence } from './protection-job.js';

/** The ledger of retention runs and erasures: what is to be done, how far it is, and what came of it. */
@Injectable()
export class JobLedger {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async create(
    manager: EntityManager,
    job: Pick<ProtectionJob, 'organization_id' | 'kind' | 'request'> & { readonly actor: Actor },
  ): Promise<string> {
    const id = newId();
    await manager.query(
      `INSERT INTO protection_jobs (id, organization_id, kind, state, request, actor) VALUES ($1, $2, $3, 'queued', $4, $5)`,
      [id, job.organization_id, job.kind, JSON.stringify(job.request), JSON.stringify(job.actor)],
    );
    return id;
  }

  /** @throws Problem 404 */
  async get(organizationId: string, kind: ProtectionJob['kind'], id: string): Promise<ProtectionJob> {
    const [job] = isUuid(id)
      ? await this.database.query<ProtectionJob[]>(
          'SELECT * FROM protection_jobs WHERE organization_id = $1 AND kind = $2 AND id = $3',
          [organizationId, kind, id],
        )
      : [];
    if (!job) throw notFound(`There is no ${kind === 'erasure' ? 'erasure' : 'retention run'} ${id.slice(0, 60)}.`);
    return job;
  }

  find(id: string): Promise<ProtectionJob | null> {
    return this.database
      .query<ProtectionJob[]>('SELECT * FROM protection_jobs WHERE id = $1', [id])
      .then(([job]) => job ?? null);
  }

  /** Newest first. */
  newest(organizationId: string, kind: ProtectionJob['kind'], limit: number): Promise<ProtectionJob[]> {
    return this.database.query<ProtectionJob[]>(
      `SELECT * FROM protection_jobs WHERE organization_id = $1 AND kind = $2 ORDER BY created_at DESC, id DESC LIMIT $3`,
      [organizationId, kind, limit],
    );
  }

  /** What is not finished, over all organisations. */
  open(): Promise<Pick<ProtectionJob, 'id' | 'organization_id'>[]> {
    return this.database.query(
      `SELECT id, organization_id FROM protection_jobs WHERE state IN ('queued', 'running', 'purging') ORDER BY created_at`,
    );
  }

  async begin(id: string): Promise<void> {
    await this.database.query(
      `UPDATE protection_jobs SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, now())
       WHERE id = $1 AND state IN ('queued', 'running')`,
      [id],
    );
  }

  /**
   * From here on the organisation's rows count as changing, and no rollup is read for these months. To be called on the
   * connection that holds the organisation's import lock.
   */
  async changing(
    manager: EntityManager,
    { id, organization_id }: ProtectionJob,
    months: readonly string[],
  ): Promise<void> {
    await manager.transaction(async (transaction) => {
      await transaction.query('UPDATE protection_jobs SET is_changing = true WHERE id = $1', [id]);
      if (months.length > 0) await markRollups(transaction, organization_id, months);
    });
  }

  /** All of the change can be seen: answers of before are not given any more. */
  async changed(
    manager: EntityManager,
    { id, organization_id }: ProtectionJob,
    to: { readonly state: JobState; readonly evidence: readonly StoreEvidence[]; readonly since?: string | null },
    within: (transaction: EntityManager) => Promise<void>,
  ): Promise<void> {
    await manager.transaction(async (transaction) => {
      await transaction.query(
        `UPDATE protection_jobs SET is_changing = false, state = $2, evidence = $3, engine_since = $4,
           finished_at = CASE WHEN $2 = 'done' THEN now() END WHERE id = $1`,
        [id, to.state, JSON.stringify(to.evidence), to.since ?? null],
      );
      await bumpDataVersion(transaction, organization_id);
      await within(transaction);
    });
  }

  async keep(id: string, evidence: readonly StoreEvidence[]): Promise<void> {
    await this.database.query('UPDATE protection_jobs SET evidence = $2 WHERE id = $1', [id, JSON.stringify(evidence)]);
  }

  /** It could not be done this time; it is tried again until it is, and says meanwhile why not. */
  async note(id: string, problem: ProtectionJob['problem']): Promise<void> {
    await this.database.query('UPDATE protection_jobs SET problem = $2 WHERE id = $1', [
      id,
      problem === null ? null : JSON.stringify(problem),
    ]);
  }
}
