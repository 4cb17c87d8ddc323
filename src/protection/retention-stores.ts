import type { EntityManager } from 'typeorm';
import type { RetentionType } from './retention-rules.js';

/** What of a store in the system of record is older than a rule keeps it. */
export interface AgedRecords {
  readonly count: number;
  readonly oldest: string | null;
  readonly newest: string | null;
}

interface Store {
  /** What stands behind FROM and WHERE; $1 is the organisation, $2 the instant. The records are named `old`. */
  readonly select: string;
  /** When a record was over. */
  readonly at: string;
  /** Makes one record of several rows. */
  readonly unit?: string;
  readonly remove: readonly string[];
}

const ENDED_IMPORTS = `imports AS old WHERE old.organization_id = $1 AND old.state IN ('done', 'failed', 'aborted') AND old.finished_at < $2`;
/** What is read now, and the runs that it is made of, stay. */
const OLD_RUNS = `attribution_runs AS old WHERE old.organization_id = $1 AND old.finished_at < $2
  AND old.state IN ('succeeded', 'failed', 'cancelled') AND NOT EXISTS (
    SELECT FROM (SELECT run_id, runs FROM attribution_publications WHERE organization_id = $1 ORDER BY number DESC LIMIT 1) AS live
    WHERE live.run_id = old.id OR old.rows_id = ANY (live.runs))`;
/** The latest of each view stays: it says when the report last went out. */
const OLD_OCCURRENCES = `occurrences AS old WHERE old.organization_id = $1 AND old.finished_at < $2
  AND old.state IN ('finished', 'skipped', 'suppressed', 'missed', 'failed', 'cancelled')
  AND NOT EXISTS (SELECT FROM deliveries WHERE occurrence_id = old.id AND state IN ('pending', 'sending'))
  AND EXISTS (SELECT FROM occurrences AS later WHERE later.organization_id = $1 AND later.view_id = old.view_id
    AND (later.created_at, later.id) > (old.created_at, old.id))`;

const STORES: Readonly<Record<Exclude<RetentionType, 'rows'>, Store>> = {
  rejects: {
    select: `import_rejects AS line JOIN imports AS old ON old.id = line.import_id WHERE line.organization_id = $1
      AND old.state IN ('done', 'failed', 'aborted') AND old.finished_at < $2`,
    at: 'old.finished_at',
    remove: [
      `DELETE FROM import_rejects WHERE organization_id = $1 AND import_id IN (SELECT old.id FROM ${ENDED_IMPORTS})`,
      `UPDATE imports SET rejects_stored = 0 WHERE id IN (SELECT old.id FROM ${ENDED_IMPORTS}) AND rejects_stored > 0`,
    ],
  },
  imports: {
    select: ENDED_IMPORTS,
    at: 'old.finished_at',
    remove: [`DELETE FROM imports WHERE id IN (SELECT old.id FROM ${ENDED_IMPORTS})`],
  },
  attribution_runs: {
    select: OLD_RUNS,
    at: 'old.finished_at',
    remove: [`DELETE FROM attribution_runs WHERE id IN (SELECT old.id FROM ${OLD_RUNS})`],
  },
  report_files: {
    select: 'report_files AS old WHERE old.organization_id = $1 AND old.created_at < $2',
    at: 'old.created_at',
    unit: '(old.occurrence_id, old.attempt, old.name)',
    remove: ['DELETE FROM report_files AS old WHERE old.organization_id = $1 AND old.created_at < $2'],
  },
  deliveries: {
    select: OLD_OCCURRENCES,
    at: 'old.finished_at',
    remove: [`DELETE FROM occurrences WHERE id IN (SELECT old.id FROM ${OLD_OCCURRENCES})`],
  },
};

export async function countAged(
  manager: EntityManager,
  type: Exclude<RetentionType, 'rows'>,
  organizationId: string,
  before: Date,
): Promise<AgedRecords> {
  const { select, at, unit } = STORES[type];
  const [row] = await manager.query<{ count: string; oldest: Date | null; newest: Date | null }[]>(
    `SELECT count(${unit ? `DISTINCT ${unit}` : '*'}) AS count, min(${at}) AS oldest, max(${at}) AS newest FROM ${select}`,
    [organizationId, before],
  );
  return {
    count: Number(row?.count),
    oldest: row?.oldest?.toISOString() ?? null,
    newest: row?.newest?.toISOString() ?? null,
  };
}

export async function removeAged(
  manager: EntityManager,
  type: Exclude<RetentionType, 'rows'>,
  organizationId: string,
  before: Date,
): Promise<void> {
  for (const sql of STORES[type].remove) await manager.query(sql, [organizationId, before]);
}

/** Attempts of attribution runs that go, whose rows lie in the engine. */
export async function agedAttempts(manager: EntityManager, organizationId: string, before: Date): Promise<string[]> {
  const rows = await manager.query<{ rows_id: string }[]>(
    `SELECT old.rows_id FROM ${OLD_RUNS} AND old.rows_id IS NOT NULL`,
    [organizationId, before],
  );
  return rows.map(({ rows_id }) => rows_id);
}
