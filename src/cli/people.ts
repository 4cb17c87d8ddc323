import { all, idOf, send, type Json } from './resources.js';
import { rowsFrom } from './roles.js';
import type { ServerOptions } from './server-client.js';

/** Prints a list as a table with tabs. */
export async function list(path: string, columns: readonly string[], options: ServerOptions): Promise<void> {
  const text = (value: unknown): string =>
    Array.isArray(value)
      ? value.map(text).join(',')
      : typeof value === 'object' && value !== null
        ? text((value as Json).name ?? (value as Json).email)
        : String((value as string | null) ?? '');
  console.log(columns.join('\t'));
  for (const item of await all(options, path)) console.log(columns.map((column) => text(item[column])).join('\t'));
}

const USERS = '/api/users';
const TEAMS = '/api/teams';
const KEYS = '/api/keys';
const ROLES = '/api/roles';

export interface RoleOptions extends ServerOptions {
  readonly name?: string;
  readonly role?: string;
  readonly customRole?: string;
  readonly campaign?: readonly string[];
  /** Conditions on rows; see {@link rowsFrom}. */
  readonly rows?: string;
}

async function assignmentOf(options: RoleOptions): Promise<Json> {
  const { role, customRole, campaign, rows } = options;
  return {
    ...(role === undefined ? {} : { role }),
    ...(customRole === undefined ? {} : { custom_role_id: await idOf(options, ROLES, 'name', customRole) }),
    ...(campaign === undefined ? {} : { campaigns: campaign }),
    ...(rows === undefined ? {} : { rows: await rowsFrom(rows) }),
  };
}

export async function addUser(email: string, options: RoleOptions): Promise<void> {
  const { name } = options;
  const body = { email, ...(name === undefined ? {} : { display_name: name }), ...(await assignmentOf(options)) };
  const user = await send(options, 'POST', USERS, body);
  console.log(`${email} is ${String(user?.role)} now.`);
}

export async function changeUser(email: string, options: RoleOptions): Promise<void> {
  const id = await idOf(options, USERS, 'email', email);
  const assignment = await assignmentOf(options);
  // One of the five in place of a custom role.
  const body = 'role' in assignment ? { custom_role_id: null, ...assignment } : assignment;
  const user = await send(options, 'PATCH', `${USERS}/${id}`, body);
  console.log(`${email} is ${String(user?.role)} now.`);
}

export async function removeUser(email: string, options: ServerOptions): Promise<void> {
  await send(options, 'DELETE', `${USERS}/${await idOf(options, USERS, 'email', email)}`);
  console.log(`${email} no longer belongs to the organisation.`);
}

export async function createTeam(name: string, options: ServerOptions): Promise<void> {
  console.log(String((await send(options, 'POST', TEAMS, { name }))?.id));
}

export async function deleteTeam(name: string, options: ServerOptions): Promise<void> {
  await send(options, 'DELETE', `${TEAMS}/${await idOf(options, TEAMS, 'name', name)}`);
}

/** Puts a person into a team, or takes the person out. */
export async function changeTeam(
  method: 'PUT' | 'DELETE',
  team: string,
  email: string,
  options: ServerOptions,
): Promise<void> {
  const path = `${TEAMS}/${await idOf(options, TEAMS, 'name', team)}/members/${await idOf(options, USERS, 'email', email)}`;
  const changed = await send(options, method, path);
  console.log(
    `${team}: ${((changed?.members ?? []) as Json[]).map((member) => String(member.email)).join(', ') || 'nobody'}`,
  );
}

export interface KeyOptions extends RoleOptions {
  readonly user?: string;
  readonly scope?: readonly string[];
  readonly expires?: string;
}

export async function createKey(name: string, options: KeyOptions): Promise<void> {
  const { user, scope, expires } = options;
  const made = await send(options, 'POST', KEYS, {
    name,
    ...(user === undefined ? {} : { user_id: await idOf(options, USERS, 'email', user) }),
    ...(await assignmentOf(options)),
    ...(scope === undefined ? {} : { scopes: scope }),
    ...(expires === undefined ? {} : { expires_at: expires }),
  });
  console.log(`The key, shown this once:\n${String(made?.key)}`);
}

export async function rotateKey(key: string, options: ServerOptions & { overlapHours?: string }): Promise<void> {
  const body = options.overlapHours === undefined ? {} : { overlap_hours: Number(options.overlapHours) };
  const made = await send(options, 'POST', `${KEYS}/${await idOf(options, KEYS, 'public_id', key)}/rotate`, body);
  console.log(`The new key, shown this once:\n${String(made?.key)}`);
}

export async function revokeKey(key: string, options: ServerOptions): Promise<void> {
  await send(options, 'DELETE', `${KEYS}/${await idOf(options, KEYS, 'public_id', key)}`);
  console.log('Revoked.');
}
