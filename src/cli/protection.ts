import { createWriteStream } from 'node:fs';
import { type Command, Option } from 'commander';
import type {
  ErasureDto,
  RetentionPolicyDto,
  RetentionPreviewDto,
  RetentionRunDto,
  StoreEvidenceDto,
} from '../protection/protection.dto.js';
import { askServer, type ServerOptions } from './server-client.js';

type ServerOption = readonly [flags: string, description: string, fallback: string];
interface SubjectOptions extends ServerOptions {
  readonly identifier?: string[];
  readonly mode?: string;
}

/** `tributary retention …` and `tributary customer …` */
export function registerProtection(program: Command, server: ServerOption, keyHelp: string): void {
  const group =
    (commands: Command) =>
    (command: string, about: string): Command =>
      commands
        .command(command)
        .description(about)
        .option(...server)
        .addHelpText('after', keyHelp);
  const retention = group(program.command('retention').description('what an organisation keeps for how long'));
  retention('show', 'show the rules').action(showRules);
  retention(
    'set [rules...]',
    'set all rules: type[:source]=days, such as rows:meta_ads=400 rejects=30; none: keep all',
  ).action(setRules);
  retention('preview', 'show exactly what a run would take now').action(preview);
  retention('run', 'run the rules now').action(run);
  retention('runs', 'show runs and what they took').action(runs);

  const customer = group(program.command('customer').description('what the system has of one customer'));
  const named = (command: Command): Command =>
    command.option('--identifier <word...>', 'further words by which texts name the person');
  named(
    customer('export <customer> [file]', 'write everything about a customer as NDJSON; - for standard output'),
  ).action(exportCustomer);
  named(customer('erase <customer>', 'erase a customer, all ids in all stores'))
    .addOption(
      new Option('--mode <mode>', 'delete the rows, or keep them without the customer')
        .choices(['delete', 'anonymise'])
        .makeOptionMandatory(),
    )
    .option('--dry-run', 'count what every store has, and change nothing')
    .action(erase);
  customer('erasures', 'show erasures and their evidence').action(erasures);
}

const post = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
const ask = async <T>(options: ServerOptions, path: string, init?: RequestInit): Promise<T> =>
  JSON.parse(await askServer(options, path, init)) as T;

function printRules({ rules, next_run_at }: RetentionPolicyDto): void {
  for (const { type, data_source, keep_days } of rules)
    console.log(`${type}${data_source ? `:${data_source}` : ''}=${keep_days}`);
  console.log(next_run_at === null ? 'Everything is kept.' : `Runs next at ${next_run_at}.`);
}

async function showRules(options: ServerOptions): Promise<void> {
  printRules(await ask(options, '/api/retention'));
}

async function setRules(given: readonly string[], options: ServerOptions): Promise<void> {
  const rules = given.map((text) => {
    const match = /^([a-z_]+)(?::([a-z][a-z0-9_]*))?=(\d+)$/.exec(text);
    if (!match) throw new Error(`Write rules as type[:source]=days, such as rows:meta_ads=400; not “${text}”.`);
    return { type: match[1], ...(match[2] ? { data_source: match[2] } : {}), keep_days: Number(match[3]) };
  });
  printRules(await ask(options, '/api/retention', post({ rules }, 'PUT')));
}

async function preview(options: ServerOptions): Promise<void> {
  const { data } = await ask<RetentionPreviewDto>(options, '/api/retention/preview');
  for (const { type, data_source, before, count, oldest, newest } of data) {
    const span = count > 0 ? ` (${oldest ?? ''} … ${newest ?? ''})` : '';
    console.log(`${type}${data_source ? ` of ${data_source}` : ''} before ${before}: ${count}${span}`);
  }
  if (data.length === 0) console.log('There is no rule.');
}

async function run(options: ServerOptions): Promise<void> {
  const { id, state } = await ask<RetentionRunDto>(options, '/api/retention/runs', post({}));
  console.log(`${id} is ${state}.`);
}

async function runs(options: ServerOptions): Promise<void> {
  const { data } = await ask<{ data: RetentionRunDto[] }>(options, '/api/retention/runs');
  for (const each of data) {
    console.log(`${each.id} ${each.state} ${each.created_at}`);
    printEvidence(each.evidence);
  }
}

function printEvidence(evidence: readonly StoreEvidenceDto[]): void {
  for (const { store, data_source, before, after, note } of evidence) {
    const counts = `${before ?? '–'} → ${after ?? '–'}`;
    console.log(`  ${store}${data_source ? ` of ${data_source}` : ''}: ${counts}${note ? `  ${note}` : ''}`);
  }
}

async function exportCustomer(customer: string, file = '-', options: SubjectOptions): Promise<void> {
  const text = await askServer(
    options,
    '/api/customers/export',
    post({ customer, identifiers: options.identifier ?? [] }),
  );
  if (file === '-') process.stdout.write(text);
  else createWriteStream(file, { mode: 0o600 }).end(text);
}

async function erase(customer: string, options: SubjectOptions & { readonly dryRun?: boolean }): Promise<void> {
  const subject = { customer, identifiers: options.identifier ?? [] };
  if (options.dryRun) {
    printEvidence(
      (await ask<{ data: StoreEvidenceDto[] }>(options, '/api/customers/erasures/preview', post(subject))).data,
    );
    return;
  }
  const { id, state } = await ask<ErasureDto>(
    options,
    '/api/customers/erasures',
    post({ ...subject, mode: options.mode }),
  );
  console.log(`${id} is ${state}.`);
}

async function erasures(options: ServerOptions): Promise<void> {
  const { data } = await ask<{ data: ErasureDto[] }>(options, '/api/customers/erasures');
  for (const each of data) {
    console.log(`${each.id} ${each.mode} ${each.state} ${each.created_at}`);
    printEvidence(each.evidence);
  }
}
