/** The rounds of a crash story on the embedded ClickHouse: see {@link CrashStory}. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALL_ROUNDS, CrashStory, ROUND_MS, titled } from '../support/crash-story.js';
import { prepareData } from '../support/prepared-data.js';

/** All of them, unless one is in a hurry while trying something. */
const ROUNDS = ALL_ROUNDS.slice(0, Number(process.env.CRASH_ROUNDS ?? ALL_ROUNDS.length));

describe('killed in the middle of an import, on the embedded ClickHouse', () => {
  let dataDir: string;
  let story: CrashStory;
  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'tributary-crash-'));
    await prepareData(dataDir);
    story = new CrashStory(dataDir);
    await story.begin();
  }, 120_000);
  afterAll(async () => {
    await story?.end();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it.each(titled(ROUNDS))('%s', (_title, round) => story.round(round), ROUND_MS);

  it('was struck before and after the decision to commit, with the sender left in the dark', () => {
    expect(story.unanswered).toEqual(expect.arrayContaining(['before', 'after']));
  });
});
