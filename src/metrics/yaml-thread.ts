import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { packageRoot } from '../common/package-root.js';
import { refused, type YamlContent } from './yaml-content.js';

/** A file of a thousand definitions takes about a tenth of it. */
const MOST_SECONDS = 5;
const HEAP_MB = 256;

/** The built file; from the sources (in tests) the one that the last build made of them. */
const SCRIPT = ((): string => {
  const beside = fileURLToPath(new URL('./yaml-worker.js', import.meta.url));
  return existsSync(beside) ? beside : join(packageRoot, 'dist/app/yaml-worker.js');
})();

/**
 * Reads YAML in a thread of its own: a text of a megabyte can keep a parser busy for minutes, and nobody else is to wait
 * for it.
 */
export function readYamlInThread(text: string): Promise<YamlContent> {
  const worker = new Worker(SCRIPT, { workerData: text, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } });
  return new Promise<YamlContent>((resolve) => {
    const giveUp = (): void =>
      resolve(refused('The file is too complex to be read; write it plainly, or split it.', 1, 1));
    const timer = setTimeout(giveUp, MOST_SECONDS * 1_000);
    worker.once('message', resolve);
    worker.once('error', giveUp);
    worker.once('exit', () => {
      clearTimeout(timer);
      giveUp();
    });
  }).finally(() => worker.terminate());
}
