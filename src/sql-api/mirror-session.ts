import type { Identity } from '../access/identity.js';
import { message } from '../pgwire/body.js';
import * as server from '../pgwire/server-messages.js';
import type { TransactionState } from '../pgwire/server-messages.js';
import { MODEL_SETTING, USER_SETTING } from '../sql/catalog/allowed.js';
import { literal } from '../sql/catalog/mirror-sql.js';
import { SqlMistake } from '../sql/mistake.js';
import { MODEL_COLUMN } from '../sql/relation.js';
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
  /** Whether it has changed settings, for which there is no other record. */
  readonly hasLocalSettings: boolean;
}
const NO_TRANSACTION: Transaction = { isExplicit: false, isBegun: false, hasFailed: false, hasLocalSettings: false };

const TIMEOUT_MS = `SELECT (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::int8`;

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
  /** Statements that set what the client has set, by the names of the settings. */
  private readonly settings = new Map<string, string>();
  /** Settings that Postgres reports, as they are now. */
  private reported = new Map<string, string>();
  private timeout = 0;

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
    return this.transaction.hasLocalSettings;
  }

  /** Whether all settings that an answer depends on are known here. */
  get isPlain(): boolean {
    return !this.hasLocalSettings && !this.settings.has(MODEL_COLUMN) && !this.startSettings.has(MODEL_SETTING);
  }

  /** `statement_timeout` in milliseconds; 0 for none. Postgres keeps to it as well, but knows only of what it does itself. */
  get timeoutMs(): number {
    return this.timeout;
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
      known = this.connect().then(({ parameters }) => ({ parameters: new Map(parameters), timeoutMs: this.timeout }));
      greetings.set(key, known);
      known.catch(() => greetings.delete(key));
    }
    const { parameters, timeoutMs } = await known;
    this.reported = new Map([...parameters, ...this.reported]);
    this.timeout = timeoutMs;
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
    const upstream = await this.connect();
    await upstream.run('BEGIN');
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

  /** Ends the transaction, if there is one. @throws what Postgres says of it */
  async finish(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const { upstream, transaction } = this;
    this.transaction = NO_TRANSACTION;
    this.onEnd();
    if (!upstream || !transaction.isBegun) return;
    await upstream.run(how);
    if (transaction.hasLocalSettings) await this.runForTimeout(upstream, []);
  }

  /** @param name of the setting, where it outlives the transaction */
  async set(sql: string, name: string | null): Promise<void> {
    await this.runForTimeout(await this.start(), [sql]);
    if (this.isExplicit) this.note({ hasLocalSettings: true });
    if (name !== null) this.settings.set(name, sql);
  }

  async resetAll(): Promise<void> {
    const zone = `SET timezone = ${literal(this.mirror.organization.timeZone)}`;
    await this.runForTimeout(await this.start(), ['RESET ALL', zone]);
    this.settings.clear();
  }

  /** DISCARD ALL, outside of a transaction: the next session of Postgres is as at the start. */
  discard(): void {
    this.settings.clear();
    this.giveBack();
  }

  /** Stops what Postgres is running. */
  interrupt(): void {
    if (this.transaction.isBegun) void this.upstream?.cancel();
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

  loseClosed(): void {
    if (this.upstream && !this.upstream.isOpen) this.lose();
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
    const upstream = await this.host.open(mirror);
    this.upstream = upstream;
    upstream.onParameter = (name, value) => {
      if (this.reported.get(name) === value) return;
      this.reported.set(name, value);
      void this.host.send(server.parameterStatus(name, value));
    };
    upstream.onNotice = (body) => void this.host.send(message('N', body));
    const start = [...this.startSettings].map(
      ([name, value]) => `SELECT set_config('${name}', ${literal(value)}, false)`,
    );
    const zone = this.startSettings.has('timezone') ? [] : [`SET timezone = ${literal(mirror.organization.timeZone)}`];
    const user = `SELECT set_config('${USER_SETTING}', ${literal(identity.keyId)}, false)`;
    await this.runForTimeout(upstream, [user, ...zone, ...start, ...this.settings.values()]);
    return upstream;
  }

  /** Runs statements that may set `statement_timeout`, and asks Postgres what it is then. */
  private async runForTimeout(upstream: Upstream, statements: readonly string[]): Promise<void> {
    const [[found] = []] = await upstream.run([...statements, TIMEOUT_MS].join('; '));
    this.timeout = Number(found ?? 0);
  }
}
