import type { DataSource, EntityManager } from 'typeorm';
import { IS_CHANGING } from '../access/organization-state.js';
import type { RollupLayout, RollupMonth } from '../compiler/rollup/types.js';
import type { FilledSegment } from '../engine/rollup-tables.js';
import { bumpRollupVersion } from './rollup-marks.js';

/** A rollup's table, in use or being made. */
export interface StoredRollup {
  readonly id: string;
  readonly name: string;
  readonly digest: string;
  readonly state: 'building' | 'ready';
  readonly is_listed: boolean;
  readonly layout: RollupLayout;
}

/** A month that has to be filled anew, as it was marked at the time. */
export interface StaleMonth {
  readonly rollup_id: string;
  readonly month: string;
  readonly mark: string;
}

/** Rollups that can be read, as of one version. */
export interface ReadableRollups {
  readonly version: string | null;
  readonly rollups: readonly { readonly id: string; readonly months: readonly (RollupMonth & { rows: number })[] }[];
}

/** How long a segment or table that is no longer read is kept for statements that began before. */
const GRACE = `INTERVAL '30 minutes'`;

/** What the system of record knows about rollups. */
export class RollupStore {
  constructor(private readonly database: DataSource) {}

  async inUse(organizationId: string): Promise<StoredRollup[]> {
    return this.database.query(
      `SELECT id, name, digest, state, is_listed, layout FROM rollups
       WHERE organization_id = $1 AND state <> 'retired' ORDER BY created_at, id`,
      [organizationId],
    );
  }

  /** Version and months are those of one moment. */
  async readable(organizationId: string): Promise<ReadableRollups> {
    const [found] = await this.database.query<ReadableRollups[]>(
      `SELECT organizations.rollup_version::text AS version, coalesce((
         SELECT json_agg(json_build_object('id', rollups.id, 'months', coalesce((
           SELECT json_agg(json_build_object(
             'month', month, 'segment', CASE WHEN NOT is_stale THEN segment END, 'rows', rows,
             'first', first_ms, 'last', last_ms
           )) FROM rollup_months WHERE rollup_id = rollups.id
         ), '[]'))) FROM rollups WHERE rollups.organization_id = organizations.id AND state = 'ready'
       ), '[]') AS rollups
       FROM organizations WHERE id = $1`,
      [organizationId],
    );
    return found ?? { version: null, rollups: [] };
  }

  async layout(id: string): Promise<RollupLayout | null> {
    const [found] = await this.database.query<{ layout: RollupLayout }[]>('SELECT layout FROM rollups WHERE id = $1', [
      id,
    ]);
    return found?.layout ?? null;
  }

  /**
   * Makes a rollup known, from which moment on every change of rows is marked on it. On a connection that holds the
   * organisation's import lock. @returns false while a change is under way that began before
   */
  async begin(manager: EntityManager, organizationId: string, id: string, layout: RollupLayout): Promise<boolean> {
    return manager.transaction(async (transaction) => {
      const rows = await transaction.query<unknown[]>(
        `INSERT INTO rollups (id, organization_id, name, layout, digest)
         SELECT $2, organization.id, $3, $4, $5 FROM organizations AS organization
         WHERE organization.id = $1 AND NOT ${IS_CHANGING} RETURNING id`,
        [organizationId, id, layout.definition.name, JSON.stringify(layout), layout.digest],
      );
      await bumpRollupVersion(transaction, organizationId);
      return rows.length > 0;
    });
  }

