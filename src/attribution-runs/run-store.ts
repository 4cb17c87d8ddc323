import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { OPEN_CHANGES } from '../access/organization-state.js';
import { newId } from '../common/uuid.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import type { Parameters } from '../attribution/models/parameters.js';
import type { RunKind, RunRequest, RunResult, RunRow } from './run-row.js';

/** The ledger of runs, and the list of those that are read. */
@Injectable()
export class RunStore {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async create(
    manager: EntityManager,
    organizationId: string,
    kind: RunKind,
    request: RunRequest,
    userId: string | null,
  ): Promise<string> {
    const id = newId();
    await manager.query(
      `INSERT INTO attribution_runs (id, organization_id, kind, state, parameters, models, created_by)
       VALUES ($1, $2, $3, 'queued', $4, $5, $6)`,
      [id, organizationId, kind, JSON.stringify(request), request.models, userId],
    );
    return id;
  }

  /** Of the organisation, ISO 4217. */
  async currency(organizationId: string): Promise<string> {
    const rows = (await this.database.query('SELECT currency FROM organizations WHERE id = $1', [organizationId])) as {
      currency: string;
    }[];
    if (!rows[0]) throw new Error('The organisation is gone.');
    return rows[0].currency;
  }

  async find(organizationId: string, id: string): Promise<RunRow | null> {
    const rows = (await this.database.query('SELECT * FROM attribution_runs WHERE organization_id = $1 AND id = $2', [
      organizationId,
      id,
    ])) as RunRow[];
    return rows[0] ?? null;
  }

  /** Newest first. @param before id of the run after which to go on, of the organisation's own */
  async newest(organizationId: string, limit: number, before: string | null = null): Promise<RunRow[]> {
    return (await this.database.query(
      `SELECT * FROM attribution_runs WHERE organization_id = $1 AND ($3::uuid IS NULL OR (created_at, id) < (
         SELECT created_at, id FROM attribution_runs WHERE organization_id = $1 AND id = $3
       )) ORDER BY created_at DESC, id DESC LIMIT $2`,
      [organizationId, limit, before],
    )) as RunRow[];
  }

  /** The run that was published last; null before the first. */
  async published(organizationId: string): Promise<RunRow | null> {
    const rows = (await this.database.query(
      `SELECT run.* FROM attribution_publications AS publication JOIN attribution_runs AS run ON run.id = publication.run_id
       WHERE publication.organization_id = $1 ORDER BY publication.number DESC LIMIT 1`,
      [organizationId],
    )) as RunRow[];
    return rows[0] ?? null;
  }

  /** An attempt takes the run over from any before it. @returns false when there is nothing left to do */
  async begin(id: string, rowsId: string): Promise<boolean> {
    return this.changed(
      `UPDATE attribution_runs SET state = 'running', rows_id = $2, started_at = now(), chunks_done = 0
       WHERE id = $1 AND state IN ('queued', 'running') AND NOT cancel_requested RETURNING id`,
      [id, rowsId],
    );
  }

  async plan(id: string, rowsId: string, settings: Parameters, chunks: number): Promise<void> {
    await this.database.query('UPDATE attribution_runs SET settings = $3, chunks = $4 WHERE id = $1 AND rows_id = $2', [
      id,
      rowsId,
      JSON.stringify(settings),
      chunks,
    ]);
  }

  async progress(id: string, rowsId: string, done: number): Promise<void> {
    await this.database.query('UPDATE attribution_runs SET chunks_done = $3 WHERE id = $1 AND rows_id = $2', [
      id,
      rowsId,
      done,
    ]);
  }

  /** Whether the attempt still may go on. */
  async isWanted(id: string, rowsId: string): Promise<boolean> {
    return this.changed(
      `SELECT id FROM attribution_runs WHERE id = $1 AND rows_id = $2 AND state = 'running' AND NOT cancel_requested`,
      [id, rowsId],
    );
  }

