import { askServer, type ServerOptions } from './server-client.js';

/** Prints the organisation's settings, after changing those that are given as `name=value`. */
export async function settings(changes: readonly string[], options: ServerOptions): Promise<void> {
  const body = Object.fromEntries(changes.map(changeOf));
  const init =
    changes.length === 0
      ? {}
      : { method: 'PATCH', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = JSON.parse(await askServer(options, '/api/organization/settings', init)) as Record<string, unknown>;
  for (const [name, value] of Object.entries(answer)) console.log(`${name}=${String(value ?? '')}`);
}

function changeOf(text: string): [string, string | number | null] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`Write changes as name=value, such as currency=EUR; not “${text}”.`);
  const value = text.slice(at + 1);
  return [text.slice(0, at), value === '' ? null : /^\d+$/.test(value) ? Number(value) : value];
}
