import { LRUCache } from 'lru-cache';
import type { Identity } from '../access/identity.js';
import * as client from '../pgwire/client-messages.js';
import { message } from '../pgwire/body.js';
import type { BindMessage, ClientMessage } from '../pgwire/client-messages.js';
import * as server from '../pgwire/server-messages.js';
import type { Field, TransactionState } from '../pgwire/server-messages.js';
import type { Frame } from '../pgwire/frames.js';
import type { QueryService } from '../query/query.service.js';
import { SqlMistake } from '../sql/mistake.js';
import { parseSql, sqlOf } from '../sql/parse.js';
import { MODEL_SETTING, OWN_PORTAL, USER_SETTING } from '../sql/catalog/allowed.js';
import { MODEL_COLUMN } from '../sql/relation.js';
import { readStatement, type Statement } from '../sql/statement.js';
import { directFields, readDirect } from './direct-rows.js';
import { faultOf } from './fault-of.js';
import { LONGEST_KNOWN, MOST_KNOWN_TEXT, MOST_PORTALS, MOST_STATEMENTS } from './limits.js';
import type { Mirror } from './mirrors.service.js';
import { loadSources, type LoadContext } from './load-sources.js';
import type { Upstream } from './upstream.js';
import { UpstreamFault } from './upstream.js';

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

interface Prepared {
  readonly sql: string;
  readonly statement: Statement | null;
  readonly types: readonly number[];
  readonly fields: readonly Field[] | null;
  readonly mirror: Mirror;
  /** Of EXECUTE: what stands for the parameters of the statement, as SQL. */
  readonly args?: readonly string[];
}

interface Portal {
  readonly prepared: Prepared;
  readonly bind: BindMessage;
  /** Its name in Postgres; null for what is answered here, or has not been begun. */
  upstream: string | null;
  /** How far an answer has come that does not take Postgres. */
  direct: 'to do' | 'done' | null;
}

/** What Postgres says of a session at its start. */
interface Greeting {
  readonly parameters: ReadonlyMap<string, string>;
  readonly timeoutMs: number;
}

/** What is known of statements and starts that were seen before, of all sessions. */
export interface KnownStatements {
  readonly statements: LRUCache<string, Omit<Prepared, 'mirror'>>;
  /** What a session tells its client at first, by all that it depends on. */
  readonly greetings: LRUCache<string, Promise<Greeting>>;
}
export const knownStatements = (): KnownStatements => ({
  statements: new LRUCache({ maxSize: MOST_KNOWN_TEXT }),
  greetings: new LRUCache({ max: 500 }),
});

/** Takes the place of an error that has been told already. */
class Told extends Error {}

/**
 * What one client does after it has proven who it is. Statements are checked and planned here; a session of Postgres in
 * the asker's mirror runs what is left of them, so that types, formats, cursors and portals are Postgres' own.
 *
 * Everything runs in a transaction of Postgres: the client's own, or one that ends with the client's message or Sync.
 */
export class SqlSession {
  private upstream: Upstream | null = null;
  private mirror: Mirror | null = null;
  private identity: Identity | null = null;
  private readonly statements = new Map<string, Prepared>();
  private readonly portals = new Map<string, Portal>();
  private readonly settings = new Map<string, string>();
  /** Whether the client has begun a transaction; and whether Postgres is in one. */
  private explicit = false;
  private begun = false;
  private failed = false;
  private latest: Identity['state'];
  /** Whether what the asker may see was looked up since the last Sync. */
  private isReady = false;
  /** After an error, messages are passed over up to the client's Sync. */
  private skipping = false;
  private counter = 0;
  private stop = new AbortController();
  /** Settings that Postgres reports, as they are now. */
  private reported = new Map<string, string>();
  /** Whether the client's transaction has changed settings, for which there is no other record. */
  private hasLocalSettings = false;
  /** `statement_timeout` in milliseconds; 0 for none. Postgres keeps to it as well, but knows only of what it does itself. */
  private statementTimeout = 0;
  private hasTimedOut = false;

