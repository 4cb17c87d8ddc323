import type { OrganizationState } from '../access/organization-state.js';
import * as client from '../pgwire/client-messages.js';
import type { BindMessage } from '../pgwire/client-messages.js';
import * as server from '../pgwire/server-messages.js';
import type { Frame } from '../pgwire/frames.js';
import { OWN_PORTAL } from '../sql/catalog/allowed.js';
import { literal } from '../sql/catalog/mirror-sql.js';
import { SqlMistake } from '../sql/mistake.js';
import type { DirectAnswer } from '../sql/plan/direct.js';
import { readDirect } from './direct-rows.js';
import type { Interruption } from './interruption.js';
import type { Prepared } from './known-statements.js';
import { MOST_PORTALS } from './limits.js';
import { loadSources, type LoadContext } from './load-sources.js';
import type { MirrorSession } from './mirror-session.js';
import { relayAnswer } from './relay.js';
import { requestZone } from './request-zone.js';
import type { SessionHost } from './session-host.js';
import { describedFields } from './statements.js';
import type { Upstream } from './upstream.js';

/** A statement with values for its parameters, which answers piece by piece. */
export interface Portal {
  readonly prepared: Prepared;
  readonly bind: BindMessage;
  /** Its name in Postgres; null for what is answered here, or has not been begun. */
  upstream: string | null;
  /** How far an answer has come that does not take Postgres. */
  direct: 'to do' | 'done' | null;
}

/** Of a statement that comes without parameters. */
export const UNBOUND: BindMessage = { portal: '', statement: '', formats: [], values: [], resultFormats: [] };

/** Portals of one client: those of its transaction, by their names, and the one of a simple query. */
export class Portals {
  private readonly named = new Map<string, Portal>();
  private counter = 0;

  constructor(
    private readonly session: MirrorSession,
    private readonly interruption: Interruption,
    private readonly host: Pick<SessionHost, 'queries' | 'mostRows' | 'send'>,
  ) {}

  /** Makes place for a portal of this name; without a name, one takes the other's place. @throws SqlMistake */
  async makePlace(name: string): Promise<void> {
    if (name !== '' && this.named.has(name))
      throw new SqlMistake({ code: '42P03', message: `cursor "${name}" already exists` });
    if (this.named.size >= MOST_PORTALS)
      throw new SqlMistake({ code: '53400', message: `At most ${MOST_PORTALS} portals.` });
    const old = this.named.get(name);
    if (old) await this.close(old);
  }

  keep(name: string, portal: Portal): void {
    this.named.set(name, portal);
  }

  /** A portal that was bound; or a cursor that was declared, which is one, too. @throws SqlMistake 34000 */
  async get(name: string): Promise<Portal> {
    const portal = this.named.get(name) ?? (await this.declared(name));
    if (!portal) throw new SqlMistake({ code: '34000', message: `portal "${name}" does not exist` });
    return portal;
  }

  async closeNamed(name: string): Promise<void> {
    const portal = this.named.get(name);
    this.named.delete(name);
    if (portal) await this.close(portal);
  }

  /** Forgets all: they end with the transaction. */
  clear(): void {
    this.named.clear();
  }

  async close({ upstream: name }: Portal): Promise<void> {
    if (name !== null) await this.session.running?.exchange([client.close('P', name)], '3');
  }

  /** Binds parameters. Reads what the statement is over, unless it can be answered as it is read. @throws SqlMistake */
  async bind(prepared: Prepared, given: BindMessage): Promise<Portal> {
    const { statement, types } = prepared;
    this.session.refuseInFailed(statement);
    const bind = prepared.args ? { ...given, formats: [], values: await this.argued(prepared.args, types) } : given;
    if (bind.values.length !== types.length && statement?.kind === 'query')
      throw new SqlMistake({
        code: '08P01',
        message: `bind message supplies ${bind.values.length} parameters, but the prepared statement requires ${types.length}`,
      });
    const direct = statement?.kind === 'query' && statement.direct && this.session.isPlain ? 'to do' : null;
    const portal: Portal = { prepared, bind, upstream: null, direct };
    if (direct === null) await this.open(portal);
    return portal;
  }

  /**
   * Answers rows of a statement that is not answered by the session itself.
   * @param most 0 for all that are left
   * @param state of the organisation, where it was read after the statement had come in
   */
  async execute(portal: Portal, most: number, state?: OrganizationState): Promise<void> {
    const { statement } = portal.prepared;
    this.session.refuseInFailed(statement);
    if (statement?.kind === 'query' && statement.direct && portal.direct !== null) {
      if (await this.answer(portal, statement.direct, most, state)) return;
      portal.direct = null;
      await this.open(portal);
    }
    if (portal.upstream === null) throw new Error('A portal without a session.');
    const upstream = await this.session.start();
    this.interruption.throwIfStopped();
    upstream.write(client.execute(portal.upstream, most), client.flush());
    await relayAnswer(upstream, (bytes) => this.host.send(bytes));
  }

