/** Things of an organisation, as commands read and change them on a running server. */
import { askServer, type ServerOptions } from './server-client.js';

export type Json = Record<string, unknown>;

/** Reads all pages of a list. */
export async function all(options: ServerOptions, path: string): Promise<Json[]> {
  const found: Json[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const query: string = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const page = JSON.parse(await askServer(options, `${path}${query}`)) as {
      data: Json[];
      next_cursor: string | null;
    };
    found.push(...page.data);
    cursor = page.next_cursor;
  }
  return found;
}

/** Sends JSON and reads the answer; null where there is none. */
export async function send(options: ServerOptions, method: string, path: string, body?: Json): Promise<Json | null> {
  const init =
    body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const text = await askServer(options, path, init);
  return text === '' ? null : (JSON.parse(text) as Json);
}

/** The id of what goes by this name (or already is an id). @throws Error when there is no such thing */
export async function idOf(options: ServerOptions, path: string, field: string, name: string): Promise<string> {
  const wanted = name.toLowerCase();
  const is = (item: Json): boolean => item.id === wanted || String(item[field]).toLowerCase() === wanted;
  const id = (await all(options, path)).find(is)?.id;
  if (typeof id !== 'string') throw new Error(`There is no “${name}” in ${path.slice('/api/'.length)}.`);
  return id;
}