  constructor(
    private readonly host: SessionHost,
    private readonly startSettings: ReadonlyMap<string, string>,
  ) {}

  get state(): TransactionState {
    return !this.explicit ? 'I' : this.failed ? 'E' : 'T';
  }

  /** Whether it holds a session of Postgres that could be given back. */
  get couldGiveBack(): boolean {
    return this.upstream !== null && !this.begun;
  }

  /** The first contact: proves that the mirror is there, once for all who start in the same way. */
  async begin(): Promise<ReadonlyMap<string, string>> {
    await this.ready();
    this.isReady = false;
    const { greetings } = this.host.known;
    const key = this.startsWith([]);
    let known = greetings.get(key);
    if (!known) {
      known = this.connect().then(({ parameters }) => ({
        parameters: new Map(parameters),
        timeoutMs: this.statementTimeout,
      }));
      greetings.set(key, known);
      known.catch(() => greetings.delete(key));
    }
    const { parameters, timeoutMs } = await known;
    this.reported = new Map([...parameters, ...this.reported]);
    this.statementTimeout = timeoutMs;
    return parameters;
  }

  /** All that the meaning of a statement depends on beside its text. */
  private startsWith(more: readonly unknown[]): string {
    const mirror = this.mirror as Mirror;
    const settings = [...this.startSettings, ...this.settings];
    const { timeZone } = mirror.organization;
    return JSON.stringify([mirror.name, mirror.version, timeZone, this.identity?.keyId, settings, ...more]);
  }

  /** Stops what is running, in the engine and in Postgres. */
  cancel(): void {
    this.stop.abort();
    if (this.begun) void this.upstream?.cancel();
  }

  private timeOut(): void {
    this.hasTimedOut = true;
    this.cancel();
  }

  giveBack(): void {
    if (!this.upstream || this.begun) return;
    this.host.close(this.upstream);
    this.upstream = null;
  }

  end(): void {
    this.stop.abort();
    if (this.begun) void this.upstream?.cancel();
    if (this.upstream) this.host.close(this.upstream);
    this.upstream = null;
  }

  /** Answers one message. */
  async handle(said: ClientMessage): Promise<void> {
    if (said.kind === 'sync') return this.sync();
    if (this.skipping || said.kind === 'copy' || said.kind === 'flush') return;
    if (this.stop.signal.aborted) this.stop = new AbortController();
    this.hasTimedOut = false;
    const late = this.statementTimeout > 0 ? setTimeout(() => this.timeOut(), this.statementTimeout) : undefined;
    try {
      if (said.kind === 'query') await this.simple(said.sql);
      else await this.extended(said);
    } catch (error) {
      await this.tell(error);
      if (said.kind === 'query') await this.sync();
      else this.skipping = true;
    } finally {
      clearTimeout(late);
    }
  }

  private async tell(error: unknown): Promise<void> {
    if (this.begun || this.explicit) this.failed = true;
    if (error instanceof Told) return;
    const { unexpected, ...found } = faultOf(error);
    const isStopped = this.stop.signal.aborted && (unexpected || found.code === CANCELLED.code);
    if (unexpected && !isStopped) this.host.log(error);
    const fault = !isStopped ? found : this.hasTimedOut ? TIMED_OUT : CANCELLED;
    await this.host.send(server.errorResponse(fault));
    if (this.upstream && !this.upstream.isOpen) this.lose();
  }

  /** The session of Postgres is gone, and with it the transaction. */
  private lose(): void {
    if (this.upstream) this.host.close(this.upstream);
    this.upstream = null;
    this.begun = this.explicit = this.failed = this.hasLocalSettings = false;
    this.portals.clear();
  }

  private async sync(): Promise<void> {
    this.skipping = this.isReady = false;
    if (!this.explicit) await this.finish(this.failed ? 'ROLLBACK' : 'COMMIT');
    await this.host.send(server.readyForQuery(this.state));
  }

