import type { EntityManager } from 'typeorm';

/**
 * Says that the organisation's analytic rows have changed, so that no answer from before is served any more. To be
 * called in the transaction that records the change as done, after the engine shows it and before anybody is told; and
 * while the change is under way the organisation must be seen to have one (an import in the state `committing`), which
 * keeps answers of that time out of the cache.
 *
 * Versions only grow, also over a restored backup: the clock goes in, so that an answer kept elsewhere never meets its
 * version again.
 */
export async function bumpDataVersion(manager: EntityManager, organizationId: string): Promise<void> {
  await manager.query(
    `UPDATE organizations
     SET data_version = greatest(data_version + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
     WHERE id = $1`,
    [organizationId],
  );
}
