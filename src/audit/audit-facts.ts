/** What of a thing the audit trail keeps of it: no secret, no payload, no more than a bounded size. Pure. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../compiler/model/snapshot.js';

/** Characters of one side of an entry; what is longer is kept as its size and hash. */
const MOST_TEXT = 65_536;

/**
 * Names of fields whose values never stand in the trail, however a caller came to pass them: secrets, and the content of
 * rows. What is named like one but only says when or which (`secret_id`, `token_expires_at`) stays.
 */
const SECRET =
  /(^|_)(secret|password|passwd|token|credential|credentials|private_key|authorization|secret_hash|secret_value)$/i;
const ROW_CONTENT = new Set(['data_payload', 'attribution_data', 'rejected_line']);

/** A plain copy as Postgres can keep it: secrets and row contents taken out, text well-formed. */
export function auditFacts(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  const facts: unknown = JSON.parse(
    JSON.stringify(value, (key, part: unknown) => {
      if (part !== null && part !== undefined && (SECRET.test(key) || ROW_CONTENT.has(key))) return '[not kept]';
      return typeof part === 'bigint' ? part.toString() : typeof part === 'string' ? storable(part) : part;
    }),
    (_key, part: unknown) => (isObject(part) ? withStorableKeys(part) : part),
  );
  const text = canonicalJson(facts);
  if (text.length <= MOST_TEXT) return facts;
  return { too_large: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

const isObject = (part: unknown): part is Record<string, unknown> =>
  typeof part === 'object' && part !== null && !Array.isArray(part);

function withStorableKeys(part: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(part);
  if (keys.every((key) => storable(key) === key)) return part;
  return Object.fromEntries(keys.map((key) => [storable(key), part[key]]));
}

/** Postgres keeps neither U+0000 nor half a character. */
const storable = (text: string): string => text.replaceAll(/\0|\p{Surrogate}/gu, '\uFFFD');
