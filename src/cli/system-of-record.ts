import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { acrossOrganizations } from '../access/tenancy/scope.js';
import { parseConfig } from '../config/config.js';
import { migrateDatabase, scopedDatabaseOptions } from '../database.js';
import { startEmbeddedPostgres } from '../engine/embedded-postgres.js';

/**
 * Works on the installation's own database, over all organisations: for what none of them may do for itself. Reads the
 * same environment as the server, which may be running meanwhile.
 */
export async function inSystemOfRecord<T>(work: (database: DataSource) => Promise<T>): Promise<T> {
  const { databaseUrl, dataDir } = parseConfig(process.env);
  const embedded = databaseUrl === null ? await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') }) : null;
  try {
    const url = databaseUrl ?? embedded?.url ?? '';
    await migrateDatabase(url);
    return await acrossOrganizations('the operator’s command line', async () => {
      const database = await new DataSource(scopedDatabaseOptions(url)).initialize();
      try {
        return await work(database);
      } finally {
        await database.destroy();
      }
    });
  } finally {
    await embedded?.stop();
  }
}
