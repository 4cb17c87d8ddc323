#!/usr/bin/env node
import { existsSync } from 'node:fs';

const cli = new URL('../dist/app/cli.js', import.meta.url);
if (!existsSync(cli)) {
  process.stderr.write('Tributary is not built yet: run `npm run build` once.\n');
  process.exit(2);
}
await import(cli.href);
