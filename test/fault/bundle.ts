/**
 * Makes a worker cheap to start, since a fault run starts hundreds: its code in one file, and what V8 compiled of it beside,
 * first of what a start needs and then, once a worker has worked for a while, of all that one has needed. Nothing else about
 * the code differs.
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

/** These ask for TypeORM and BullMQ by a `require` of their own: without this they would load them file by file, uncompiled. */
const withoutOwnRequire: Plugin = {
  name: 'without a require of their own',
  setup: (builder) => {
    builder.onLoad({ filter: /(typeorm-compat|bullmq-job-queue)\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace('const require = createRequire(import.meta.url);', ''),
    }));
  },
};

/**
 * Loads the bundle with its compiled code, and keeps that anew after `KEEP_COMPILED_MS` of work, if it is asked to. Written
 * out, since it must not load anything else itself.
 */
const LAUNCHER = `
const { readFileSync, writeFileSync, existsSync, renameSync } = require('node:fs');
const { createRequire } = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');
const [, , bundle, cache] = process.argv;
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const source = '(function(exports,require,module,__filename,__dirname){' + readFileSync(bundle, 'utf8') + '\\n})';
const script = new Script(source, { filename: bundle, cachedData });
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, createRequire(bundle), module_, bundle, dirname(bundle));
// Whole or not at all: others start meanwhile.
const keep = () => {
  writeFileSync(cache + '.new', script.createCachedData());
  renameSync(cache + '.new', cache);
};
if (cachedData === undefined) {
  keep();
  process.exit(0);
}
if (process.env.KEEP_COMPILED_MS) setTimeout(keep, Number(process.env.KEEP_COMPILED_MS));
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
    plugins: [leaveAbsentOnes, withoutOwnRequire],
  });
  const launcher = join(folder, 'launch.cjs');
  const cache = join(folder, 'worker.cache');
  writeFileSync(launcher, LAUNCHER);
  const made = spawnSync(process.execPath, [launcher, bundle, cache], { stdio: 'inherit' });
  if (made.status !== 0) throw new Error('The worker could not be made ready.');
  return [launcher, bundle, cache];
}