  private async finish(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const { begun, hasLocalSettings } = this;
    this.begun = this.explicit = this.failed = this.hasLocalSettings = false;
    this.portals.clear();
    try {
      if (begun) await this.upstream?.run(how);
      if (begun && hasLocalSettings) await this.noteTimeout([]);
    } catch (error) {
      await this.tell(error);
      this.lose();
    }
  }

  private async simple(sql: string): Promise<void> {
    const isNow = !this.isReady && !this.explicit;
    await this.ready();
    // One state of the organisation, read for this very statement.
    this.latest = isNow ? this.identity?.state : undefined;
    const known = this.recall(sql, []);
    const nodes = known ? [null] : parseSql(sql);
    if (nodes.length === 0) await this.host.send(server.emptyQueryResponse());
    for (const [index, node] of nodes.entries()) {
      if (index > 0) await this.ready();
      const prepared =
        known ?? (await this.prepare('', node && readStatement(node, this.context()), [], nodes.length > 1 ? '' : sql));
      const portal = await this.bind(prepared, UNBOUND);
      if (prepared.fields) await this.host.send(server.rowDescription(prepared.fields));
      await this.execute(portal, 0);
      await this.closePortal(portal);
    }
    await this.sync();
  }

  private async extended(said: ClientMessage): Promise<void> {
    switch (said.kind) {
      case 'parse': {
        await this.ready();
        const known = this.recall(said.sql, said.types);
        const nodes = known ? [] : parseSql(said.sql);
        if (nodes.length > 1)
          throw new SqlMistake({ code: '42601', message: 'cannot insert multiple commands into a prepared statement' });
        this.refuseTaken(said.name);
        const [node] = nodes;
        const statement = node ? readStatement(node, this.context()) : null;
        const prepared = known ?? (await this.prepare(said.sql, statement, said.types, said.sql));
        this.statements.set(said.name, { ...prepared, sql: said.sql });
        return void (await this.host.send(server.parseComplete()));
      }
      case 'bind': {
        const known = this.named(said.statement);
        if (said.portal !== '' && this.portals.has(said.portal))
          throw new SqlMistake({ code: '42P03', message: `cursor "${said.portal}" already exists` });
        if (this.portals.size >= MOST_PORTALS)
          throw new SqlMistake({ code: '53400', message: `At most ${MOST_PORTALS} portals.` });
        const old = this.portals.get(said.portal);
        if (old) await this.closePortal(old);
        await this.ready();
        this.portals.set(said.portal, await this.bind(await this.current(said.statement, known), said));
        return void (await this.host.send(server.bindComplete()));
      }
      case 'describe': {
        if (said.what === 'statement') {
          const known = this.named(said.name);
          await this.host.send(server.parameterDescription(known.args ? [] : known.types));
          return void (await this.host.send(known.fields ? server.rowDescription(known.fields) : server.noData()));
        }
        const portal = await this.portalOf(said.name);
        const { fields } = portal.prepared;
        return void (await this.host.send(
          fields ? server.rowDescription(fields, portal.bind.resultFormats) : server.noData(),
        ));
      }
      case 'execute':
        return this.execute(await this.portalOf(said.portal), said.rows);
      case 'close': {
        if (said.what === 'statement') this.statements.delete(said.name);
        else {
          const portal = this.portals.get(said.name);
          this.portals.delete(said.name);
          if (portal) await this.closePortal(portal);
        }
        return void (await this.host.send(server.closeComplete()));
      }
      default:
        throw new SqlMistake({ code: '0A000', message: 'Not spoken here.' });
    }
  }

  private named(name: string): Prepared {
    const known = this.statements.get(name);
    if (!known) throw new SqlMistake({ code: '26000', message: `prepared statement "${name}" does not exist` });
    return known;
  }

  private refuseTaken(name: string): void {
    if (name !== '' && this.statements.has(name))
      throw new SqlMistake({ code: '42P05', message: `prepared statement "${name}" already exists` });
    if (this.statements.size >= MOST_STATEMENTS)
      throw new SqlMistake({ code: '53400', message: `At most ${MOST_STATEMENTS} prepared statements.` });
  }

