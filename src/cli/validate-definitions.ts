import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkFiles } from '../metrics/check-files.js';
import { LibraryService } from '../metrics/library.service.js';

/** Checks YAML files of definitions against the standard library; sets the exit code to 1 when there is an error. */
export async function validateDefinitions(path: string): Promise<void> {
  const paths = await yamlFiles(path);
  if (paths.length === 0) throw new Error(`There is no .yaml or .yml file in ${path}.`);
  const files = await Promise.all(paths.map(async (each) => ({ path: each, text: await readFile(each, 'utf8') })));
  const { findings, definitions } = await checkFiles(files, new LibraryService().library);
  for (const { path: file, line, column, severity, code, message } of findings) {
    console.error(`${file}:${line}:${column}: ${severity} ${code}: ${message}`);
  }
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const counted = `${definitions} definitions in ${paths.length} ${paths.length === 1 ? 'file' : 'files'}`;
  console.log(`${counted}: ${errors} errors, ${findings.length - errors} warnings`);
  if (errors > 0) process.exitCode = 1;
}

/** The file itself, or all YAML files below a folder, sorted. @throws Error when there is no such path */
async function yamlFiles(path: string): Promise<string[]> {
  const info = await stat(path).catch(() => {
    throw new Error(`There is no file or folder ${path}.`);
  });
  if (!info.isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
