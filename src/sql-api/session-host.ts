import type { Identity } from '../access/identity.js';
import type { QueryService } from '../query/query.service.js';
import type { KnownStatements } from './known-statements.js';
import type { Mirror } from './mirrors.service.js';
import type { Upstream } from './upstream.js';

/** What a session needs from around it. */
export interface SessionHost {
  readonly queries: QueryService;
  readonly known: KnownStatements;
  /** Rows that one relation of a statement may come to. */
  readonly mostRows: number;
  /** Who the key stands for now, and what that person may see. @throws Problem when nobody any more */
  refresh(): Promise<{ readonly identity: Identity; readonly mirror: Mirror }>;
  /** A session of Postgres in the mirror, which starts with these settings; waits for its turn. */
  open(mirror: Mirror, settings: Readonly<Record<string, string>>): Promise<Upstream>;
  close(upstream: Upstream): void;
  /** Sends to the client. @returns a promise where it would rather have a pause */
  send(bytes: Buffer): Promise<void> | undefined;
  log(error: unknown): void;
}