  /** A portal that was bound; or a cursor that was declared, which is one, too. */
  private async portalOf(name: string): Promise<Portal> {
    const portal = this.portals.get(name) ?? (this.begun && !this.failed ? await this.declared(name) : undefined);
    if (!portal) throw new SqlMistake({ code: '34000', message: `portal "${name}" does not exist` });
    return portal;
  }

  private async declared(name: string): Promise<Portal | undefined> {
    if (name === '') return undefined;
    const [found] = await this.run(
      `SELECT FROM pg_cursors WHERE name = ${quote(name)} AND name NOT LIKE '${OWN_PORTAL}%'`,
    );
    if (!found) return undefined;
    const upstream = this.upstream as Upstream;
    upstream.write(client.describe('P', name), client.flush());
    for (;;) {
      const { type, body } = await upstream.next();
      if (type === 'E') throw await this.afterFault(body);
      if (type !== 'T') continue;
      const fields = server.readRowDescription(body).map((field) => ({ ...field, table: 0, attribute: 0 }));
      const statement = { kind: 'pass', sql: '' } as const;
      const prepared = { sql: '', statement, types: [], fields, mirror: this.mirror as Mirror };
      const resultFormats = fields.map(({ format = 0 }) => format);
      return { prepared, bind: { ...UNBOUND, resultFormats }, upstream: name, direct: null };
    }
  }

  /** Who asks, and what that person may see now. Within a transaction nothing changes. */
  private async ready(): Promise<void> {
    if (this.failed && this.explicit) return;
    if (this.upstream && !this.upstream.isOpen) this.lose();
    if (this.begun || this.explicit || this.isReady) return;
    const { identity, mirror } = await this.host.refresh();
    this.identity = identity;
    if (this.upstream && this.mirror?.name !== mirror.name) this.giveBack();
    this.mirror = mirror;
    this.isReady = true;
  }

  /** A session of Postgres in the mirror, for what only Postgres can do. */
  private async connect(): Promise<Upstream> {
    if (this.upstream) return this.upstream;
    const mirror = this.mirror as Mirror;
    const upstream = await this.host.open(mirror);
    this.upstream = upstream;
    upstream.onParameter = (name, value) => {
      if (this.reported.get(name) === value) return;
      this.reported.set(name, value);
      void this.host.send(server.parameterStatus(name, value));
    };
    upstream.onNotice = (body) => void this.host.send(message('N', body));
    const start = [...this.startSettings].map(
      ([name, value]) => `SELECT set_config('${name}', ${quote(value)}, false)`,
    );
    const zone = this.startSettings.has('timezone') ? [] : [`SET timezone = ${quote(mirror.organization.timeZone)}`];
    const user = `SELECT set_config('${USER_SETTING}', ${quote(this.identity?.keyId ?? '')}, false)`;
    await this.noteTimeout([user, ...zone, ...start, ...this.settings.values()]);
    return upstream;
  }

  /** Runs statements that may set it, and asks Postgres what it is then. */
  private async noteTimeout(statements: readonly string[]): Promise<void> {
    const [[found] = []] = await this.run([...statements, TIMEOUT_MS].join('; '));
    this.statementTimeout = Number(found ?? 0);
  }

  /** A statement over the model that was prepared before, by anyone who would get the same. */
  private recall(sql: string, types: readonly number[]): Prepared | null {
    if (sql.length > LONGEST_KNOWN || this.failed || this.hasLocalSettings) return null;
    const known = this.host.known.statements.get(this.startsWith([types, sql]));
    return known ? { ...known, mirror: this.mirror as Mirror } : null;
  }

