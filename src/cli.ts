import 'reflect-metadata';
import { Command, Option } from 'commander';
import { exportAudit, verifyAudit } from './cli/audit.js';
import { exportDefinitions, importDefinitions } from './cli/definitions.js';
import { exportCube } from './cli/export-cube.js';
import { importRates } from './cli/fx.js';
import { importFile } from './cli/import-file.js';
import { registerOrganizations, registerPeople } from './cli/people-commands.js';
import { registerProtection } from './cli/protection.js';
import { registerSecrets } from './cli/secrets.js';
import { listRollups, refreshRollup, removeRollup, rollupStatus, setRollup } from './cli/rollups.js';
import { settings } from './cli/settings.js';
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
  .command('worker')
  .description('run jobs and deliveries only, beside servers with WORKERS=off; answers /health and /metrics')
  .action(async () => {
    const { serve } = await import('./serve.js');
    await serve(process.env, 'worker');
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

const SERVER = [
  '--server <url>',
  'address of the server',
  process.env.TRIBUTARY_URL ?? 'http://127.0.0.1:3000',
] as const;
const KEY_HELP = '\nThe API key is read from TRIBUTARY_API_KEY.';

program
  .command('validate')
  .description('check files of definitions against the standard library, without a server; for CI')
  .argument('<path>', 'YAML file, or a folder with such files (all of one organisation)')
  .addHelpText('after', '\nPrints file:line:column of what is wrong, and exits with 1 when there is an error.')
  .action(async (path: string) => {
    const { validateDefinitions } = await import('./cli/validate-definitions.js');
    await validateDefinitions(path);
  });

const definitions = program
  .command('definitions')
  .description('an organisation’s own metrics and dimensions as a file');

definitions
  .command('export')
  .description('write them as YAML')
  .argument('[file]', 'where to; - for standard output', '-')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(exportDefinitions);

definitions
  .command('import')
  .description('take them over from YAML: all of it, or nothing')
  .argument('<file>', 'YAML file; - for standard input')
  .addOption(
    new Option('--mode <mode>', 'what is not in the file: merge leaves it alone, replace deactivates it')
      .choices(['merge', 'replace'])
      .default('merge'),
  )
  .option('--dry-run', 'say what would change, and write nothing')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(importDefinitions);

program
  .command('fx')
  .description('daily exchange rates')
  .command('import')
  .description('load them: CSV with the columns base, quote, day, rate (and source, as_of), or NDJSON')
  .argument('<file>', 'where from; - for standard input')
  .option('--everyone', 'for all organisations that have no rate of their own; on the machine of the installation')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(importRates);

const rollups = program
  .command('rollups')
  .description('tables of sums that answer in place of rows, exactly as rows would');

rollups
  .command('list')
  .description('the organisation’s rollups, one a line')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(listRollups);

rollups
  .command('status')
  .description('all there is to know of one')
  .argument('<name>', 'its name, such as default')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(rollupStatus);

rollups
  .command('set')
  .description('have one, or change it')
  .argument('<name>', 'its name; default for the one that large organisations have by themselves')
  .requiredOption('--dimensions <keys>', 'dimensions by which it answers, with commas between them')
  .addOption(
    new Option('--grain <grain>', 'its stretches of time')
      .choices(['daily', 'hourly', 'fifteen_minutes'])
      .default('daily'),
  )
  .option('--time-zone <zone>', 'IANA zone of its days; the organisation’s when absent')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(setRollup);

rollups
  .command('refresh')
  .description('have all its months filled anew')
  .argument('<name>', 'its name')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(refreshRollup);

rollups
  .command('delete')
  .description('have it no more')
  .argument('<name>', 'its name')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(removeRollup);

program
  .command('settings')
  .description('show the organisation’s settings, or change some: currency=EUR week_start=7 fiscal_year_start=4')
  .argument('[changes...]', 'name=value; an empty value is none')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(settings);

program
  .command('export-cube')
  .description('write the live model of an organisation as stock Cube files')
  .requiredOption('--org <slug>', 'the organisation, which the API key must belong to')
  .requiredOption('--out <folder>', 'where to; it is made if it is not there')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(exportCube);

const org = program.command('org').description('organisations, for the operator of the installation');
registerOrganizations(org);

org
  .command('plan')
  .description('show which plan an organisation has, or give it another one; on the machine of the installation')
  .argument('<slug>', 'the organisation')
  .argument('[plan]', 'name of the plan that it gets')
  .action(async (slug: string, plan?: string) => {
    const { organizationPlan } = await import('./cli/organization-plan.js');
    await organizationPlan(slug, plan);
  });

const audit = program.command('audit').description('the audit trail of an organisation');

audit
  .command('verify')
  .description('check that every entry is there and unchanged')
  .option('--file <file>', 'an export (NDJSON) to check instead, without a server')
  .option('--noted <seq:hash>', 'what an earlier check printed: that entry must still be there')
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(verifyAudit);

audit
  .command('export')
  .description('write it to a file, oldest entry first')
  .argument('[file]', 'where to; - for standard output', '-')
  .addOption(new Option('--format <format>', 'form of the file').choices(['ndjson', 'csv']).default('ndjson'))
  .option(...SERVER)
  .addHelpText('after', KEY_HELP)
  .action(exportAudit);

registerPeople(program, SERVER, KEY_HELP);
registerSecrets(program, SERVER, KEY_HELP);
registerProtection(program, SERVER, KEY_HELP);

/** What to tell a person whose command failed. */
function reason(error: unknown): string {
  const { code, message, path } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED')
    return 'No server answers there. Start one with npm start, or say where it is with --server.';
  if (code === 'ENOENT' && path) return `There is no file ${path}.`;
  return message;
}

try {
  await program.parseAsync();
} catch (error) {
  console.error(process.env.LOG_LEVEL === 'debug' && !(error instanceof ConfigError) ? error : reason(error));
  process.exitCode = 1;
}
