/** The rounds of a crash story on Postgres: see {@link CrashStory}. A spec of its own, so that it runs beside the other. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { ALL_ROUNDS, CrashStory, ROUND_MS, titled, type Round } from '../support/crash-story.js';
import { startPreparedPostgres } from '../support/prepared-data.js';

/** One round of each kind: being done, sending, counting, and committing twice. */
const ROUNDS = [12, 1, 3, 4, 7].map((index) => ALL_ROUNDS[index] as Round);

describe('killed in the middle of an import, on Postgres', () => {
  let dataDir: string;
  let database: EmbeddedPostgres;
  let story: CrashStory;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tributary-crash-'));
    database = await startPreparedPostgres(join(dataDir, 'own-postgres'));
    story = new CrashStory(dataDir, { DATABASE_URL: database.url, ANALYTICS_URL: database.url });
    await story.begin();
  }, 120_000);
  afterAll(async () => {
    await story?.end();
    await database?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it.each(titled(ROUNDS))('%s', (_title, round) => story.round(round), ROUND_MS);
});