  private remember(sql: string, types: readonly number[], { mirror: _, ...prepared }: Prepared): void {
    const { statement } = prepared;
    const isOverModel = statement?.kind === 'query' && statement.plan !== null;
    if (!isOverModel || sql === '' || sql.length > LONGEST_KNOWN || this.hasLocalSettings) return;
    this.host.known.statements.set(this.startsWith([types, sql]), prepared, { size: 20 * (sql.length + 1_000) });
  }

  private context(): Parameters<typeof readStatement>[1] {
    const { facts, relations, model, organization } = this.mirror as Mirror;
    return {
      facts,
      relations,
      database: organization.slug,
      user: this.identity?.keyId ?? '',
      model,
      calendar: { weekStart: model.settings.week_start, fiscalYearStart: model.settings.fiscal_year_start ?? 1 },
      isAggregate: (name) => facts.aggregates.has(name),
    };
  }

  /** Has Postgres say what types a statement has. */
  private async prepare(
    sql: string,
    statement: Statement | null,
    types: readonly number[],
    asked = '',
  ): Promise<Prepared> {
    if (statement?.kind === 'execute') {
      this.refuseInFailed(statement);
      return { ...(await this.current(statement.name, this.named(statement.name))), args: statement.args };
    }
    const mirror = this.mirror as Mirror;
    const none = { sql, statement, types, fields: null, mirror };
    const text = statement?.kind === 'query' ? statement.describe : statement?.kind === 'pass' ? statement.sql : null;
    this.refuseInFailed(statement);
    if (text === null) return none;
    const direct = statement?.kind === 'query' && types.length === 0 ? statement.direct : null;
    const told = direct && directFields(direct);
    if (told) {
      const prepared = { ...none, fields: told };
      this.remember(asked, types, prepared);
      return prepared;
    }
    await this.start();
    const upstream = this.upstream as Upstream;
    upstream.write(client.parse('', text, types), client.describe('S', ''), client.flush());
    let inferred: readonly number[] = [];
    for (;;) {
      const { type, body } = await upstream.next();
      if (type === 'E') throw await this.afterFault(body);
      if (type === 't') inferred = server.readParameterDescription(body);
      if (type === 'T' || type === 'n') {
        const described = type === 'T' ? server.readRowDescription(body) : null;
        const explained = statement?.kind === 'query' && statement.explain ? [PLAN_FIELD] : described;
        const fields = explained?.map((field) => ({ ...field, table: 0, attribute: 0 })) ?? null;
        const prepared = { ...none, types: inferred, fields };
        this.remember(asked, types, prepared);
        return prepared;
      }
    }
  }

  /** The model may have been published anew since the statement was prepared. */
  private async current(name: string, prepared: Prepared): Promise<Prepared> {
    if (prepared.mirror.version === this.mirror?.version || prepared.sql === '') return prepared;
    const [node] = parseSql(prepared.sql);
    const again = await this.prepare(prepared.sql, node ? readStatement(node, this.context()) : null, prepared.types);
    const same = JSON.stringify(again.fields) === JSON.stringify(prepared.fields);
    if (!same) throw new SqlMistake({ code: '0A000', message: 'cached plan must not change result type' });
    this.statements.set(name, again);
    return again;
  }

  private async start(): Promise<void> {
    if (this.begun) return;
    await (await this.connect()).run('BEGIN');
    this.begun = true;
  }

  private refuseInFailed(statement: Statement | null): void {
    if (!this.failed || statement?.kind === 'rollback' || statement?.kind === 'commit') return;
    if (statement?.kind === 'savepoint' && /^ROLLBACK/i.test(statement.sql)) return;
    throw new SqlMistake({
      code: '25P02',
      message: 'current transaction is aborted, commands ignored until end of transaction block',
    });
  }

