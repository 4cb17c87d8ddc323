import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { migrateDatabase } from './database.js';
import type { AppConfig } from './config/config.js';
import { createEngine } from './engine/create-engine.js';
import { startEmbeddedPostgres } from './engine/embedded-postgres.js';
import type { Engine } from './engine/engine.js';
import { LibraryService } from './metrics/library.service.js';
import { typedFields } from './metrics/typed-fields.js';
import { keyRingOf } from './secrets/key-ring.js';

/** The stores of one process, open and up to date. */
export interface Stores {
  /** The configuration with the address and the key for secrets of the embedded database filled in. */
  readonly config: AppConfig;
  readonly engine: Engine;
  /** Closes the engine, then stops the embedded database if this process started it. */
  close(): Promise<void>;
}

/** Starts what is embedded, connects to what is not, and migrates both. */
export async function openStores(config: AppConfig): Promise<Stores> {
  mkdirSync(config.dataDir, { recursive: true });
  const embedded =
    config.databaseUrl === null ? await startEmbeddedPostgres({ dataDir: join(config.dataDir, 'postgres') }) : null;
  const databaseUrl = config.databaseUrl ?? embedded?.url ?? '';
  try {
    await migrateDatabase(databaseUrl);
    const engine = await createEngine({
      url: config.analyticsUrl,
      queryMemoryBytes: config.queryMemoryBytes,
      typedFields: typedFields(new LibraryService().library),
    });
    await engine.migrate();
    return {
      config: Object.freeze({ ...config, databaseUrl, secretKeys: keyRingOf(config) }),
      engine,
      close: async () => {
        await engine.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}
