/** How long a server takes from its first breath to its first answer. */
import { median, progress, report, withFolder } from './report.js';
import { ServerProcess } from './server.js';

const ROUNDS = 3;
const GOAL_FIRST = 60;
const GOAL_AGAIN = 10;

export async function benchReady(): Promise<void> {
  const first: number[] = [];
  const again: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await withFolder(async (dataDir) => {
      for (const seconds of [first, again]) {
        const server = await ServerProcess.start(dataDir);
        seconds.push(server.readySeconds);
        await server.stop();
      }
    });
    progress(`ready: ${first.at(-1)?.toFixed(1)} s on an empty folder, ${again.at(-1)?.toFixed(1)} s again`);
  }
  for (const [bench, seconds, goal] of [
    ['ready_first', first, GOAL_FIRST],
    ['ready_again', again, GOAL_AGAIN],
  ] as const) {
    report({
      bench,
      ratio: median(seconds) / goal,
      unit: 'of_goal',
      seconds: median(seconds),
      goal_seconds: goal,
      worst_seconds: Math.max(...seconds),
    });
  }
}
