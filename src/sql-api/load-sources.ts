import type { Filter } from '../compiler/query/types.js';
import * as client from '../pgwire/client-messages.js';
import type { BindMessage } from '../pgwire/client-messages.js';
import { readDataRow, readFault } from '../pgwire/server-messages.js';
import type { QueryService } from '../query/query.service.js';
import { cast, type Node } from '../sql/ast.js';
import { quoted } from '../sql/catalog/mirror-sql.js';
import { SqlMistake } from '../sql/mistake.js';
import { expressionSql } from '../sql/parse.js';
import { filterOf, valueExpression } from '../sql/plan/push.js';
import type { Source } from '../sql/plan/types.js';
import { ROW_ID } from '../sql/relation.js';
import { MEMBERS_AT_ONCE, MOST_ROWS } from './limits.js';
import type { Mirror } from './mirrors.service.js';
import { sourceRows } from './source-rows.js';
import { UpstreamFault, type Upstream } from './upstream.js';

/** Most values of a dimension that a condition, judged by Postgres, may keep. */
const MOST_CONDITION_VALUES = 10_000;

export interface LoadContext {
  readonly upstream: Upstream;
  readonly queries: QueryService;
  readonly mirror: Mirror;
  /** Types of the statement's parameters, and their values. */
  readonly types: readonly number[];
  readonly bind: Pick<BindMessage, 'formats' | 'values'>;
  readonly signal: AbortSignal;
  readonly next: () => number;
  /** Tells the asker what to be careful about. */
  readonly notice: (text: string) => void;
  /** Is told each request instead of its being run. */
  readonly explain?: (line: string) => void;
}

/**
 * Reads what a statement needs from the query path into temporary tables, within the transaction that is open.
 * @returns the name that each source has in the statement, and its table's
 */
export async function loadSources(sources: readonly Source[], context: LoadContext): Promise<Map<string, string>> {
  const tables = new Map<string, string>();
  for (const source of sources) tables.set(source.table, await new Loading(source, context).load());
  return tables;
}

class Loading {
  private filters: Filter[] = [];
  private timeZone = 'UTC';
  private most: number | null = null;

  constructor(
    private readonly source: Source,
    private readonly context: LoadContext,
  ) {}

  async load(): Promise<string> {
    const { columns, probes } = this.source;
    await this.workOutValues();
    for (const probe of probes) this.filters.push(await this.judge(probe.member, probe.condition));
    const name = `_source_${this.context.next()}_${this.context.next()}`;
    const { metrics, dimensions, time_grain } = this.source.request;
    if (this.context.explain) {
      this.context.explain(
        JSON.stringify({
          metrics,
          dimensions,
          time_grain,
          filters: this.filters,
          time_zone: this.timeZone,
          limit: this.most,
        }),
      );
      return name;
    }
    const members = metrics.length + dimensions.length;
    if (members > MEMBERS_AT_ONCE) await this.loadInParts(name);
    else {
      await this.create(name, columns);
      await this.fill(
        name,
        { metrics, dimensions, time_grain },
        columns.map(({ member }) => member),
      );
    }
    return name;
  }

  private async create(
    name: string,
    columns: readonly { readonly name: string; readonly type: string }[],
  ): Promise<void> {
    const list = columns.map((column) => `${quoted(column.name)} ${column.type}`).join(', ');
    await this.context.upstream.run(`CREATE TEMP TABLE ${name} (${list}) ON COMMIT DROP`);
  }

  private async fill(name: string, request: Source['request'], members: readonly (string | null)[]): Promise<void> {
    const { upstream, queries, mirror, signal, notice } = this.context;
    if (this.most === 0) return;
    const wanted = { request, filters: this.filters, timeZone: this.timeZone, most: this.most, members };
    await upstream.copyIn(`COPY ${name} FROM STDIN`, sourceRows(queries, mirror.policy, wanted, signal, notice));
  }

  /** More members than one request takes: rows are read in several parts, and put together by their ids. */
  private async loadInParts(name: string): Promise<void> {
    const { request, columns } = this.source;
    if (!request.dimensions.includes(ROW_ID))
      throw new SqlMistake({
        code: '54011',
        message: `At most ${MEMBERS_AT_ONCE} columns of the model in one grouped select.`,
      });
    const given = columns.filter(({ member }) => member !== null);
    const parts: string[] = [];
    for (let at = 0; at < given.length; at += MEMBERS_AT_ONCE - 1) {
      const part = given.slice(at, at + MEMBERS_AT_ONCE - 1);
      const table = `${name}_${at}`;
      await this.create(table, [{ name: '_id', type: 'uuid' }, ...part]);
      const of = (keys: readonly string[]): string[] =>
        part.flatMap((each) => (keys.includes(each.name) ? [each.name] : []));
      const members = [ROW_ID, ...part.map((each) => each.member)];
      await this.fill(
        table,
        { metrics: of(request.metrics), dimensions: [ROW_ID, ...of(request.dimensions)], time_grain: null },
        members,
      );
      parts.push(table);
    }
    const [first = '', ...others] = parts;
    const counts = await this.context.upstream.run(
      `SELECT ${parts.map((part) => `(SELECT count(*) FROM ${part})`).join(', ')}, (SELECT count(*) FROM ${[first, ...others.map((part) => `${part} USING (_id)`)].join(' JOIN ')})`,
    );
    if (new Set(counts[0]).size > 1)
      throw new SqlMistake({ code: '40001', message: 'Rows were imported meanwhile. Ask again.' });
    const list = columns.map(({ name: key, type, member }) =>
      member === null ? `NULL::${type} AS ${quoted(key)}` : quoted(key),
    );
    await this.context.upstream.run(
      `CREATE TEMP TABLE ${name} ON COMMIT DROP AS SELECT ${list.join(', ')} FROM ${[first, ...others.map((part) => `${part} USING (_id)`)].join(' JOIN ')}`,
    );
  }

