import { ownWork } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { importFacts, storeRates, type StoredCounts } from '../fx/rate-store.js';
import { readRates } from '../fx/read-rates.js';
import { bumpDataVersion } from '../ingestion/data-version.js';
import { inSystemOfRecord } from './system-of-record.js';

/**
 * Stores the operator's exchange rates. They count for each organisation where it has no rate of its own, so all of them
 * find the import in their trail, and no answer from before is kept.
 * @throws Problem that names each mistake; then nothing was stored
 */
export async function importForEveryone(body: string, type: 'ndjson' | 'csv'): Promise<StoredCounts> {
  const rates = readRates(body, type);
  return inSystemOfRecord((database) =>
    database.transaction(async (manager) => {
      const counts = await storeRates(manager, null, rates);
      if (counts.loaded + counts.restated === 0) return counts;
      const trail = new AuditTrail(database);
      const after = importFacts(counts, rates);
      for (const { id } of await manager.query<{ id: string }[]>('SELECT id FROM organizations ORDER BY id')) {
        await bumpDataVersion(manager, id);
        await trail.record(manager, {
          ...{ organizationId: id, actor: ownWork('command_line'), action: 'fx_rates.import_for_everyone' },
          ...{ entity: ['fx_rates', null] as const, after },
        });
      }
      return counts;
    }),
  );
}
