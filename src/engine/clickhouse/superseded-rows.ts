import { randomUUID } from 'node:crypto';
import type { ClickHouseTransport } from './transport.js';
import { STATE_TABLE } from './tables.js';

/** Phases of an attempt to commit rows that supersede others; an attempt only moves forward. */
const ATTACHING = 1;
const ATTACHED = 2;
const MERGED = 3;

/** An attempt that stood still this long has died with its process, and its statement with it. */
const ABANDONED = 'INTERVAL 1 HOUR';
/** How long another process's merge may go unnoticed; until then reads are right, only slower. */
const REMEMBER_MS = 60_000;

/**
 * Knows which organisations have superseded rows in the table, so that only they are read with FINAL. Durable in
 * `engine_state`: a commit writes ATTACHING *before* its rows can be seen and ATTACHED after; a merge marks MERGED what
 * was ATTACHED when it began. An organisation with any attempt that is not MERGED has superseded rows.
 *
 * A reader that finds none must be sure of it at the moment when its statement chooses the data to read. In the
 * embedded engine only this process writes, so memory tells, at once. On a server the reader asks *after* its statement
 * has started: what superseded rows that statement can see was marked before, so an unmarked organisation had none.
 */
export class SupersededRows {
  private readonly known = new Map<string, { superseded: boolean; at: number }>();

  constructor(private readonly transport: ClickHouseTransport) {}

  /** What memory says: certain if the transport is exclusive, else a guess; undefined when never asked before. */
  remembered(organizationId: string): boolean | undefined {
    const known = this.known.get(organizationId);
    if (known === undefined) return undefined;
    if (!this.transport.exclusive && performance.now() - known.at > REMEMBER_MS) return undefined;
    return known.superseded;
  }

  async read(organizationId: string): Promise<boolean> {
    const rows = await this.transport.select(
      `SELECT 1 FROM (SELECT max(phase) AS latest FROM ${STATE_TABLE} WHERE organization_id = '${organizationId}' GROUP BY attempt)
       WHERE latest < ${MERGED} LIMIT 1`,
    );
    // In the embedded engine a commit may have marked the organisation while this was being read.
    const superseded = rows.length > 0 || (this.transport.exclusive && this.remembered(organizationId) === true);
    this.remember(organizationId, superseded);
    return superseded;
  }

  /** Runs `attach`, which makes superseding rows visible. */
  async during(organizationId: string, attach: () => Promise<void>): Promise<void> {
    const attempt = randomUUID();
    this.remember(organizationId, true);
    await this.write(organizationId, attempt, ATTACHING);
    // Again: a merge may have made memory forget while nothing durable said so yet.
    this.remember(organizationId, true);
    await attach();
    await this.write(organizationId, attempt, ATTACHED);
  }

  /** Runs `merge`, after which rows that were superseded before it are gone. */
  async resolvedBy(merge: () => Promise<void>): Promise<void> {
    const attempts = await this.transport.select(
      `SELECT organization_id, attempt FROM (
         SELECT organization_id, attempt, max(phase) AS latest, max(at) AS touched FROM ${STATE_TABLE} GROUP BY ALL
       ) WHERE latest = ${ATTACHED} OR (latest = ${ATTACHING} AND touched < now() - ${ABANDONED})`,
    );
    if (attempts.length === 0) return;
    await merge();
    const lines = attempts.map(([organization, attempt]) => JSON.stringify([organization, attempt, MERGED]));
    await this.transport.insert(STATE_TABLE, ['organization_id', 'attempt', 'phase'], lines.join('\n'));
    for (const organization of new Set(attempts.map(([id]) => String(id)))) {
      this.known.delete(organization);
    }
  }

  private remember(organizationId: string, superseded: boolean): void {
    this.known.set(organizationId, { superseded, at: performance.now() });
  }

  private async write(organizationId: string, attempt: string, phase: number): Promise<void> {
    const line = JSON.stringify([organizationId, attempt, phase]);
    await this.transport.insert(STATE_TABLE, ['organization_id', 'attempt', 'phase'], line);
  }
}