  private async bind(prepared: Prepared, given: BindMessage): Promise<Portal> {
    const { statement } = prepared;
    this.refuseInFailed(statement);
    const said = prepared.args ? { ...given, formats: [], values: await this.argued(prepared) } : given;
    if (said.values.length !== prepared.types.length && statement?.kind === 'query')
      throw new SqlMistake({
        code: '08P01',
        message: `bind message supplies ${said.values.length} parameters, but the prepared statement requires ${prepared.types.length}`,
      });
    const direct = statement?.kind === 'query' && statement.direct && this.isPlain ? 'to do' : null;
    const portal: Portal = { prepared, bind: said, upstream: null, direct };
    if (direct === null) await this.open(portal);
    return portal;
  }

  /** Whether all settings that an answer depends on are known here. */
  private get isPlain(): boolean {
    const { settings, startSettings } = this;
    return !this.hasLocalSettings && !settings.has(MODEL_COLUMN) && !startSettings.has(MODEL_SETTING);
  }

  /** Has Postgres begin with a statement: over what was read for it. */
  private async open(portal: Portal): Promise<void> {
    const { prepared, bind: said } = portal;
    const { statement } = prepared;
    if (statement === null || (statement.kind !== 'query' && statement.kind !== 'pass')) return;
    await this.start();
    let { sql } = statement;
    const upstream = this.upstream as Upstream;
    if (statement.kind === 'query' && statement.plan) {
      const { plan } = statement;
      if (statement.explain) sql = await this.explained(statement, prepared, said);
      else {
        for (const notice of plan.notices) await this.host.send(server.noticeResponse('01000', notice));
        const loaded = await loadSources(plan.sources, this.loading(prepared, said));
        for (const [from, to] of loaded) sql = sql.replaceAll(from, to);
      }
    }
    const name = `${OWN_PORTAL}${++this.counter}`;
    const values =
      statement.kind === 'query' && statement.explain && statement.plan
        ? { types: [], values: [], formats: [] }
        : { types: prepared.types, values: said.values, formats: said.formats };
    upstream.write(
      client.parse('', sql, values.types),
      client.bind({
        portal: name,
        statement: '',
        formats: values.formats,
        values: values.values,
        resultFormats: said.resultFormats,
      }),
      client.flush(),
    );
    for (;;) {
      const { type, body } = await upstream.next();
      if (type === 'E') throw await this.afterFault(body);
      if (type === '2') return void (portal.upstream = name);
    }
  }

  private loading({ types }: Prepared, bind: BindMessage): LoadContext {
    return {
      upstream: this.upstream as Upstream,
      queries: this.host.queries,
      mirror: this.mirror as Mirror,
      types,
      bind,
      signal: this.stop.signal,
      next: () => ++this.counter,
      notice: (text) => void this.host.send(server.noticeResponse('01000', text)),
    };
  }

  /** The values of EXECUTE, as texts of the parameters' types. */
  private async argued({ args = [], types }: Prepared): Promise<(Buffer | null)[]> {
    if (args.length !== types.length)
      throw new SqlMistake({
        code: '42601',
        message: `wrong number of parameters: ${types.length} are expected, ${args.length} given`,
      });
    if (args.length === 0) return [];
    await this.start();
    const [names = []] = await this.run(`SELECT ${types.map((oid) => `format_type(${oid}, NULL)`).join(', ')}`);
    const casts = args.map((sql, index) => `CAST((${sql}) AS ${names[index] ?? 'text'})::text`);
    const [row = []] = await this.run(`SELECT ${casts.join(', ')}`);
    return row.map((value) => (value === null ? null : Buffer.from(value, 'utf8')));
  }

  private async explained(
    statement: Extract<Statement, { kind: 'query' }>,
    prepared: Prepared,
    said: BindMessage,
  ): Promise<string> {
    const lines: string[] = [];
    await loadSources(statement.plan?.sources ?? [], {
      ...this.loading(prepared, said),
      explain: (line) => lines.push(line),
    });
    const text = [
      ...lines.map((line) => `Read: ${line}`),
      'Then in Postgres, over what was read:',
      `  ${statement.sql}`,
    ];
    return `SELECT * FROM unnest(ARRAY[${text.map(quote).join(', ')}]::text[]) AS plan("QUERY PLAN")`;
  }

