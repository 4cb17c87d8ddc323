/**
 * `npm run check`: lint, format and types, side by side, since each uses one core. Everything that one of them says is
 * printed in one piece when it has ended; the exit code is 1 when one of them found something.
 */
import { spawn } from 'node:child_process';

const CHECKS = [
  ['eslint', '.'],
  ['prettier', '--check', '.'],
  ['tsc', '--noEmit', '-p', 'tsconfig.json'],
];

async function passes([name, ...args]) {
  // npm puts the folder with these programs on the path.
  const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const code = await new Promise((resolve) => {
    child.once('error', (error) => {
      said += `${error.message}\n`;
      resolve(1);
    });
    child.once('close', (exit) => resolve(exit ?? 1));
  });
  process.stdout.write(`${said}${name}: ${code === 0 ? 'nothing to say' : `failed (${code})`}\n`);
  return code === 0;
}

const passed = await Promise.all(CHECKS.map(passes));
process.exitCode = passed.every(Boolean) ? 0 : 1;