  /**
   * In one transaction: the run has succeeded, it and its chain are what is read from now on (unless it is an analysis),
   * and no answer from before is served any more. @returns false when the attempt is no longer wanted
   */
  async succeed(run: RunRow, rowsId: string, runs: readonly string[], result: RunResult): Promise<boolean> {
    return this.database.transaction(async (manager) => {
      const rows = (await manager.query(
        `UPDATE attribution_runs SET state = 'succeeded', finished_at = now(), result = $3, runs = $4
         WHERE id = $1 AND rows_id = $2 AND state = 'running' AND NOT cancel_requested RETURNING id`,
        [run.id, rowsId, JSON.stringify(result), runs],
      )) as [unknown[], number];
      if (rows[1] !== 1) return false;
      if (run.kind === 'analysis') return true;
      await manager.query(
        `INSERT INTO attribution_publications (organization_id, number, run_id, runs)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3 FROM attribution_publications WHERE organization_id = $1`,
        [run.organization_id, run.id, runs],
      );
      await bumpDataVersion(manager, run.organization_id);
      return true;
    });
  }

  async fail(id: string, state: 'failed' | 'cancelled', problem: RunRow['problem']): Promise<void> {
    await this.database.query(
      `UPDATE attribution_runs SET state = $2, problem = $3, finished_at = now() WHERE id = $1 AND state IN ('queued', 'running')`,
      [id, state, problem === null ? null : JSON.stringify(problem)],
    );
  }

  /** A queued run is cancelled at once, a running one as soon as it notices. */
  async cancel(manager: EntityManager, organizationId: string, id: string): Promise<void> {
    await manager.query(
      `UPDATE attribution_runs SET cancel_requested = true,
         state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
         finished_at = CASE WHEN state = 'queued' THEN now() ELSE finished_at END
       WHERE organization_id = $1 AND id = $2 AND state IN ('queued', 'running')`,
      [organizationId, id],
    );
  }

  /** Runs that nothing works on any more, though they are not finished. */
  async unfinished(): Promise<{ id: string; organization_id: string }[]> {
    return (await this.database.query(
      `SELECT id, organization_id FROM attribution_runs WHERE state IN ('queued', 'running')`,
    )) as { id: string; organization_id: string }[];
  }

  /** Notes an attempt that was given up: the engine may still be writing rows for it. */
  async abandon(organizationId: string, rowsId: string): Promise<void> {
    await this.database.query(
      'INSERT INTO attribution_abandoned (rows_id, organization_id) VALUES ($1, $2) ON CONFLICT DO NOTHING',
      [rowsId, organizationId],
    );
  }

  /** Attempts that were given up so long ago that nothing writes for them any more, by organisation. */
  async abandoned(ms: number): Promise<{ organization_id: string; rows_ids: string[] }[]> {
    return (await this.database.query(
      `SELECT organization_id, array_agg(rows_id) AS rows_ids FROM attribution_abandoned
       WHERE abandoned_at < now() - $1 * interval '1 millisecond' GROUP BY organization_id`,
      [ms],
    )) as { organization_id: string; rows_ids: string[] }[];
  }

  /** Notes that none of their rows is left. */
  async tidied(rowsIds: readonly string[]): Promise<void> {
    await this.database.query('DELETE FROM attribution_abandoned WHERE rows_id = ANY ($1::uuid[])', [rowsIds]);
  }

  /** Notes that the engine has no rows of these attempts any more. */
  async dropped(organizationId: string, rowsIds: readonly string[]): Promise<void> {
    await this.database.query(
      'UPDATE attribution_runs SET rows_id = NULL WHERE organization_id = $1 AND rows_id = ANY ($2::uuid[])',
      [organizationId, rowsIds],
    );
  }

  /** Changes whose rows may not be visible yet. */
  async committing(organizationId: string, changes: readonly string[]): Promise<Set<string>> {
    const rows = (await this.database.query(OPEN_CHANGES, [organizationId, changes])) as { id: string }[];
    return new Set(rows.map(({ id }) => id));
  }

  private async changed(sql: string, params: readonly unknown[]): Promise<boolean> {
    const answer = (await this.database.query(sql, [...params])) as unknown[] | [unknown[], number];
    return Array.isArray(answer[0]) ? answer[1] === 1 : answer.length === 1;
  }
}
