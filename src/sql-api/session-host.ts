import type { Identity } from '../access/identity.js';
import type { QueryService } from '../query/query.service.js';
import type { KnownStatements } from './known-statements.js';
import type { Mirror } from './mirrors.service.js';
import type { Upstream } from './upstream.js';

/** What a session needs from around it. */
export interface SessionHost {
  readonly queries: QueryService;
  readonly known: KnownStatements;
  /** Who the key stands for now, and what that person may see. @throws Problem when nobody any more */
  refresh(): Promise<{ readonly identity: Identity; readonly mirror: Mirror }>;
  /** A session of Postgres in the mirror; waits for its turn. */
  open(mirror: Mirror): Promise<Upstream>;
  close(upstream: Upstream): void;
  /** Sends to the client. @returns a promise where it would rather have a pause */
  send(bytes: Buffer): Promise<void> | undefined;
  log(error: unknown): void;
}
