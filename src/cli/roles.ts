import { readFile } from 'node:fs/promises';
import { idOf, send, type Json } from './resources.js';
import type { ServerOptions } from './server-client.js';

const ROLES = '/api/roles';

export interface RoleDefinitionOptions extends ServerOptions {
  readonly base?: string;
  readonly rename?: string;
  readonly description?: string;
  /** Each list takes the place of the one before; a flag without values empties it. */
  readonly action?: readonly string[] | true;
  readonly hide?: readonly string[] | true;
  readonly mask?: readonly string[] | true;
  readonly grant?: readonly string[] | true;
  readonly rows?: string;
}

/** Conditions on rows as JSON, or from a file behind `@`. @throws Error that says what is expected */
export async function rowsFrom(given: string): Promise<unknown> {
  const text = given.startsWith('@') ? await readFile(given.slice(1), 'utf8') : given;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Error(
      '--rows is JSON, such as [{"member": "data_source", "operator": "equals", "values": ["meta_ads"]}], or @file with it.',
    );
  }
}

async function definitionOf(options: RoleDefinitionOptions): Promise<Json> {
  const { base, rename, description, action, hide, mask, grant, rows } = options;
  const given = {
    ...{ base_role: base, name: rename, description },
    ...{ actions: action === true ? null : action, hidden: listOf(hide), masked: listOf(mask), granted: listOf(grant) },
    rows: rows === undefined ? undefined : await rowsFrom(rows),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

const listOf = (names: readonly string[] | true | undefined): readonly string[] | undefined =>
  names === true ? [] : names;

export async function createRole(name: string, options: RoleDefinitionOptions): Promise<void> {
  const made = await send(options, 'POST', ROLES, { ...(await definitionOf(options)), name });
  console.log(String(made?.id));
}

export async function changeRole(name: string, options: RoleDefinitionOptions): Promise<void> {
  const path = `${ROLES}/${await idOf(options, ROLES, 'name', name)}`;
  print(await send(options, 'PATCH', path, await definitionOf(options)));
}

export async function showRole(name: string, options: ServerOptions): Promise<void> {
  print(await send(options, 'GET', `${ROLES}/${await idOf(options, ROLES, 'name', name)}`));
}

export async function deleteRole(name: string, options: ServerOptions): Promise<void> {
  await send(options, 'DELETE', `${ROLES}/${await idOf(options, ROLES, 'name', name)}`);
  console.log(`There is no role ${name} any more.`);
}

const print = (role: Json | null): void => console.log(JSON.stringify(role, null, 2));
