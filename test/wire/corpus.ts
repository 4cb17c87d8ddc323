/** Statements as BI tools send them, with what the SQL API answers: `corpus/<tool>.yaml`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { parse, stringify } from 'yaml';
import { packageRoot } from '../../src/common/package-root.js';

export interface CorpusStatement {
  /** What the tool wants to know; absent where the statement says it. */
  readonly what?: string;
  readonly sql: string;
  /** Rows as texts; of several statements, those of the last that has any. */
  readonly rows?: readonly (readonly (string | null)[])[];
  /** How many rows, where which ones is left open. */
  readonly count?: number;
  /** SQLSTATE of a refusal; one of `0A000` and `42501` has a hint. */
  readonly error?: string;
}

const FOLDER = join(packageRoot, 'test/wire/corpus');
export const TOOLS = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => name.replace('.yaml', ''))
  .sort();

export const corpusOf = (tool: string): CorpusStatement[] =>
  parse(readFileSync(join(FOLDER, `${tool}.yaml`), 'utf8')) as CorpusStatement[];

const TEXTS = { getTypeParser: () => (text: string) => text } as unknown as pg.CustomTypesConfig;

/** The statement with what the client was answered, by both ways to ask. */
export async function answered(client: pg.Client, { what, sql, count }: CorpusStatement): Promise<CorpusStatement> {
  const asked = { ...(what === undefined ? {} : { what }), sql };
  const ask = async (queryMode?: 'extended'): Promise<Omit<CorpusStatement, 'sql'>> => {
    try {
      const options = { text: sql, rowMode: 'array', types: TEXTS, ...(queryMode ? { queryMode } : {}) };
      const answer = (await client.query(options as unknown as pg.QueryArrayConfig)) as unknown;
      const all = (Array.isArray(answer) ? answer : [answer]) as pg.QueryArrayResult<(string | null)[]>[];
      const last = all.filter(({ fields }) => fields.length > 0).at(-1);
      if (!last) return {};
      return count === undefined ? { rows: last.rows } : { count: last.rows.length };
    } catch (error) {
      const { code = '', hint } = error as { code?: string; hint?: string };
      const needsHint = code === '0A000' || code === '42501';
      return { error: needsHint && !hint ? `${code} without a hint: ${String(error)}` : code };
    }
  };
  const simple = await ask();
  const isSeveral = sql.replace(/;\s*$/, '').includes(';');
  const extended = isSeveral ? simple : await ask('extended');
  if (JSON.stringify(simple) !== JSON.stringify(extended))
    throw new Error(`Two answers to ${sql}\n${JSON.stringify(simple)}\n${JSON.stringify(extended)}`);
  return { ...asked, ...simple };
}

/** Keeps the head of the file; to be read through before it is committed. */
export function writeCorpus(tool: string, statements: readonly CorpusStatement[]): void {
  const file = join(FOLDER, `${tool}.yaml`);
  const head = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#'))
    .join('\n');
  const flow = statements.map((statement) => {
    const { rows, ...more } = statement;
    return `${stringify([more], { lineWidth: 0 })}${rows ? `  rows: ${JSON.stringify(rows)}\n` : ''}`;
  });
  writeFileSync(file, `${head}\n${flow.join('')}`);
}
