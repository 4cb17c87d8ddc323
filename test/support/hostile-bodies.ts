/** Valid bodies of the doors, from their OpenAPI schemas, and what becomes of them when someone tampers with them. */
import type { randomFrom } from '../conformance/random-requests.js';

export type Random = ReturnType<typeof randomFrom>;

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly example?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
}
export type Schemas = Readonly<Record<string, Schema>>;
type Json = unknown;

const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

/** A body as the document's examples have it. */
export function exampleOf(schema: Schema | undefined, schemas: Schemas, depth = 0): Json {
  if (schema === undefined || depth > 6) return null;
  const { $ref, example, allOf, oneOf, anyOf, properties, items } = schema;
  if ($ref !== undefined) return exampleOf(schemas[$ref.split('/').at(-1) ?? ''], schemas, depth + 1);
  if (example !== undefined) return example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  if (allOf !== undefined)
    return Object.assign({}, ...allOf.map((part) => exampleOf(part, schemas, depth + 1) as object)) as Json;
  const option = oneOf?.[0] ?? anyOf?.[0];
  if (option !== undefined) return exampleOf(option, schemas, depth + 1);
  if (properties !== undefined)
    return Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, exampleOf(property, schemas, depth + 1)]),
    );
  switch (schema.type) {
    case 'array':
      return items === undefined ? [] : [exampleOf(items, schemas, depth + 1)];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    case 'object':
      return {};
    default:
      return 'spend';
  }
}

const nested = (levels: number): Json => {
  let value: Json = 'deep';
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { and: [value] };
  return value;
};

/** Values that programs trip over. */
const HOSTILE: readonly ((random: Random) => Json)[] = [
  () => null,
  () => '',
  () => 'a\0b',
  () => '\ud800',
  () => 'line\r\nBcc: eve@example.com',
  () => `'; DROP TABLE users; --`,
  () => `") UNION TABLE api_keys --`,
  () => '{{constructor.constructor("return process")()}}',
  () => '../../../../etc/passwd',
  () => '=cmd|calc!A1',
  () => '９９９',
  () => 'x'.repeat(20_000),
  () => '('.repeat(3_000),
  () => '\u202e\u0301'.repeat(50),
  () => 1e308,
  () => -1,
  () => 0.1,
  () => Number.MAX_SAFE_INTEGER + 1,
  () => -0,
  () => true,
  () => [],
  () => ({}),
  () => [[[[]]]],
  () => [null],
  () => ({ toString: 'x', valueOf: 1, length: -1 }),
  () => nested(60),
  () => Array.from({ length: 300 }, (_, index) => `member_${index}`),
  () => '0001-01-01',
  () => '9999-12-31T23:59:59.999Z',
  () => '2026-02-30',
  () => 'P1D',
  () => '99999999-9999-4999-8999-999999999999',
  () => '9**9**9**9',
  () => 'Not/A_Zone',
  (random) => String.fromCodePoint(...Array.from({ length: 12 }, () => Math.floor(random() * 0xd7ff))),
];

interface Place {
  readonly holder: Record<string, Json>;
  readonly key: string;
}
function placesIn(value: Json, found: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return found;
  const holder = value as Record<string, Json>;
  for (const key of Object.keys(holder)) {
    found.push({ holder, key });
    placesIn(holder[key], found);
  }
  return found;
}

/** One to three changes of a body: values, types, names, numbers of things. */
export function tampered(body: Json, random: Random): Json {
  const copy = structuredClone(body);
  if (random() < 0.04) return pick(random, HOSTILE)(random);
  const changes = 1 + Math.floor(random() * 3);
  for (let change = 0; change < changes; change++) {
    const places = placesIn(copy);
    if (places.length === 0) return pick(random, HOSTILE)(random);
    const { holder, key } = pick(random, places);
    const kind = random();
    if (kind < 0.6) holder[key] = pick(random, HOSTILE)(random);
    else if (kind < 0.7) Reflect.deleteProperty(holder, key);
    else if (kind < 0.78)
      holder[pick(random, ['__typename', 'organization_id', 'id', 'role', 'constructor', 'x\0'])] = 1;
    else if (kind < 0.86) holder[key] = [holder[key], holder[key]];
    else if (kind < 0.93) holder[key] = { [key]: holder[key] };
    else holder[key] = JSON.stringify(holder[key]);
  }
  return copy;
}

/** A text with some of it gone, doubled or replaced. */
export function garbled(text: string, random: Random): string {
  let out = text;
  for (let change = 0; change < 1 + Math.floor(random() * 3); change++) {
    const from = Math.floor(random() * out.length);
    const to = Math.min(out.length, from + 1 + Math.floor(random() * 12));
    const kind = random();
    if (kind < 0.35) out = out.slice(0, from) + out.slice(to);
    else if (kind < 0.6) out = out.slice(0, to) + out.slice(from);
    else if (kind < 0.8)
      out =
        out.slice(0, from) + pick(random, ['\0', '"', '{', ']', '\\', '\u2028', '\n', '🦊', '-', '%']) + out.slice(to);
    else out = out.slice(0, from);
  }
  return out;
}

/** The body as text: mostly well-formed, sometimes not JSON at all, sometimes a name twice, or one that objects have. */
export function bodyText(body: Json, random: Random): string {
  const text = JSON.stringify(tampered(body, random)) ?? 'null';
  const kind = random();
  if (kind < 0.85) return text;
  if (kind < 0.95) return garbled(text, random);
  return text.startsWith('{') ? `{"__proto__":{"role":"organization_admin"},${text.slice(1)}`.replace(',}', '}') : text;
}
