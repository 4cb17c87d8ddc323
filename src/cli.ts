import 'reflect-metadata';
import { Command } from 'commander';
import { importFile } from './cli/import-file.js';
import { ConfigError, parseConfig } from './config/config.js';

const program = new Command('tributary').description('A headless semantic layer and report API for marketing data');

program
  .command('serve')
  .description('run the server (the same as npm start)')
  .action(async () => {
    const { serve } = await import('./serve.js');
    await serve(process.env);
  });

program
  .command('migrate')
  .description('bring the system of record and the engine up to date, then stop')
  .action(async () => {
    const { openStores } = await import('./stores.js');
    const stores = await openStores(parseConfig(process.env));
    await stores.close();
    console.log('Everything is up to date.');
  });

program
  .command('import')
  .description('load an export through a running server')
  .argument('<file>', 'CSV, TSV, NDJSON or a platform’s export; - for standard input')
  .requiredOption('--preset <name>', 'meta_ads, google_ads, tiktok_ads, shopify_orders, csv, or rows (NDJSON)')
  .option('--mapping <file>', 'JSON file that says what the columns are (preset csv)')
  .option('--server <url>', 'address of the server', process.env.TRIBUTARY_URL ?? 'http://127.0.0.1:3000')
  .addHelpText('after', '\nThe API key is read from TRIBUTARY_API_KEY.')
  .action(importFile);

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof ConfigError || process.env.LOG_LEVEL !== 'debug' ? (error as Error).message : error);
  process.exitCode = 1;
}