  private async execute(portal: Portal, rows: number): Promise<void> {
    const { statement } = portal.prepared;
    if (statement === null) return void (await this.host.send(server.emptyQueryResponse()));
    if (statement.kind !== 'query' && statement.kind !== 'pass') return this.perform(statement);
    if (portal.direct !== null && (await this.answer(portal, rows))) return;
    if (portal.upstream === null) throw new Error('A portal without a session.');
    const upstream = this.upstream as Upstream;
    upstream.write(client.execute(portal.upstream, rows), client.flush());
    for (;;) {
      const pause = this.relay(upstream);
      if (pause === 'end') return;
      if (pause instanceof UpstreamFault) throw await this.afterFault(null, pause);
      if (pause) await pause;
      else {
        const frame = await upstream.next();
        const done = this.pass(frame);
        if (done instanceof UpstreamFault) throw await this.afterFault(null, done);
        if (done === 'end') return;
      }
    }
  }

  /** Answers with what is read as it stands. @returns false where Postgres has taken the portal over */
  private async answer(portal: Portal, most: number): Promise<boolean> {
    const { prepared, bind, direct: done } = portal;
    const { latest: state } = this;
    this.latest = undefined;
    const { statement, fields, types } = prepared;
    if (done === 'done') {
      await this.host.send(server.commandComplete('SELECT 0'));
      return true;
    }
    const direct = statement?.kind === 'query' ? statement.direct : null;
    // In pieces, between which an engine must not wait for the client.
    const pieces =
      most > 0 || direct === null
        ? null
        : await readDirect(direct, {
            queries: this.host.queries,
            policy: (this.mirror as Mirror).policy,
            fields: fields ?? [],
            types,
            bind,
            timeZone: this.reported.get('TimeZone') ?? '',
            dateStyle: this.reported.get('DateStyle') ?? '',
            state,
            signal: this.stop.signal,
            notice: (text) => void this.host.send(server.noticeResponse('01000', text)),
          });
    if (pieces === null) {
      portal.direct = null;
      await this.open(portal);
      return false;
    }
    portal.direct = 'done';
    let count = 0;
    for await (const { bytes, rows } of pieces) {
      count += rows;
      await this.host.send(bytes);
      if (this.stop.signal.aborted) throw new SqlMistake(CANCELLED);
    }
    await this.host.send(server.commandComplete(`SELECT ${count}`));
    return true;
  }

  /** Hands on what has come, in large pieces. */
  private relay(upstream: Upstream): Promise<void> | 'end' | UpstreamFault | null {
    const rows: Buffer[] = [];
    let size = 0;
    const flush = (): Promise<void> | undefined => (rows.length > 0 ? this.host.send(Buffer.concat(rows)) : undefined);
    for (let frame = upstream.take(); frame; frame = upstream.take()) {
      if (frame.type === 'D' || frame.type === 'd') {
        rows.push(frame.bytes);
        size += frame.bytes.length;
        if (size < 256 * 1024) continue;
        return flush() ?? Promise.resolve();
      }
      void flush();
      rows.length = 0;
      const done = this.pass(frame);
      if (done) return done;
    }
    return flush() ?? null;
  }

  private pass(frame: Frame): 'end' | UpstreamFault | null {
    switch (frame.type) {
      case 'E':
        return new UpstreamFault(server.readFault(frame.body));
      case 'C':
      case 's':
      case 'I':
        void this.host.send(frame.bytes);
        return 'end';
      case 'D':
      case 'H':
      case 'd':
      case 'c':
        void this.host.send(frame.bytes);
        return null;
      default:
        return null;
    }
  }

