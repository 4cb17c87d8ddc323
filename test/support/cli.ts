import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { ADMIN_KEY, type TestServer } from './server.js';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `tributary …` as a person would on the server's machine, with the administrator's key. @param input for standard input */
export function runCli({ base, dataDir }: TestServer, args: readonly string[], input = ''): Promise<CliResult> {
  const env = {
    ...{ PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'warn' },
    ...{ TRIBUTARY_URL: base, TRIBUTARY_API_KEY: ADMIN_KEY, DATA_DIR: dataDir },
  };
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(packageRoot, 'dist/app/cli.js'), ...args],
      { env },
      (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
    );
    child.stdin?.end(input);
  });
}
