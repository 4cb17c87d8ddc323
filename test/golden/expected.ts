import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';

const folder = join(packageRoot, 'test/golden/expected');
/** `UPDATE_GOLDEN=1` writes what came out, for review as a diff. */
const update = process.env.UPDATE_GOLDEN === '1';

/** The committed text; or, on an update, what came out. */
export async function expectedText(file: string, actual: string): Promise<string> {
  const path = join(folder, file);
  if (update) await writeFile(path, actual);
  return readFile(path, 'utf8').catch(() => `There is no ${file}. Run with UPDATE_GOLDEN=1 and review it.`);
}
