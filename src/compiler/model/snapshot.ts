import { createHash } from 'node:crypto';
import type { Diagnostic, Model, Snapshot } from './types.js';

/** JSON with the keys of every object sorted, so that equal content has equal text. Undefined properties are left out. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** The model under the hash of its content: SHA-256 over its canonical JSON, in hex. */
export function snapshotOf(model: Model): Snapshot {
  const hash = createHash('sha256').update(canonicalJson(model)).digest('hex');
  return Object.freeze({ hash, model });
}

/** Members of which there is something to say, each with its diagnostics. */
export function diagnosticsFor(model: Model): { readonly key: string; readonly diagnostics: readonly Diagnostic[] }[] {
  return model.members
    .filter(({ diagnostics }) => diagnostics.length > 0)
    .map(({ key, diagnostics }) => ({ key, diagnostics }));
}
