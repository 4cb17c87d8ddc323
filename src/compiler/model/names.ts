/** Which name means which definition: overriding, duplicates, aliases, and names that can't be. */
import { RESERVED_WORDS } from '../formula/tokens.js';
import { fault } from '../diagnostics/diagnostic.js';
import type { Diagnostic, MemberDefinition } from './types.js';
import { BASE_COLUMNS } from './types.js';

const KEY = /^[a-z][a-z0-9_]{0,62}$/;
const ALIAS = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;
/** Endings of the columns that a comparison adds to a result. */
const RESULT_ENDINGS = ['__previous', '__change'];
/** A metric by this name could not be told from the dimension of the same name. */
const COLUMN_NAMES: ReadonlySet<string> = new Set([...BASE_COLUMNS, 'organization_id']);

/** A definition with what is known of its names. */
export interface NamedDefinition {
  readonly definition: MemberDefinition;
  readonly origin: 'standard' | 'organization';
  /** Aliases that lead to it, sorted. */
  readonly aliases: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface NameTable {
  /** By key. */
  readonly definitions: ReadonlyMap<string, NamedDefinition>;
  /** Key behind each key and alias. */
  readonly keys: ReadonlyMap<string, string>;
}

interface Entry {
  readonly definition: MemberDefinition;
  readonly origin: 'standard' | 'organization';
  readonly diagnostics: Diagnostic[];
  aliases: string[];
}

/** An organisation's definition takes the place of the standard one of the same key, and its names win. */
export function nameTable(standard: readonly MemberDefinition[], organization: readonly MemberDefinition[]): NameTable {
  const own = entriesOf(organization, 'organization');
  const entries = new Map([...entriesOf(standard, 'standard'), ...own]);
  checkAliases(entries);
  const sorted = [...entries.values()].sort((a, b) => (a.definition.metric_key < b.definition.metric_key ? -1 : 1));
  const keys = new Map<string, string>();
  for (const { definition, aliases } of sorted) {
    aliases.sort();
    for (const alias of aliases) keys.set(alias, definition.metric_key);
  }
  for (const key of entries.keys()) keys.set(key, key);
  return { definitions: new Map(sorted.map((entry) => [entry.definition.metric_key, entry])), keys };
}

function entriesOf(definitions: readonly MemberDefinition[], origin: Entry['origin']): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const definition of definitions) {
    const { metric_key: key } = definition;
    const earlier = entries.get(key);
    if (earlier) {
      const message = `There are several definitions of ${key}: keep one, or give the others another key.`;
      if (!earlier.diagnostics.some(({ code }) => code === 'duplicate_key')) {
        earlier.diagnostics.push(fault('duplicate_key', '/metric_key', message));
      }
      continue;
    }
    const aliases = [...new Set(definition.alias_keys)].filter((alias) => alias !== key);
    entries.set(key, { definition, origin, aliases, diagnostics: checkKey(definition, origin) });
  }
  return entries;
}

function checkKey({ metric_key: key, metric_type }: MemberDefinition, origin: Entry['origin']): Diagnostic[] {
  const invalid = (message: string): Diagnostic[] => [fault('invalid_key', '/metric_key', message)];
  if (!KEY.test(key)) {
    return invalid('A key begins with a small letter and holds small letters, digits and _, at most 63 characters.');
  }
  if (RESERVED_WORDS.has(key)) return invalid(`${key} is a word of the formula language; choose another key.`);
  const ending = RESULT_ENDINGS.find((each) => key.endsWith(each));
  if (ending) return invalid(`Keys that end in ${ending} are the columns of a comparison; choose another key.`);
  if (key === 'organization_id' || (metric_type === 'metric' && COLUMN_NAMES.has(key))) {
    return invalid(`${key} is a column of every row; choose another key, such as ${key}_count.`);
  }
  if (key === 'recorded_at' && origin === 'organization') {
    return invalid('recorded_at is the time of every row and can not be replaced; choose another key, such as day.');
  }
  return [];
}

/** Leaves each entry the aliases that lead to it, and reports those that are claimed twice. */
function checkAliases(entries: ReadonlyMap<string, Entry>): void {
  const claims = new Map<string, Entry[]>();
  for (const entry of entries.values()) {
    for (const alias of entry.aliases) claims.set(alias, [...(claims.get(alias) ?? []), entry]);
  }
  for (const [alias, claimants] of claims) {
    const problem = aliasProblem(alias);
    const holder = entries.get(alias);
    const rivals = holder ? [...claimants, holder] : claimants;
    // A standard alias gives way to any key, and to the organisation's own alias.
    const firm = rivals.filter((entry) => entry.origin === 'organization' || entry === holder);
    const entitled = firm.length > 0 ? firm : claimants;
    for (const entry of claimants) {
      const position = `/alias_keys/${entry.definition.alias_keys.indexOf(alias)}`;
      if (problem !== undefined) {
        entry.diagnostics.push(fault('invalid_alias', position, problem));
      } else if (entitled.length > 1 && entitled.includes(entry)) {
        entry.diagnostics.push(fault('alias_conflict', position, conflictMessage(alias, entry, rivals)));
      } else if (entitled[0] === entry) continue;
      entry.aliases = entry.aliases.filter((each) => each !== alias);
    }
    if (holder?.origin === 'organization' && entitled.length > 1) {
      holder.diagnostics.push(fault('alias_conflict', '/metric_key', conflictMessage(alias, holder, rivals)));
    }
  }
}

function aliasProblem(alias: string): string | undefined {
  if (!ALIAS.test(alias)) {
    return `\`${alias.slice(0, 63)}\` can't be an alias: it begins with a letter or _ and holds letters, digits and _, at most 63 characters.`;
  }
  if (RESERVED_WORDS.has(alias.toLowerCase())) return `${alias} is a word of the formula language.`;
  if (COLUMN_NAMES.has(alias)) return `${alias} is a column of every row.`;
  return undefined;
}

function conflictMessage(alias: string, entry: Entry, all: readonly Entry[]): string {
  const others = all.filter((other) => other !== entry).map((other) => other.definition.metric_key);
  const [first = ''] = others;
  return first === alias
    ? `The alias ${alias} is the key of another definition; remove the alias, or use ${alias} as the key to replace it.`
    : `The name ${alias} also leads to ${others.join(', ')}; one name means one thing.`;
}
