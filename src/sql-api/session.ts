import type { OrganizationState } from '../access/organization-state.js';
import type { ClientMessage } from '../pgwire/client-messages.js';
import * as server from '../pgwire/server-messages.js';
import type { TransactionState } from '../pgwire/server-messages.js';
import { SqlMistake } from '../sql/mistake.js';
import { loadParser } from '../sql/parse.js';
import { faultOf } from './fault-of.js';
import { Interruption } from './interruption.js';
import { MirrorSession, type Timeouts } from './mirror-session.js';
import { Portals, UNBOUND, type Portal } from './portals.js';
import type { SessionHost } from './session-host.js';
import { Statements } from './statements.js';
import { perform } from './utility.js';

/**
 * What one client does after it has proven who it is. Statements are checked and planned here; a session of Postgres in
 * the asker's mirror runs what is left of them, so that types, formats, cursors and portals are Postgres' own.
 *
 * Everything runs in a transaction of Postgres: the client's own, or one that ends with the client's message or Sync.
 */
export class SqlSession {
  private readonly session: MirrorSession;
  private readonly statements: Statements;
  private readonly portals: Portals;
  private readonly interruption = new Interruption(() => this.session.interrupt());
  /** After an error, messages are passed over up to the client's Sync. */
  private skipping = false;

  constructor(
    private readonly host: SessionHost,
    startSettings: ReadonlyMap<string, string>,
  ) {
    this.session = new MirrorSession(host, startSettings, () => this.portals.clear());
    this.statements = new Statements(this.session, host.known.statements);
    this.portals = new Portals(this.session, this.interruption, host);
  }

  get state(): TransactionState {
    return this.session.state;
  }

  get timeouts(): Timeouts {
    return this.session.timeouts;
  }

  /** Whether it holds a session of Postgres that could be given back. */
  get couldGiveBack(): boolean {
    return this.session.couldGiveBack;
  }

  giveBack(): void {
    this.session.giveBack();
  }

  /** The first contact: loads the parser, which statements need, and proves that the mirror is there. @returns what Postgres says of a session at its start */
  async begin(): Promise<ReadonlyMap<string, string>> {
    await loadParser();
    return this.session.begin();
  }

  /** Stops what is running, in the engine and in Postgres. */
  cancel(): void {
    this.interruption.stop();
  }

  end(): void {
    this.interruption.stop();
    this.session.release();
  }

  /** Answers one message. */
  async handle(said: ClientMessage): Promise<void> {
    if (said.kind === 'sync') return this.sync();
    if (this.skipping || said.kind === 'copy' || said.kind === 'flush') return;
    await this.interruption.settle();
    const answered = this.interruption.watch(this.session.timeouts.statementMs);
    try {
      if (said.kind === 'query') await this.simple(said.sql);
      else await this.extended(said);
    } catch (error) {
      await this.tell(error);
      if (said.kind === 'query') await this.sync();
      else this.skipping = true;
    } finally {
      answered();
    }
  }

  private async tell(error: unknown): Promise<void> {
    this.session.fail();
    const found = faultOf(error);
    const stopped = this.interruption.faultInsteadOf(found);
    const { unexpected, ...fault } = found;
    if (unexpected && !stopped) this.host.log(error);
    await this.host.send(server.errorResponse(stopped ?? fault));
    this.session.loseClosed();
  }

  private async sync(): Promise<void> {
    this.skipping = false;
    this.session.expire();
    await this.interruption.settle();
    if (!this.session.isExplicit)
      await this.session.finish(this.session.hasFailed ? 'ROLLBACK' : 'COMMIT').catch((error) => this.tell(error));
    await this.host.send(server.readyForQuery(this.state));
  }

  private async simple(sql: string): Promise<void> {
    const isNow = await this.session.ready();
    const statements = this.statements.inText(sql);
    if (statements.length === 0) await this.host.send(server.emptyQueryResponse());
    for (const [index, prepare] of statements.entries()) {
      if (index > 0) await this.session.ready();
      const prepared = await prepare();
      const portal = await this.portals.bind(prepared, UNBOUND);
      if (prepared.fields) await this.host.send(server.rowDescription(prepared.fields));
      // One state of the organisation, read for this very statement.
      await this.execute(portal, 0, isNow && index === 0 ? this.session.identity.state : undefined);
      await this.portals.close(portal);
    }
    await this.sync();
  }

  private async extended(said: Exclude<ClientMessage, { kind: 'query' }>): Promise<void> {
    const { host, portals, session, statements } = this;
    switch (said.kind) {
      case 'parse':
        await session.ready();
        await statements.parse(said.name, said.sql, said.types);
        return void (await host.send(server.parseComplete()));
      case 'bind':
        statements.get(said.statement);
        await portals.makePlace(said.portal);
        await session.ready();
        portals.keep(said.portal, await portals.bind(await statements.current(said.statement), said));
        return void (await host.send(server.bindComplete()));
      case 'describe': {
        if (said.what === 'statement') {
          const { args, types, fields } = statements.get(said.name);
          await host.send(server.parameterDescription(args ? [] : types));
          return void (await host.send(fields ? server.rowDescription(fields) : server.noData()));
        }
        const { prepared, bind } = await portals.get(said.name);
        const { fields, statement } = prepared;
        if (fields) session.refuseInFailed(statement);
        return void (await host.send(fields ? server.rowDescription(fields, bind.resultFormats) : server.noData()));
      }
      case 'execute':
        return this.execute(await portals.get(said.portal), said.rows);
      case 'close':
        if (said.what === 'statement') statements.delete(said.name);
        else await portals.closeNamed(said.name);
        return void (await host.send(server.closeComplete()));
      default:
        throw new SqlMistake({ code: '0A000', message: 'Not spoken here.' });
    }
  }

  /** @param state of the organisation, where it was read after the statement had come in */
  private async execute(portal: Portal, rows: number, state?: OrganizationState): Promise<void> {
    const { statement } = portal.prepared;
    if (statement === null) return void (await this.host.send(server.emptyQueryResponse()));
    if (statement.kind === 'query' || statement.kind === 'pass') return this.portals.execute(portal, rows, state);
    const { session, statements, host } = this;
    await perform(statement, { session, statements, send: (bytes) => host.send(bytes) });
  }
}
