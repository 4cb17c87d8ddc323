import * as client from '../pgwire/client-messages.js';
import { readParameterDescription, readRowDescription, type Field } from '../pgwire/server-messages.js';
import type { Frame } from '../pgwire/frames.js';
import type { Node } from '../sql/ast.js';
import { SqlMistake } from '../sql/mistake.js';
import { parseSql, sqlOf } from '../sql/parse.js';
import { readStatement, type Statement } from '../sql/statement.js';
import { directFields } from './direct-rows.js';
import type { KnownStatements, Prepared } from './known-statements.js';
import { LONGEST_KNOWN, MOST_STATEMENTS } from './limits.js';
import type { MirrorSession } from './mirror-session.js';

const PLAN_FIELD: Field = { name: 'QUERY PLAN', table: 0, attribute: 0, type: 25, size: -1, modifier: -1 };
const typeId = (expression: string): string => `pg_typeof(${expression})::oid::int8`;

/** The columns that Postgres describes, without the tables they stand in there; null where it says that there are none. */
export function describedFields({ type, body }: Frame): Field[] | null {
  return type === 'T' ? readRowDescription(body).map((field) => ({ ...field, table: 0, attribute: 0 })) : null;
}

/** Statements of one client: checked, planned and described; and those that it has given names. */
export class Statements {
  private readonly named = new Map<string, Prepared>();

  constructor(
    private readonly session: MirrorSession,
    private readonly known: KnownStatements['statements'],
  ) {}

  /** The statements of a text, each to be prepared when those before it have run. @throws SqlMistake */
  inText(sql: string): readonly (() => Promise<Prepared>)[] {
    const known = this.recall(sql, []);
    if (known) return [() => Promise.resolve(known)];
    const nodes = parseSql(sql);
    const asked = nodes.length === 1 ? sql : '';
    return nodes.map((node) => () => this.prepare('', this.read(node), [], asked));
  }

  /** Prepares the only statement of a text under a name; the empty name can be given again and again. @throws SqlMistake */
  async parse(name: string, sql: string, types: readonly number[]): Promise<void> {
    const known = this.recall(sql, types);
    const [node, ...others] = known ? [] : parseSql(sql);
    if (others.length > 0)
      throw new SqlMistake({ code: '42601', message: 'cannot insert multiple commands into a prepared statement' });
    this.refuseTaken(name);
    const prepared = known ?? (await this.prepare(sql, node ? this.read(node) : null, types, sql));
    this.named.set(name, { ...prepared, sql });
  }

  /** The statement PREPARE. @param types each as an expression of that type */
  async prepareQuery(name: string, types: readonly string[], query: Node): Promise<void> {
    this.refuseTaken(name);
    const upstream = await this.session.start();
    const [oids = []] = types.length === 0 ? [] : await upstream.run(`SELECT ${types.map(typeId).join(', ')}`);
    this.named.set(name, await this.prepare(sqlOf(query), this.read(query), oids.map(Number)));
  }

  /** @throws SqlMistake 26000 where there is none of that name */
  get(name: string): Prepared {
    const known = this.named.get(name);
    if (!known) throw new SqlMistake({ code: '26000', message: `prepared statement "${name}" does not exist` });
    return known;
  }

  /**
   * A named statement as it is to run now: the model may have been published anew since it was prepared.
   * @throws SqlMistake 0A000 where its answer would have other columns
   */
  async current(name: string): Promise<Prepared> {
    const prepared = this.get(name);
    if (prepared.mirror.version === this.session.mirror.version || prepared.sql === '') return prepared;
    const [node] = parseSql(prepared.sql);
    const again = await this.prepare(prepared.sql, node ? this.read(node) : null, prepared.types);
    const same = JSON.stringify(again.fields) === JSON.stringify(prepared.fields);
    if (!same) throw new SqlMistake({ code: '0A000', message: 'cached plan must not change result type' });
    this.named.set(name, again);
    return again;
  }

  /** Forgets one, if there is one of that name. */
  delete(name: string): void {
    this.named.delete(name);
  }

  clear(): void {
    this.named.clear();
  }

  private refuseTaken(name: string): void {
    if (name !== '' && this.named.has(name))
      throw new SqlMistake({ code: '42P05', message: `prepared statement "${name}" already exists` });
    if (this.named.size >= MOST_STATEMENTS)
      throw new SqlMistake({ code: '53400', message: `At most ${MOST_STATEMENTS} prepared statements.` });
  }

  private read(node: Node): Statement {
    const { mirror, identity } = this.session;
    const { facts, relations, model, organization } = mirror;
    return readStatement(node, {
      facts,
      relations,
      database: organization.slug,
      user: identity.keyId,
      model,
      calendar: { weekStart: model.settings.week_start, fiscalYearStart: model.settings.fiscal_year_start ?? 1 },
      isAggregate: (name) => facts.aggregates.has(name),
    });
  }

  /** What a statement's parameters and answer are; Postgres is asked where that is not plain. @param asked text to know it again by */
  private async prepare(
    sql: string,
    statement: Statement | null,
    types: readonly number[],
    asked = '',
  ): Promise<Prepared> {
    this.session.refuseInFailed(statement);
    if (statement?.kind === 'execute') return { ...(await this.current(statement.name)), args: statement.args };
    const none = { sql, statement, types, fields: null, mirror: this.session.mirror };
    if (statement?.kind !== 'query' && statement?.kind !== 'pass') return none;
    const text = statement.kind === 'query' ? statement.describe : () => statement.sql;
    if (text === null) return none;
    const direct = statement.kind === 'query' && types.length === 0 ? statement.direct : null;
    const told = direct && directFields(direct);
    const described = told ? { fields: told } : await this.describe(text(), types);
    const isExplained = statement.kind === 'query' && statement.explain;
    const prepared = { ...none, ...described, ...(isExplained ? { fields: [PLAN_FIELD] } : {}) };
    this.remember(asked, types, prepared);
    return prepared;
  }

  /** Has Postgres say what types a statement has. */
  private async describe(sql: string, types: readonly number[]): Promise<Pick<Prepared, 'types' | 'fields'>> {
    const upstream = await this.session.start();
    const frames = await upstream.exchange([client.parse('', sql, types), client.describe('S', '')], 'Tn');
    const parameters = frames.find(({ type }) => type === 't');
    return {
      types: parameters ? readParameterDescription(parameters.body) : [],
      fields: describedFields(frames.at(-1) as Frame),
    };
  }

  /** A statement over the model that was prepared before, by anyone who would get the same. */
  private recall(sql: string, types: readonly number[]): Prepared | null {
    const { hasFailed, hasLocalSettings, mirror } = this.session;
    if (sql.length > LONGEST_KNOWN || hasFailed || hasLocalSettings) return null;
    const known = this.known.get(this.session.keyOf([types, sql]));
    return known ? { ...known, mirror } : null;
  }

  private remember(sql: string, types: readonly number[], { mirror: _, ...prepared }: Prepared): void {
    const { statement } = prepared;
    const isOverModel = statement?.kind === 'query' && statement.plan !== null;
    if (!isOverModel || sql === '' || sql.length > LONGEST_KNOWN || this.session.hasLocalSettings) return;
    this.known.set(this.session.keyOf([types, sql]), prepared, { size: 20 * (sql.length + 1_000) });
  }
}
