import type { Identity } from '../access/identity.js';
import { message } from '../pgwire/body.js';
import * as server from '../pgwire/server-messages.js';
import type { TransactionState } from '../pgwire/server-messages.js';
import { MODEL_SETTING, USER_SETTING } from '../sql/catalog/allowed.js';
import { literal } from '../sql/catalog/mirror-sql.js';
import { SqlMistake } from '../sql/mistake.js';
import type { Statement } from '../sql/statement.js';
import type { Mirror } from './mirrors.service.js';
import type { SessionHost } from './session-host.js';
import type { Upstream } from './upstream.js';

interface Transaction {
  /** Whether the client has begun it; otherwise it ends with the client's message or Sync. */
  readonly isExplicit: boolean;
  /** Whether Postgres is in it. */
  readonly isBegun: boolean;
  readonly hasFailed: boolean;
  /** Settings that it has changed, of which there is no other record until it ends; null where it has changed none. */
  readonly changed: readonly string[] | null;
}
const NO_TRANSACTION: Transaction = { isExplicit: false, isBegun: false, hasFailed: false, changed: null };

/** In milliseconds; 0 for none. */
export interface Timeouts {
  readonly statementMs: number;
  readonly idleInTransactionMs: number;
  readonly idleMs: number;
}

const TIMEOUTS_SQL = `SELECT ${['statement_timeout', 'idle_in_transaction_session_timeout', 'idle_session_timeout']
  .map((name) => `(extract(epoch FROM current_setting('${name}')::interval) * 1000)::int8`)
  .join(', ')}`;

/**
 * A client's session as Postgres would know it: who asks, in which mirror, with what settings, in what transaction. It
 * holds a session of Postgres only while it takes one, and begins the next where the last one left off.
 */
export class MirrorSession {
  private upstream: Upstream | null = null;
  private asker: { readonly identity: Identity; readonly mirror: Mirror } | null = null;
  /** Whether what the asker may see was looked up since the last Sync. */
  private isReady = false;
  private transaction = NO_TRANSACTION;
  /** Values of what the client has set, by the names that Postgres has for the settings. */
  private readonly settings = new Map<string, string>();
  /** Settings that Postgres reports, as they are now. */
  private reported = new Map<string, string>();
  private timeoutsNow: Timeouts = { statementMs: 0, idleInTransactionMs: 0, idleMs: 0 };

  /** @param onEnd is told that a transaction has ended, before Postgres is */
  constructor(
    private readonly host: Pick<SessionHost, 'known' | 'refresh' | 'open' | 'close' | 'send'>,
    private readonly startSettings: ReadonlyMap<string, string>,
    private readonly onEnd: () => void,
  ) {}

  get state(): TransactionState {
    const { isExplicit, hasFailed } = this.transaction;
    return !isExplicit ? 'I' : hasFailed ? 'E' : 'T';
  }

  get isExplicit(): boolean {
    return this.transaction.isExplicit;
  }

  get hasFailed(): boolean {
    return this.transaction.hasFailed;
  }

  get hasLocalSettings(): boolean {
    return this.transaction.changed !== null;
  }

  /** Whether all settings that an answer depends on are known here. */
  get isPlain(): boolean {
    return !this.hasLocalSettings && !this.settings.has(MODEL_SETTING) && !this.startSettings.has(MODEL_SETTING);
  }

  /** As the client has set them. Postgres keeps to them as well, but knows only of what it does itself. */
  get timeouts(): Timeouts {
    return this.timeoutsNow;
  }

  /** Whether it holds a session of Postgres that could be given back. */
  get couldGiveBack(): boolean {
    return this.upstream !== null && !this.transaction.isBegun;
  }

  /** The session of Postgres in whose transaction statements can run; null where there is none. */
  get running(): Upstream | null {
    const { isBegun, hasFailed } = this.transaction;
    return isBegun && !hasFailed ? this.upstream : null;
  }

  get identity(): Identity {
    return this.known.identity;
  }

