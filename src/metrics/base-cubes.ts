import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../common/package-root.js';
import type { CubeFile } from '../compiler/cube/generate.js';

/** The files of `cube-models/`. */
export function baseCubes(): readonly CubeFile[] {
  const folder = join(packageRoot, 'cube-models');
  return readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((fileName) => ({ fileName, content: readFileSync(join(folder, fileName), 'utf8') }));
}