  /** Answers with what is read as it stands. @returns false where it takes Postgres after all */
  private async answer(
    portal: Portal,
    direct: DirectAnswer,
    most: number,
    state: OrganizationState | undefined,
  ): Promise<boolean> {
    if (portal.direct === 'done') {
      await this.host.send(server.commandComplete('SELECT 0'));
      return true;
    }
    // In pieces, between which an engine must not wait for the client.
    if (most > 0) return false;
    const { prepared, bind } = portal;
    const { session, notice } = this;
    const pieces = await readDirect(direct, {
      queries: this.host.queries,
      policy: session.mirror.policy,
      model: session.mirror.model,
      fields: prepared.fields ?? [],
      types: prepared.types,
      bind,
      timeZone: requestZone(session.setting('TimeZone')),
      dateStyle: session.setting('DateStyle'),
      state,
      signal: this.interruption.signal,
      mostRows: this.host.mostRows,
      notice,
    });
    if (pieces === null) return false;
    portal.direct = 'done';
    let count = 0;
    for await (const { bytes, rows } of pieces) {
      count += rows;
      await this.interruption.waitFor(this.host.send(bytes));
    }
    await this.host.send(server.commandComplete(`SELECT ${count}`));
    return true;
  }

  /** Has Postgres begin with a statement: over what was read for it. */
  private async open(portal: Portal): Promise<void> {
    const { prepared, bind } = portal;
    const { statement } = prepared;
    if (statement?.kind !== 'query' && statement?.kind !== 'pass') return;
    const upstream = await this.session.start();
    const name = `${OWN_PORTAL}${++this.counter}`;
    const plan = statement.kind === 'query' ? statement.plan : null;
    let sql = statement.kind === 'query' ? statement.sql() : statement.sql;
    let { types } = prepared;
    let { formats, values } = bind;
    if (plan && statement.kind === 'query' && statement.explain) {
      const lines: string[] = [];
      await loadSources(plan.sources, {
        ...this.loading(upstream, prepared, bind),
        explain: (line) => lines.push(line),
      });
      sql = explanation(lines, sql);
      [types, formats, values] = [[], [], []];
    } else if (plan) {
      for (const notice of plan.notices) await this.notice(notice);
      const loaded = await loadSources(plan.sources, this.loading(upstream, prepared, bind));
      for (const [from, to] of loaded) sql = sql.replaceAll(from, to);
    }
    const { resultFormats } = bind;
    const bound = client.bind({ portal: name, statement: '', formats, values, resultFormats });
    await upstream.exchange([client.parse('', sql, types), bound], '2');
    portal.upstream = name;
  }

  private readonly notice = (text: string): Promise<void> | undefined =>
    this.host.send(server.noticeResponse('01000', text));

  private loading(upstream: Upstream, { types }: Prepared, bind: BindMessage): LoadContext {
    return {
      upstream,
      queries: this.host.queries,
      mirror: this.session.mirror,
      types,
      bind,
      signal: this.interruption.signal,
      mostRows: this.host.mostRows,
      next: () => ++this.counter,
      notice: (text) => void this.notice(text),
    };
  }

  /** The values of EXECUTE, as texts of the parameters' types. */
  private async argued(args: readonly string[], types: readonly number[]): Promise<(Buffer | null)[]> {
    if (args.length !== types.length)
      throw new SqlMistake({
        code: '42601',
        message: `wrong number of parameters: ${types.length} are expected, ${args.length} given`,
      });
    if (args.length === 0) return [];
    const upstream = await this.session.start();
    const names = types.map((oid) => `format_type(${oid}, NULL)`);
    const [typeNames = []] = await upstream.run(`SELECT ${names.join(', ')}`);
    const casts = args.map((sql, index) => `CAST((${sql}) AS ${typeNames[index] ?? 'text'})::text`);
    const [row = []] = await upstream.run(`SELECT ${casts.join(', ')}`);
    return row.map((value) => (value === null ? null : Buffer.from(value, 'utf8')));
  }

  /** A cursor that DECLARE has made in the transaction. */
  private async declared(name: string): Promise<Portal | undefined> {
    const upstream = this.session.running;
    if (name === '' || !upstream) return undefined;
    const [found] = await upstream.run(
      `SELECT FROM pg_cursors WHERE name = ${literal(name)} AND name NOT LIKE '${OWN_PORTAL}%'`,
    );
    if (!found) return undefined;
    const frames = await upstream.exchange([client.describe('P', name)], 'T');
    const fields = describedFields(frames.at(-1) as Frame) ?? [];
    const statement = { kind: 'pass', sql: '' } as const;
    const prepared = { sql: '', statement, types: [], fields, mirror: this.session.mirror };
    const resultFormats = fields.map(({ format = 0 }) => format);
    return { prepared, bind: { ...UNBOUND, resultFormats }, upstream: name, direct: null };
  }
}

/** A statement that answers what EXPLAIN of one over the model tells. @param lines the requests that it takes */
function explanation(lines: readonly string[], sql: string): string {
  const text = [...lines.map((line) => `Read: ${line}`), 'Then in Postgres, over what was read:', `  ${sql}`];
  return `SELECT * FROM unnest(ARRAY[${text.map(literal).join(', ')}]::text[]) AS plan("QUERY PLAN")`;
}