  /** All months that had rows after {@link begin}; those that get some later are marked by whoever brings them. */
  async list(organizationId: string, id: string, months: readonly string[]): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(
        `INSERT INTO rollup_months (rollup_id, organization_id, month) SELECT $2, $1, unnest($3::text[])
         ON CONFLICT (rollup_id, month) DO NOTHING`,
        [organizationId, id, months],
      );
      await transaction.query('UPDATE rollups SET is_listed = true WHERE id = $1', [id]);
      await bumpRollupVersion(transaction, organizationId);
    });
  }

  /** The newest month that can be filled now: nothing changes at this moment. */
  async nextStale(organizationId: string): Promise<StaleMonth | null> {
    const [found] = await this.database.query<StaleMonth[]>(
      `SELECT rollup_id, month, mark::text FROM rollup_months
       JOIN rollups ON rollups.id = rollup_months.rollup_id
       JOIN organizations AS organization ON organization.id = rollup_months.organization_id
       WHERE rollup_months.organization_id = $1 AND rollup_months.is_stale AND rollups.is_listed
         AND rollups.state <> 'retired' AND NOT ${IS_CHANGING}
       ORDER BY month DESC, rollup_id LIMIT 1`,
      [organizationId],
    );
    return found ?? null;
  }

  /** Before a segment is filled: it is nothing until it is published. */
  async announce(organizationId: string, rollupId: string, segment: string): Promise<void> {
    await this.database.query('INSERT INTO rollup_garbage (segment, rollup_id, organization_id) VALUES ($1, $2, $3)', [
      segment,
      rollupId,
      organizationId,
    ]);
  }

  /** Lets the segment count, unless its month was marked again meanwhile. */
  async publish(
    organizationId: string,
    { rollup_id, month, mark }: StaleMonth,
    segment: string,
    { rows, first, last }: FilledSegment,
  ): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const before = await transaction.query<{ segment: string | null }[]>(
        `SELECT segment FROM rollup_months WHERE rollup_id = $1 AND month = $2 AND mark = $3 AND is_stale
           AND EXISTS (SELECT FROM rollup_garbage WHERE rollup_garbage.segment = $4) FOR UPDATE`,
        [rollup_id, month, mark, segment],
      );
      if (before.length === 0) return;
      await transaction.query('DELETE FROM rollup_garbage WHERE segment = $1', [segment]);
      await transaction.query(
        `UPDATE rollup_months SET is_stale = false, segment = $3, rows = $4, first_ms = $5, last_ms = $6,
           refreshed_at = now() WHERE rollup_id = $1 AND month = $2`,
        [rollup_id, month, segment, rows, first, last],
      );
      if (before[0]?.segment)
        await transaction.query(
          'INSERT INTO rollup_garbage (segment, rollup_id, organization_id) VALUES ($1, $2, $3)',
          [before[0].segment, rollup_id, organizationId],
        );
      await bumpRollupVersion(transaction, organizationId);
    });
  }

  /** Lets a rollup be read that has all of its months, and takes what it replaces out of use. */
  async ready(organizationId: string, { id, name }: StoredRollup): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(
        `UPDATE rollups SET state = 'retired', retired_at = now()
         WHERE organization_id = $1 AND name = $2 AND id <> $3 AND state <> 'retired'`,
        [organizationId, name, id],
      );
      await transaction.query(
        `UPDATE rollups SET state = 'ready', ready_at = now(), problem = NULL WHERE id = $1 AND state = 'building'`,
        [id],
      );
      await bumpRollupVersion(transaction, organizationId);
    });
  }

  async hasUnfilled(id: string): Promise<boolean> {
    const rows = await this.database.query<unknown[]>(
      'SELECT FROM rollup_months WHERE rollup_id = $1 AND segment IS NULL LIMIT 1',
      [id],
    );
    return rows.length > 0;
  }

  async retire(organizationId: string, ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.database.transaction(async (transaction) => {
      await transaction.query(
        `UPDATE rollups SET state = 'retired', retired_at = now() WHERE id = ANY ($1) AND state <> 'retired'`,
        [ids],
      );
      await bumpRollupVersion(transaction, organizationId);
    });
  }

  /** The engine does not have what the months say: all of them are filled anew. */
  async distrust(organizationId: string, id: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      await transaction.query(
        `UPDATE rollup_months SET is_stale = true, mark = nextval('rollup_marks') WHERE rollup_id = $1`,
        [id],
      );
      await bumpRollupVersion(transaction, organizationId);
    });
  }

  async failed(id: string, problem: string | null): Promise<void> {
    await this.database.query('UPDATE rollups SET problem = $2 WHERE id = $1', [id, problem]);
  }

  async hit(id: string, times: number): Promise<void> {
    await this.database.query('UPDATE rollups SET hits = hits + $2, last_hit_at = now() WHERE id = $1', [id, times]);
  }

  /** What nobody reads any more: segments by their table, and whole tables. */
  async garbage(organizationId: string): Promise<{ segments: Map<string, string[]>; tables: string[] }> {
    const segments = new Map<string, string[]>();
    const found = await this.database.query<{ rollup_id: string; segment: string }[]>(
      `SELECT rollup_id, segment FROM rollup_garbage WHERE organization_id = $1 AND since < now() - ${GRACE}`,
      [organizationId],
    );
    for (const { rollup_id, segment } of found) segments.set(rollup_id, [...(segments.get(rollup_id) ?? []), segment]);
    const tables = await this.database.query<{ id: string }[]>(
      `SELECT id FROM rollups WHERE organization_id = $1 AND state = 'retired' AND retired_at < now() - ${GRACE}`,
      [organizationId],
    );
    return { segments, tables: tables.map(({ id }) => id) };
  }

  async forget(segments: readonly string[], tables: readonly string[]): Promise<void> {
    await this.database.query('DELETE FROM rollup_garbage WHERE segment = ANY ($1)', [segments]);
    await this.database.query('DELETE FROM rollups WHERE id = ANY ($1)', [tables]);
  }
}
