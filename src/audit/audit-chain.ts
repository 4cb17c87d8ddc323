/**
 * The chain of an organisation's audit entries. Pure: whoever has the entries, in a database or in an exported file, can
 * check them.
 *
 * The canonical bytes of an entry are the UTF-8 text of the JSON array
 * `["tributary-audit-1", organization_id, seq, at, user id, key id, role, door, action, entity type, entity id, before,
 * after, prev_hash]`, without white space, with the keys of objects sorted, `at` as `YYYY-MM-DDTHH:MM:SS.sssZ`. The hash
 * is SHA-256 of them in hex; `prev_hash` is the hash of the entry before, or 64 zeros for the first.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../compiler/model/snapshot.js';

export interface AuditEntry {
  readonly organization_id: string;
  /** 1, 2, 3 … without a gap in each organisation. */
  readonly seq: number;
  readonly at: string;
  readonly actor_user_id: string | null;
  readonly actor_key_id: string | null;
  readonly actor_role: string | null;
  readonly door: string;
  readonly action: string;
  readonly entity_type: string;
  readonly entity_id: string | null;
  readonly before: unknown;
  readonly after: unknown;
  readonly prev_hash: string;
  readonly hash: string;
}

/** Where a chain stands: its last entry. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

export const GENESIS: ChainHead = Object.freeze({ seq: 0, hash: '0'.repeat(64) });

/** What is wrong with a chain, and at which entry. */
export interface ChainFault {
  readonly seq: number;
  readonly reason: string;
}

export function entryHash(entry: Omit<AuditEntry, 'hash'>): string {
  const bytes = canonicalJson([
    'tributary-audit-1',
    entry.organization_id,
    entry.seq,
    entry.at,
    entry.actor_user_id,
    entry.actor_key_id,
    entry.actor_role,
    entry.door,
    entry.action,
    entry.entity_type,
    entry.entity_id,
    entry.before,
    entry.after,
    entry.prev_hash,
  ]);
  return createHash('sha256').update(bytes).digest('hex');
}

/** Puts entries after a head, in their order. */
export function chained(
  head: ChainHead,
  entries: readonly Omit<AuditEntry, 'seq' | 'prev_hash' | 'hash'>[],
): AuditEntry[] {
  let { seq, hash } = head;
  return entries.map((entry) => {
    const linked = { ...entry, seq: ++seq, prev_hash: hash };
    hash = entryHash(linked);
    return { ...linked, hash };
  });
}

/** Follows a chain entry by entry. */
export class ChainCheck {
  private last: ChainHead;
  fault: ChainFault | null = null;

  /** @param from the entry after which the check starts */
  constructor(from: ChainHead = GENESIS) {
    this.last = from;
  }

  get head(): ChainHead {
    return this.last;
  }

  add(entry: AuditEntry): void {
    if (this.fault) return;
    const { seq } = entry;
    if (seq !== this.last.seq + 1) {
      const missing = this.last.seq + 1;
      this.fault = {
        seq,
        reason: seq > missing ? `Entry ${missing} is missing before it.` : 'The entries are out of order.',
      };
    } else if (entry.prev_hash !== this.last.hash) {
      this.fault = { seq, reason: 'It does not follow from the entry before it.' };
    } else if (entry.hash !== entryHash(entry)) {
      this.fault = { seq, reason: 'Its content was changed after it was written.' };
    } else {
      this.last = { seq, hash: entry.hash };
    }
  }
}