  get mirror(): Mirror {
    return this.known.mirror;
  }

  private get known(): { readonly identity: Identity; readonly mirror: Mirror } {
    if (!this.asker) throw new Error('Nobody has been looked up yet.');
    return this.asker;
  }

  /** A setting that Postgres reports; empty where it does not. */
  setting(name: string): string {
    return this.reported.get(name) ?? '';
  }

  /** The first contact: proves that the mirror is there, once for all who start in the same way. */
  async begin(): Promise<ReadonlyMap<string, string>> {
    await this.ready();
    this.expire();
    const { greetings } = this.host.known;
    const key = this.keyOf([]);
    let known = greetings.get(key);
    if (!known) {
      known = this.connect().then(({ parameters }) => ({ parameters: new Map(parameters), timeouts: this.timeouts }));
      greetings.set(key, known);
      known.catch(() => greetings.delete(key));
    }
    const { parameters, timeouts } = await known;
    this.reported = new Map([...parameters, ...this.reported]);
    this.timeoutsNow = timeouts;
    return parameters;
  }

  /** All that the meaning of a statement depends on beside its text, and `more`. */
  keyOf(more: readonly unknown[]): string {
    const { name, version, organization } = this.mirror;
    const settings = [...this.startSettings, ...this.settings];
    return JSON.stringify([name, version, organization.timeZone, this.identity.keyId, settings, ...more]);
  }

  /**
   * Looks up who asks, and what that person may see now. Within a transaction nothing changes.
   * @returns whether it was looked up for this call
   */
  async ready(): Promise<boolean> {
    if (this.hasFailed && this.isExplicit) return false;
    this.loseClosed();
    if (this.transaction.isBegun || this.isExplicit || this.isReady) return false;
    const asker = await this.host.refresh();
    if (this.upstream && this.asker?.mirror.name !== asker.mirror.name) this.giveBack();
    this.asker = asker;
    this.isReady = true;
    return true;
  }

  /** The next message looks anew. */
  expire(): void {
    this.isReady = false;
  }

  /** @throws SqlMistake 25P02 for a statement that can't run once something has failed in the transaction */
  refuseInFailed(statement: Statement | null): void {
    if (!this.hasFailed || statement?.kind === 'rollback' || statement?.kind === 'commit') return;
    if (statement?.kind === 'savepoint' && /^ROLLBACK/i.test(statement.sql)) return;
    throw new SqlMistake({
      code: '25P02',
      message: 'current transaction is aborted, commands ignored until end of transaction block',
    });
  }

  /** The client's BEGIN. Postgres begins when there is something to do. */
  beginExplicit(): void {
    this.note({ isExplicit: true });
  }

  /** Begins a transaction of Postgres, if there is none. */
  async start(): Promise<Upstream> {
    if (this.transaction.isBegun) {
      if (!this.upstream) throw new Error('The session has ended.');
      return this.upstream;
    }
    const kept = this.upstream;
    let upstream = await this.connect();
    try {
      await upstream.run('BEGIN');
    } catch (error) {
      // One that was kept may have ended while nobody looked.
      if (upstream !== kept || upstream.isOpen) throw error;
      this.release();
      upstream = await this.connect();
      await upstream.run('BEGIN');
    }
    this.note({ isBegun: true });
    return upstream;
  }

  /** Something went wrong. */
  fail(): void {
    if (this.transaction.isBegun || this.isExplicit) this.note({ hasFailed: true });
  }

  async savepoint(sql: string): Promise<void> {
    await (await this.start()).run(sql);
    this.note({ hasFailed: false });
  }

  /** Ends the transaction, if there is one. @throws what Postgres says of it; its session is gone then */
  async finish(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const { upstream, transaction } = this;
    this.transaction = NO_TRANSACTION;
    this.onEnd();
    if (!upstream || !transaction.isBegun) return;
    try {
      if (transaction.changed) await this.learnSettings(upstream, how, transaction.changed);
      else await upstream.run(how);
    } catch (error) {
      this.lose();
      throw error;
    }
  }

