import { readFile, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { DefinitionImportDto } from '../metrics/definition-import.dto.js';
import { askServer, type ServerOptions } from './server-client.js';

export interface DefinitionsImportOptions extends ServerOptions {
  readonly mode: string;
  readonly dryRun?: boolean;
}

/** Writes the organisation's own definitions to a file, or to standard output for `-`. */
export async function exportDefinitions(file: string, options: ServerOptions): Promise<void> {
  const yaml = await askServer(options, '/api/marketing/metrics/export');
  if (file === '-') process.stdout.write(yaml);
  else await writeFile(file, yaml);
}

/** Takes over a file of definitions, and says what changed. @throws Error with the lines that are wrong */
export async function importDefinitions(file: string, options: DefinitionsImportOptions): Promise<void> {
  const body = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  const query = new URLSearchParams({ mode: options.mode, dry_run: String(options.dryRun ?? false) });
  const answer = JSON.parse(
    await askServer(options, `/api/marketing/metrics/import?${query.toString()}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/yaml' },
    }),
  ) as DefinitionImportDto;
  for (const line of summary(answer, file)) console.log(line);
  if (!answer.valid) process.exitCode = 1;
}

function* summary(answer: DefinitionImportDto, file: string): Generator<string> {
  for (const { line, column, severity, code, message } of answer.diagnostics) {
    yield `${file}:${line}:${column}: ${severity} ${code}: ${message}`;
  }
  for (const key of answer.created) yield `+ ${key}`;
  for (const { metric_key: key, fields } of answer.updated) {
    for (const { field, before, after } of fields) {
      yield `~ ${key}: ${field} ${JSON.stringify(before)} → ${JSON.stringify(after)}`;
    }
  }
  for (const key of answer.deactivated) yield `- ${key}`;
  for (const key of answer.reactivated) yield `+ ${key} (standard)`;
  for (const key of answer.breaks) yield `! ${key} can’t be used any more`;
  for (const { report_name: name, effect, reasons } of answer.views) {
    yield `! report view “${name}” ${effect}: ${reasons.join(' ')}`;
  }
  const { created, updated, unchanged, deactivated } = answer;
  const counts = `${created.length} created, ${updated.length} updated, ${unchanged.length} unchanged, ${deactivated.length} deactivated`;
  if (!answer.valid) yield `${counts}: refused, because of the errors above.`;
  else yield answer.dry_run ? `${counts}: nothing was written.` : `${counts}; live as ${answer.snapshot.slice(0, 12)}.`;
}
