/**
 * Runs a bundle with what V8 compiled of it in an earlier process: to read and compile anew what has not changed was a
 * third of a start. Written out for every Node that we support, since `module.enableCompileCache` came with 22.1.
 */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';

/** By then a process has run through what a start needs, and often through a first request. */
const KEEP_AFTER_MS = 10_000;

type Bundle = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: object },
  filename: string,
  folder: string,
  importPackage: (name: string) => Promise<unknown>,
) => void;

/**
 * Loads a bundle in CommonJS. What V8 compiled lies beside it, where this process may write; without that it is compiled.
 * @param name of a file beside this one, or beside the bundle that this is part of
 * @returns its exports
 */
export function loadKept<T extends object>(name: string): T {
  const filename = fileURLToPath(new URL(name, import.meta.url));
  const source = readFileSync(filename, 'utf8');
  // V8 itself would take what was compiled of any source of the same length.
  const kept = `${filename}.${createHash('sha256').update(source).digest('hex').slice(0, 16)}.compiled`;
  const cachedData = readIfThere(kept);
  const head = '(function (exports, require, module, __filename, __dirname, importPackage) {';
  const script = new Script(`${head}${source}\n})`, { filename, ...(cachedData ? { cachedData } : {}) });
  const module = { exports: {} };
  const run = script.runInThisContext() as Bundle;
  run(module.exports, createRequire(filename), module, filename, dirname(filename), (name) => import(name));
  if (!cachedData || script.cachedDataRejected === true) setTimeout(() => keep(script, kept), KEEP_AFTER_MS).unref();
  return module.exports as T;
}

function readIfThere(file: string): Buffer | null {
  try {
    return readFileSync(file);
  } catch {
    return null;
  }
}

/** Whole or not at all: others start meanwhile. */
function keep(script: Script, file: string): void {
  try {
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, script.createCachedData());
    renameSync(draft, file);
  } catch {
    // The folder of the product is not to be written to: each start compiles.
  }
}
