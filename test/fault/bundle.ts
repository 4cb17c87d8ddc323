/**
 * Makes a worker cheap to start, since a fault run starts hundreds: its code in one file, and what V8 compiled of it beside.
 * Nothing else about the code differs.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** Packages ask for others that may not be there; those are left to be asked for at run time. */
const leaveAbsentOnes: Plugin = {
  name: 'leave absent packages',
  setup: (builder) => {
    builder.onResolve({ filter: /^[^./]/ }, ({ path, resolveDir }) => {
      if (isBuiltin(path)) return { path, external: true };
      try {
        createRequire(join(resolveDir, 'x.js')).resolve(path);
        return undefined;
      } catch {
        // Published as an ES module only, or absent.
        return /^(@nestjs|@apollo|class-|ts-morph|mysql|sqlite|mongodb|pg-native|oracledb|redis$)/.test(path)
          ? { path, external: true }
          : undefined;
      }
    });
  },
};

/** Nest's TypeORM module asks for TypeORM by itself at run time: without this it would be loaded twice, and once uncompiled. */
const oneTypeorm: Plugin = {
  name: 'one TypeORM',
  setup: (builder) => {
    builder.onLoad({ filter: /typeorm-compat\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('const require = createRequire(import.meta.url);', ''),
    }));
  },
};

/** Loads the bundle with its compiled code. Written out, since it must not load anything else itself. */
const LAUNCHER = `
const { readFileSync, writeFileSync, existsSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');
const [, , bundle, cache] = process.argv;
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const source = '(function(exports,require,module,__filename,__dirname){' + readFileSync(bundle, 'utf8') + '\\n})';
const script = new Script(source, { filename: bundle, cachedData });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, createRequire(bundle), module_, bundle, dirname(bundle));
if (cachedData === undefined) {
  writeFileSync(cache, script.createCachedData());
  process.exit(0);
}
module_.exports.work();
`;

/** @param folder where its files go. @returns the arguments with which node runs a worker */
export async function bundleWorker(folder: string): Promise<readonly string[]> {
  const here = fileURLToPath(new URL('.', import.meta.url));
  // In the folder of the original, so that what it looks for beside itself is found.
  const bundle = join(here, 'worker.bundle.cjs');
  await build({
    entryPoints: [join(here, 'worker.js')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    minifyWhitespace: true,
    legalComments: 'none',
    logLevel: 'error',
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: `const bundleUrl = require('node:url').pathToFileURL(__filename).href;` },
    plugins: [leaveAbsentOnes, oneTypeorm],
  });
  const launcher = join(folder, 'launch.cjs');
  const cache = join(folder, 'worker.cache');
  writeFileSync(launcher, LAUNCHER);
  const made = spawnSync(process.execPath, [launcher, bundle, cache], { stdio: 'inherit' });
  if (made.status !== 0) throw new Error('The worker could not be made ready.');
  return [launcher, bundle, cache];
}
