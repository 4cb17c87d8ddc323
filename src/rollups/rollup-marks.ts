import type { EntityManager } from 'typeorm';

/**
 * Says that rows of the organisation are about to change, so that no rollup is read for their months until it has been
 * filled anew.
 *
 * Every writer of analytic rows (imports, erasure, retention) calls it in the transaction from which the organisation
 * counts as changing (`IS_CHANGING` in `access/organization-state.ts`), before any change can be seen; and ends the
 * change, after all of it can be seen, by a transaction in which the organisation no longer counts as changing and that
 * calls `bumpDataVersion`. A month is filled only while nothing changes, and what was filled counts only if the month
 * bears the same mark afterwards: so a month that is not stale holds the rows as they are, whoever crashed in between.
 *
 * @param months `YYYY-MM` (UTC) of each row before and after the change; `all` for what only takes rows away
 */
export async function markRollups(
  manager: EntityManager,
  organizationId: string,
  months: readonly string[] | 'all',
): Promise<void> {
  if (months === 'all') {
    await manager.query(
      `UPDATE rollup_months SET is_stale = true, mark = nextval('rollup_marks') WHERE organization_id = $1`,
      [organizationId],
    );
  } else {
    await manager.query(
      `INSERT INTO rollup_months (rollup_id, organization_id, month)
       SELECT rollups.id, rollups.organization_id, month FROM rollups, unnest($2::text[]) AS month
       WHERE rollups.organization_id = $1 AND rollups.state <> 'retired' ORDER BY rollups.id, month
       ON CONFLICT (rollup_id, month) DO UPDATE SET is_stale = true, mark = nextval('rollup_marks')`,
      [organizationId, months],
    );
  }
  await bumpRollupVersion(manager, organizationId);
}

/** Has all months of one rollup filled anew. @returns how many there are */
export async function markRollup(manager: EntityManager, organizationId: string, name: string): Promise<number> {
  const [marked] = (await manager.query(
    `UPDATE rollup_months SET is_stale = true, mark = nextval('rollup_marks') FROM rollups
     WHERE rollups.id = rollup_id AND rollups.organization_id = $1 AND name = $2 AND state <> 'retired' RETURNING month`,
    [organizationId, name],
  )) as [unknown[], number];
  await bumpRollupVersion(manager, organizationId);
  return marked.length;
}

/** Whether there is anything to mark; asked under the organisation's import lock, under which rollups are made. */
export async function hasRollups(manager: EntityManager, organizationId: string): Promise<boolean> {
  const rows = (await manager.query(`SELECT FROM rollups WHERE organization_id = $1 AND state <> 'retired' LIMIT 1`, [
    organizationId,
  ])) as unknown[];
  return rows.length > 0;
}

/** Says that what is known about the organisation's rollups has changed; in the transaction that changes it, last. */
export async function bumpRollupVersion(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query(
    `UPDATE organizations SET rollup_version = CASE
       WHEN EXISTS (SELECT FROM rollups WHERE rollups.organization_id = $1 AND state <> 'retired')
       THEN nextval('rollup_marks') END
     WHERE id = $1`,
    [organizationId],
  );
}
