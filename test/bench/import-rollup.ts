/** What a rollup adds to an import: until the answer, and until the rollup has taken the rows in. */
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { progress, report, timed, withFolder } from './report.js';
import { Door } from './rollup.js';
import { rowChunks } from './rows.js';
import { ServerProcess } from './server.js';

const ROWS = 200_000;
const ROUNDS = 3;

interface Cost {
  ms: number;
  seconds: number;
}

export const benchImportRollup = (): Promise<void> =>
  withFolder(async (folder) => {
    // No rollups but the one that is measured.
    process.env.ROLLUP_MIN_ROWS = 'off';
    const server = await ServerProcess.start(join(folder, 'data'));
    const door = new Door(server.base);
    const costs = { without: { ms: 0, seconds: 0 }, answered: { ms: 0, seconds: 0 }, current: { ms: 0, seconds: 0 } };
    const measured = async (into: Cost, job: () => Promise<unknown>): Promise<void> => {
      const before = server.processorSeconds();
      into.ms += (await timed(job)).ms / ROUNDS;
      into.seconds += (server.processorSeconds() - before) / ROUNDS;
    };
    const load = (tag: string): Promise<unknown> => server.importRows(Readable.from(rowChunks(ROWS, tag)));
    try {
      await load('before');
      for (let round = 0; round < ROUNDS; round++) await measured(costs.without, () => load(`without-${round}`));
      await door.rollUp();
      for (let round = 0; round < ROUNDS; round++) {
        await measured(costs.answered, () => load(`with-${round}`));
        await measured(costs.current, () => door.current());
        progress(`import_rollup: round ${round + 1} of ${ROUNDS}`);
      }
    } finally {
      await server.stop();
    }
    const { without, answered, current } = costs;
    report({
      bench: 'import_rollup',
      ratio: answered.ms / without.ms,
      unit: 'x_import_without',
      rows: ROWS,
      without_ms: without.ms,
      answered_ms: answered.ms,
      until_current_ms: current.ms,
      processor_ratio: (answered.seconds + current.seconds) / without.seconds,
      without_processor_s: without.seconds,
      answered_processor_s: answered.seconds,
      until_current_processor_s: current.seconds,
    });
  });
