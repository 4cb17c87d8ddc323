/** What is known of statements and starts that were seen before, of all sessions. */
import { LRUCache } from 'lru-cache';
import type { Field } from '../pgwire/server-messages.js';
import type { Statement } from '../sql/statement.js';
import { MOST_KNOWN_TEXT } from './limits.js';
import type { Timeouts } from './mirror-session.js';
import type { Mirror } from './mirrors.service.js';

/** A statement whose parameters and answer are known. */
export interface Prepared {
  /** As the client wrote it; empty for what is never prepared again. */
  readonly sql: string;
  /** Null for an empty one. */
  readonly statement: Statement | null;
  /** Types of its parameters, by their numbers in Postgres. */
  readonly types: readonly number[];
  /** Null where it answers no rows. */
  readonly fields: readonly Field[] | null;
  /** In which it was prepared. */
  readonly mirror: Mirror;
  /** Of EXECUTE: what stands for the parameters of the statement, as SQL. */
  readonly args?: readonly string[];
}

/** What Postgres says of a session at its start. */
export interface Greeting {
  readonly parameters: ReadonlyMap<string, string>;
  readonly timeouts: Timeouts;
}

/** Both by all that they depend on. */
export interface KnownStatements {
  readonly statements: LRUCache<string, Omit<Prepared, 'mirror'>>;
  /** What a session tells its client at first. */
  readonly greetings: LRUCache<string, Promise<Greeting>>;
}

export const knownStatements = (): KnownStatements => ({
  statements: new LRUCache({ maxSize: MOST_KNOWN_TEXT }),
  greetings: new LRUCache({ max: 500 }),
});