  /** Values of conditions, the time zone and the limit, as Postgres works them out. */
  private async workOutValues(): Promise<void> {
    const { pushed, most } = this.source;
    const values = pushed.flatMap((push) => push.values);
    const texts = values.map((value) => {
      const sql = expressionSql(valueExpression(value));
      return value.form === 'text' ? sql : instantSql(sql);
    });
    const limits = (most ?? []).map((each) => expressionSql(cast(each, 'int8')));
    const [row = []] = await this.ask(["current_setting('timezone')", ...texts, ...limits]);
    this.timeZone = row[0] ?? 'UTC';
    let at = 1;
    for (const push of pushed) {
      this.filters.push(filterOf(push, row.slice(at, at + push.values.length)));
      at += push.values.length;
    }
    if (!most) return;
    const numbers = row.slice(at).map((value) => (value === null ? null : Number(value)));
    const isWithin = numbers.every((value) => value !== null && value >= 0);
    const sum = numbers.reduce<number>((total, value) => total + (value ?? 0), 0);
    // A limit that is null, wrong or large is left to Postgres.
    this.most = isWithin && sum <= MOST_ROWS ? sum : null;
  }

  /** One row of expressions, with the statement's parameters. */
  private ask(expressions: readonly string[]): Promise<(string | null)[][]> {
    return this.rowsOf(`SELECT ${expressions.map((sql) => `(${sql})::text`).join(', ')}`);
  }

  /** The rows of a statement in Postgres, with the parameters of the client's. */
  private async rowsOf(sql: string): Promise<(string | null)[][]> {
    const { upstream, types, bind } = this.context;
    upstream.write(
      client.parse('', sql, types),
      client.bind({ portal: '', statement: '', formats: bind.formats, values: bind.values, resultFormats: [] }),
      client.execute('', 0),
      client.flush(),
    );
    const rows: (string | null)[][] = [];
    for (;;) {
      const { type, body } = await upstream.next();
      if (type === 'D') rows.push(readDataRow(body));
      if (type === 'C') return rows;
      if (type === 'E') {
        const fault = new UpstreamFault(readFault(body));
        upstream.write(client.sync());
        await upstream.untilReady().catch(() => undefined);
        throw fault;
      }
    }
  }

  /** The values of a dimension for which Postgres says that a condition holds. */
  private async judge(member: string, condition: Node): Promise<Filter> {
    const name = `_source_${this.context.next()}_${this.context.next()}`;
    await this.create(name, [{ name: member, type: 'text' }]);
    const most = this.most;
    this.most = null;
    await this.fill(name, { metrics: [], dimensions: [member], time_grain: null }, [member]);
    this.most = most;
    const column = quoted(member);
    const rows = await this.conditionRows(name, column, condition);
    const values = rows.flatMap(([value]) => (value == null ? [] : [value]));
    const hasNull = rows.some(([value]) => value == null);
    const equals: Filter[] = values.length > 0 ? [{ member, operator: 'equals', values }] : [];
    const unset: Filter[] = hasNull ? [{ member, operator: 'notSet' }] : [];
    const [only] = [...equals, ...unset];
    if (equals.length + unset.length > 1) return { or: [...equals, ...unset] };
    return (
      only ?? {
        and: [
          { member, operator: 'set' },
          { member, operator: 'notSet' },
        ],
      }
    );
  }

  private async conditionRows(name: string, column: string, condition: Node): Promise<(string | null)[][]> {
    const from = `${name} AS ${quoted(aliasIn(condition))}`;
    const rows = await this.rowsOf(
      `SELECT ${column} FROM ${from} WHERE ${expressionSql(condition)} LIMIT ${MOST_CONDITION_VALUES + 1}`,
    );
    if (rows.length <= MOST_CONDITION_VALUES) return rows;
    throw new SqlMistake({
      code: '54000',
      message: `A condition holds for more than ${MOST_CONDITION_VALUES} values of its dimension.`,
      hint: 'Compare columns with constants.',
    });
  }
}

/** The alias that a condition's columns are named by. */
function aliasIn(condition: Node): string {
  const found = /"ColumnRef":\{"fields":\[\{"String":\{"sval":"([^"\\]+)"\}\},\{"String"/.exec(
    JSON.stringify(condition),
  );
  return found?.[1] ?? 'marketing';
}

/** An instant in UTC with microseconds, within the years that rows can have. */
const instantSql = (sql: string): string =>
  `to_char(greatest(least(${sql}, '2299-12-30Z'::timestamptz), '1900-01-02Z'::timestamptz) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || CASE WHEN (${sql}) IS NULL THEN NULL ELSE '' END`;
