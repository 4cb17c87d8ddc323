import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { parseConfig } from '../config/config.js';
import { databaseOptions } from '../database.js';
import { startEmbeddedPostgres } from '../engine/embedded-postgres.js';

/**
 * Works on the installation's own database, as its owner: for what no organisation may do for itself. Reads the same
 * environment as the server, which may be running meanwhile.
 */
export async function inSystemOfRecord<T>(work: (database: DataSource) => Promise<T>): Promise<T> {
  const { databaseUrl, dataDir } = parseConfig(process.env);
  const embedded = databaseUrl === null ? await startEmbeddedPostgres({ dataDir: join(dataDir, 'postgres') }) : null;
  try {
    const database = await new DataSource(databaseOptions(databaseUrl ?? embedded?.url ?? '')).initialize();
    try {
      return await work(database);
    } finally {
      await database.destroy();
    }
  } finally {
    await embedded?.stop();
  }
}