  /** What is answered here. */
  private async perform(statement: Exclude<Statement, { kind: 'query' | 'pass' }>): Promise<void> {
    const done = (tag: string): Promise<void> | undefined => this.host.send(server.commandComplete(tag));
    this.refuseInFailed(statement);
    switch (statement.kind) {
      case 'begin':
        this.explicit = true;
        return done('BEGIN');
      case 'commit':
      case 'rollback': {
        const tag = statement.kind === 'rollback' || this.failed ? 'ROLLBACK' : 'COMMIT';
        if (!this.explicit) await this.host.send(server.noticeResponse('25P01', 'there is no transaction in progress'));
        await this.finish(tag);
        return done(tag);
      }
      case 'savepoint': {
        if (!this.explicit)
          throw new SqlMistake({
            code: '25P01',
            message: `${statement.sql.split(' ')[0]} can only be used in transaction blocks`,
          });
        await this.start();
        await this.run(statement.sql);
        this.failed = false;
        return done(statement.sql.split(' ')[0]?.toUpperCase() ?? '');
      }
      case 'set': {
        await this.start();
        await this.noteTimeout([statement.sql]);
        if (this.explicit) this.hasLocalSettings = true;
        if (statement.name !== null) this.settings.set(statement.name, statement.sql);
        return done(/^RESET/i.test(statement.sql) ? 'RESET' : 'SET');
      }
      case 'reset all':
        await this.start();
        await this.noteTimeout(['RESET ALL', `SET timezone = ${quote(this.mirror?.organization.timeZone ?? 'UTC')}`]);
        this.settings.clear();
        return done(statement.tag);
      case 'discard':
        if (this.explicit)
          throw new SqlMistake({ code: '25001', message: 'DISCARD ALL cannot run inside a transaction block' });
        if (this.begun) await this.finish('COMMIT');
        this.statements.clear();
        this.settings.clear();
        this.giveBack();
        return done(statement.tag);
      case 'deallocate':
        if (statement.name === null) this.statements.clear();
        else {
          this.named(statement.name);
          this.statements.delete(statement.name);
        }
        return done(statement.name === null ? 'DEALLOCATE ALL' : 'DEALLOCATE');
      case 'prepare': {
        const { name, types, query } = statement;
        this.refuseTaken(name);
        await this.start();
        const [oids = []] = types.length === 0 ? [] : await this.run(`SELECT ${types.map(typeId).join(', ')}`);
        const sql = sqlOf(query);
        this.statements.set(name, await this.prepare(sql, readStatement(query, this.context()), oids.map(Number)));
        return done('PREPARE');
      }
      case 'nothing':
        return done(statement.tag);
      case 'execute':
        throw new Error('EXECUTE is prepared as what it executes.');
      default:
        return statement satisfies never;
    }
  }

  private run(sql: string): Promise<(string | null)[][]> {
    return (this.upstream as Upstream).run(sql);
  }

  private async closePortal({ upstream: name }: Portal): Promise<void> {
    if (name === null || !this.upstream || !this.begun || this.failed) return;
    this.upstream.write(client.close('P', name), client.flush());
    for (;;) {
      const { type, body } = await this.upstream.next();
      if (type === '3') return;
      if (type === 'E') throw await this.afterFault(body);
    }
  }

  /** Postgres passes over all messages after an error, up to a Sync. */
  private async afterFault(body: Buffer | null, known?: UpstreamFault): Promise<UpstreamFault> {
    const fault = known ?? new UpstreamFault(server.readFault(body as Buffer));
    const upstream = this.upstream as Upstream;
    upstream.write(client.sync());
    await upstream.untilReady().catch(() => undefined);
    return fault;
  }
}

const TIMEOUT_MS = `SELECT (extract(epoch FROM current_setting('statement_timeout')::interval) * 1000)::int8`;
const TIMED_OUT = { code: '57014', message: 'canceling statement due to statement timeout' };
const CANCELLED = { code: '57014', message: 'canceling statement due to user request' };
const UNBOUND: BindMessage = { portal: '', statement: '', formats: [], values: [], resultFormats: [] };
const typeId = (expression: string): string => `pg_typeof(${expression})::oid::int8`;
const PLAN_FIELD: Field = { name: 'QUERY PLAN', table: 0, attribute: 0, type: 25, size: -1, modifier: -1 };
const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