  /** @param name of the setting, where it may outlive the transaction */
  async set(sql: string, name: string | null): Promise<void> {
    await this.runForTimeouts(await this.start(), [sql]);
    this.note({ changed: [...(this.transaction.changed ?? []), ...(name === null ? [] : [name])] });
  }

  /** As the session started. */
  async resetAll(): Promise<void> {
    await this.runForTimeouts(await this.start(), ['RESET ALL']);
    this.note({ changed: this.transaction.changed ?? [] });
  }

  /** DISCARD ALL, outside of a transaction: the next session of Postgres is as at the start. */
  discard(): void {
    this.settings.clear();
    this.giveBack();
  }

  /** Stops what Postgres is running. */
  interrupt(): Promise<void> | undefined {
    return this.transaction.isBegun ? this.upstream?.cancel() : undefined;
  }

  giveBack(): void {
    if (!this.transaction.isBegun) this.release();
  }

  /** The session of Postgres is gone, and with it the transaction. */
  lose(): void {
    this.release();
    this.transaction = NO_TRANSACTION;
    this.onEnd();
  }

  /** What the client has begun fails with the session of Postgres: nothing may go on as if it were still in it. */
  loseClosed(): void {
    if (!this.upstream || this.upstream.isOpen) return;
    const { isExplicit, isBegun } = this.transaction;
    this.lose();
    if (isExplicit && isBegun) this.note({ isExplicit, hasFailed: true });
  }

  /** Lets go of Postgres, whatever it is doing. */
  release(): void {
    if (this.upstream) this.host.close(this.upstream);
    this.upstream = null;
  }

  private note(change: Partial<Transaction>): void {
    this.transaction = { ...this.transaction, ...change };
  }

  /** A session of Postgres in the mirror, for what only Postgres can do. */
  private async connect(): Promise<Upstream> {
    if (this.upstream) return this.upstream;
    const { identity, mirror } = this.known;
    const upstream = await this.host.open(mirror, {
      timezone: mirror.organization.timeZone,
      ...Object.fromEntries(this.startSettings),
      [USER_SETTING]: identity.keyId,
    });
    this.upstream = upstream;
    upstream.onParameter = (name, value) => {
      if (this.reported.get(name) === value) return;
      this.reported.set(name, value);
      void this.host.send(server.parameterStatus(name, value));
    };
    upstream.onNotice = (body) => void this.host.send(message('N', body));
    const set = [...this.settings].map(
      ([name, value]) => `SELECT set_config(${literal(name)}, ${literal(value)}, false)`,
    );
    await this.runForTimeouts(upstream, set);
    return upstream;
  }

  /** Runs statements that may set time-outs, and asks Postgres what these are then. */
  private async runForTimeouts(upstream: Upstream, statements: readonly string[]): Promise<void> {
    const [row = []] = await upstream.run([...statements, TIMEOUTS_SQL].join('; '));
    this.noteTimeouts(row);
  }

  /** Ends a transaction that has changed settings: only Postgres knows which of the changes it has kept. */
  private async learnSettings(upstream: Upstream, how: string, changed: readonly string[]): Promise<void> {
    const names = [...new Set([...this.settings.keys(), ...changed])];
    const values = names.map((name) => `, current_setting(${literal(name)}, true)`);
    const [row = []] = await upstream.run(`${how}; ${TIMEOUTS_SQL}${values.join('')}`);
    this.noteTimeouts(row);
    for (const [index, value] of row.slice(3).entries()) this.settings.set(names[index] as string, value ?? '');
  }

  private noteTimeouts([statement, idleInTransaction, idle]: readonly (string | null)[]): void {
    this.timeoutsNow = {
      statementMs: Number(statement ?? 0),
      idleInTransactionMs: Number(idleInTransaction ?? 0),
      idleMs: Number(idle ?? 0),
    };
  }
}
