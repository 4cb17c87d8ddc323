import { setTimeout as sleep } from 'node:timers/promises';
import { STANDARD_MODEL } from '../compiler/model/relations.js';
import type { Filter, MergedGroups, ReportRequest } from '../compiler/query/types.js';
import * as client from '../pgwire/client-messages.js';
import type { BindMessage } from '../pgwire/client-messages.js';
import { readDataRow } from '../pgwire/server-messages.js';
import type { QueryService } from '../query/query.service.js';
import { cast, type Node } from '../sql/ast.js';
import { literal, quoted } from '../sql/catalog/mirror-sql.js';
import { MODEL_SETTING } from '../sql/catalog/allowed.js';
import { SqlMistake, unsupported } from '../sql/mistake.js';
import { expressionSql } from '../sql/parse.js';
import { filterOf, valueExpression } from '../sql/plan/push.js';
import { TIME } from '../sql/plan/sources.js';
import { withRange } from '../sql/plan/time-bounds.js';
import type { Merge, Source, SourceColumn, SourceModels } from '../sql/plan/types.js';
import { LEVEL, MODEL_COLUMN, ROW_ID, ROWS } from '../sql/relation.js';
import { MEMBERS_AT_ONCE } from './limits.js';
import type { Mirror } from './mirrors.service.js';
import { requestZone } from './request-zone.js';
import { sourceRows, type Reading } from './source-rows.js';
import type { Upstream } from './upstream.js';

/** Most values of a dimension that a condition, judged by Postgres, may keep. */
const MOST_CONDITION_VALUES = 10_000;

export interface LoadContext extends Omit<Reading, 'state'> {
  readonly upstream: Upstream;
  readonly queries: QueryService;
  readonly mirror: Mirror;
  /** Types of the statement's parameters, and their values. */
  readonly types: readonly number[];
  readonly bind: Pick<BindMessage, 'formats' | 'values'>;
  readonly next: () => number;
  /** Is told each request instead of its being run. */
  readonly explain?: (line: string) => void;
}

/** How long to wait, in milliseconds, before all that a statement reads is read once more. */
const AGAIN_AFTER_MS = [50, 100, 200, 400, 800, 1_600, 3_200];

/**
 * Reads what a statement needs from the query path into temporary tables, within the transaction that is open; all of it
 * in one version of the data.
 * @returns the name that each source has in the statement, and its table's
 * @throws SqlMistake `40001` where imports left no moment in which all could be read
 */
export async function loadSources(sources: readonly Source[], context: LoadContext): Promise<Map<string, string>> {
  const { queries, mirror, signal } = context;
  const load = async (): Promise<Map<string, string>> => {
    const tables = new Map<string, string>();
    for (const source of sources) tables.set(source.table, await new Loading(source, context).load());
    return tables;
  };
  if (context.explain || requestsOf(sources) < 2) return load();
  const version = (): Promise<string | null> => queries.dataVersion(mirror.policy.organizationId);
  for (const pause of AGAIN_AFTER_MS) {
    const before = await version();
    if (before !== null) {
      const tables = await load();
      if ((await version()) === before) return tables;
    }
    await sleep(pause, undefined, { signal });
  }
  throw new SqlMistake({
    code: '40001',
    message: 'Rows were imported while the statement read them in several steps, so it was not answered.',
    hint: 'Ask again.',
  });
}

/** How many requests they take. */
const requestsOf = (sources: readonly Source[]): number =>
  sources.reduce((sum, { request, probes, merges, levels, models }) => {
    const members = request.metrics.length + request.dimensions.length;
    const reads = levels?.length ?? Math.max(1, Math.ceil(members / (MEMBERS_AT_ONCE - 1)));
    return sum + probes.length + merges.length + (models ? 1 : 0) + reads;
  }, 0);

class Loading {
  private filters: Filter[] = [];
  private merged: MergedGroups[] = [];
  private timeZone = 'UTC';
  private most: number | null = null;
  /** The session's attribution model; null for the standard one. */
  private model: string | null = null;

  constructor(
    private readonly source: Source,
    private readonly context: LoadContext,
  ) {}

  async load(): Promise<string> {
    const { columns, probes, merges, report, levels, models } = this.source;
    const name = this.newTable();
    await this.workOutValues();
    for (const probe of probes) this.filters.push(await this.judge(probe.member, probe.condition));
    const chosen = models ? await this.chooseModels(models) : null;
    for (const merge of merges) await this.merge(merge, chosen);
    if (levels) {
      await this.loadLevels(name, levels);
      return name;
    }
    const { metrics, dimensions } = this.source.request;
    const request = report ? reportRequest(report) : this.requestOf(this.source.request);
    if (this.context.explain) {
      this.context.explain(
        JSON.stringify({ ...request, ...(chosen ? { attribution_model: chosen } : {}), limit: this.most }),
      );
      return name;
    }
    if (metrics.length + dimensions.length + (chosen ? 1 : 0) > MEMBERS_AT_ONCE) {
      await this.loadInParts(name, chosen);
      return name;
    }
    await this.create(name, columns);
    await this.fillOf(name, request, columns, chosen);
    return name;
  }

  /** Each set of groups by itself. Where no row meets the conditions, the set without keys still has its one group. */
  private async loadLevels(name: string, levels: readonly Source['request'][]): Promise<void> {
    const { columns } = this.source;
    const members = columns.map(({ member }) => member);
    if (!this.context.explain) await this.create(name, columns);
    for (const [index, level] of levels.entries()) {
      const request = this.requestOf(level);
      const isTotal = level.dimensions.length === 0 && level.time_grain === null;
      if (this.context.explain) this.context.explain(JSON.stringify({ ...request, limit: this.most }));
      else if (this.most !== 0) await this.fill(name, request, members, new Map([[LEVEL, String(index)]]));
      else if (isTotal) await this.context.upstream.run(`INSERT INTO ${name} (${LEVEL}) VALUES (${index})`);
    }
  }

  private requestOf(members: Source['request']): ReportRequest {
    const { filters, merged, timeZone, model } = this;
    const request: ReportRequest = {
      ...members,
      ...(filters.length > 0 ? { filters } : {}),
      ...(merged.length > 0 ? { merged } : {}),
      time_zone: timeZone,
      ...(model === null ? {} : { attribution_model: model }),
    };
    return withRange(request, this.context.mirror.model);
  }

  /** Of each of the models, if there are any to choose from. */
  private async fillOf(
    name: string,
    request: ReportRequest,
    columns: readonly SourceColumn[],
    models: readonly string[] | null,
  ): Promise<void> {
    const members = columns.map(({ member }) => member);
    if (models === null) return this.fill(name, request, members);
    if (request.metrics.length + request.dimensions.length === 0 && !request.time_grain) {
      const values = models.map((model) => `(${literal(model)})`).join(', ');
      if (models.length > 0 && this.most !== 0) await this.context.upstream.run(`INSERT INTO ${name} VALUES ${values}`);
      return;
    }
    for (const model of models)
      await this.fill(name, { ...request, attribution_model: model }, members, new Map([[MODEL_COLUMN, model]]));
  }

  /** Those that attribution was calculated by, and that the statement's conditions let through. */
  private async chooseModels({ alias, conditions, onlyOne }: SourceModels): Promise<string[]> {
    const { queries, mirror } = this.context;
    const known = await queries.attributionModels(mirror.policy.organizationId);
    // Where there are none, the query path says what to do.
    const all = known.length > 0 ? known : [this.model ?? STANDARD_MODEL];
    const where = conditions.map((condition) => `(${expressionSql(condition)})`).join(' AND ') || 'true';
    const rows = await this.rowsOf(
      `SELECT ${MODEL_COLUMN} FROM (VALUES ${all.map((model) => `(${literal(model)})`).join(', ')}) AS ${quoted(alias)} (${MODEL_COLUMN}) WHERE ${where}`,
    );
    const chosen = rows.flatMap(([model]) => (model == null ? [] : [model]));
    if (onlyOne && chosen.length > 1)
      throw unsupported(
        `Credit by several attribution models (${chosen.join(', ')}) can’t be put together: each shares out all of the revenue.`,
        `Group by ${MODEL_COLUMN} as it is, or choose one: WHERE ${MODEL_COLUMN} = '${chosen[0]}'.`,
      );
    return chosen;
  }

  /** A name that no other table of the statement has. */
  private newTable(): string {
    return `_source_${this.context.next()}_${this.context.next()}`;
  }

  private async create(
    name: string,
    columns: readonly { readonly name: string; readonly type: string }[],
  ): Promise<void> {
    const list = columns.map((column) => `${quoted(column.name)} ${column.type}`).join(', ');
    await this.context.upstream.run(`CREATE TEMP TABLE ${name} (${list}) ON COMMIT DROP`);
  }

  private async fill(
    name: string,
    request: ReportRequest,
    members: readonly (string | null)[],
    fixed?: ReadonlyMap<string, string>,
  ): Promise<void> {
    const { upstream, queries, mirror } = this.context;
    if (this.most === 0) return;
    const wanted = { request, most: this.most, members, ...(fixed ? { fixed } : {}) };
    await upstream.copyIn(`COPY ${name} FROM STDIN`, sourceRows(queries, mirror.policy, wanted, this.context));
  }

  /** More members than one request takes: they are read in several, and put together by rows, or by groups. */
  private async loadInParts(name: string, models: readonly string[] | null): Promise<void> {
    const { columns, request } = this.source;
    const given = columns.filter(({ member }) => member !== null);
    const isMetric = (column: SourceColumn): boolean => request.metrics.includes(column.name);
    const isRow = request.dimensions.includes(ROW_ID);
    const keys = isRow ? [ROW_KEY] : given.filter((column) => !isMetric(column));
    const others = isRow ? given : given.filter(isMetric);
    const size = MEMBERS_AT_ONCE - keys.length;
    if (size < 1)
      throw new SqlMistake({
        code: '54011',
        message: `At most ${MEMBERS_AT_ONCE} dimensions of the model in one grouped select.`,
      });
    const parts: { readonly table: string; readonly columns: readonly SourceColumn[] }[] = [];
    for (let at = 0; at < others.length; at += size) {
      const part = others.slice(at, at + size);
      const table = `${name}_${at}`;
      const asked = this.requestOf({
        metrics: part.filter(isMetric).map((column) => column.name),
        dimensions: [
          ...(isRow ? [ROW_ID] : request.dimensions),
          ...part.filter((column) => !isMetric(column)).map((column) => column.name),
        ],
        time_grain: request.time_grain,
      });
      await this.create(table, [...keys, ...part]);
      await this.fillOf(table, asked, [...keys, ...part], models);
      parts.push({ table, columns: part });
    }
    const union = parts.map(({ table, columns: own }, index) => {
      const list = parts.flatMap((part) =>
        part.columns.map((column) => (own.includes(column) ? quoted(column.name) : `NULL::${column.type}`)),
      );
      const named = keys.map((key) => quoted(key.name));
      return `SELECT ${[...named, ...list, String(index)].join(', ')} FROM ${table}`;
    });
    const names = [...keys, ...parts.flatMap((part) => part.columns)].map((column) => quoted(column.name));
    const list = columns.map((column) => {
      const at = parts.findIndex((part) => part.columns.includes(column));
      const value = quoted(column.name);
      if (at >= 0) return `(array_agg(${value}) FILTER (WHERE _part = ${at}))[1] AS ${value}`;
      return column.member === null ? `NULL::${column.type} AS ${value}` : value;
    });
    const group = keys.length > 0 ? `GROUP BY ${keys.map((key) => quoted(key.name)).join(', ')}` : '';
    await this.context.upstream.run(
      `CREATE TEMP TABLE ${name} ON COMMIT DROP AS SELECT ${list.join(', ')} FROM (${union.join(' UNION ALL ')}) AS all_parts (${[...names, '_part'].join(', ')}) ${group}`,
    );
  }

  /** Values of conditions, the time zone and the limit, as Postgres works them out. */
  private async workOutValues(): Promise<void> {
    const { pushed, most, constants } = this.source;
    const values = pushed.flatMap((push) => push.values);
    const texts = values.map((value) => {
      const sql = expressionSql(valueExpression(value));
      return value.form === 'text' ? sql : instantSql(sql);
    });
    const limits = (most ?? []).map((each) => expressionSql(cast(each, 'int8')));
    const holds = constants.map((condition) => `(${expressionSql(condition)})`).join(' AND ') || 'true';
    const [row = []] = await this.ask([
      "current_setting('timezone')",
      `current_setting('${MODEL_SETTING}', true)`,
      `coalesce(${holds}, false)`,
      ...texts,
      ...limits,
    ]);
    this.timeZone = requestZone(row[0] ?? 'UTC');
    this.model = row[1] || null;
    let at = 3;
    for (const push of pushed) {
      this.filters.push(filterOf(push, row.slice(at, at + push.values.length)));
      at += push.values.length;
    }
    if (row[2] !== 'true') this.most = 0;
    if (!most || this.most === 0) return;
    const numbers = row.slice(at).map((value) => (value === null ? null : Number(value)));
    const isWithin = numbers.every((value) => value !== null && value >= 0);
    const sum = numbers.reduce<number>((total, value) => total + (value ?? 0), 0);
    // A limit that is null, wrong or large is left to Postgres.
    this.most = isWithin && sum <= this.context.mostRows ? sum : null;
  }

  /** One row of expressions, with the statement's parameters. */
  private ask(expressions: readonly string[]): Promise<(string | null)[][]> {
    return this.rowsOf(`SELECT ${expressions.map((sql) => `(${sql})::text`).join(', ')}`);
  }

  /** The rows of a statement in Postgres, with the parameters of the client's. */
  private async rowsOf(sql: string): Promise<(string | null)[][]> {
    const { upstream, types, bind } = this.context;
    const { formats, values } = bind;
    const frames = await upstream.exchange(
      [
        client.parse('', sql, types),
        client.bind({ portal: '', statement: '', formats, values, resultFormats: [] }),
        client.execute('', 0),
      ],
      'C',
    );
    return frames.flatMap(({ type, body }) => (type === 'D' ? [readDataRow(body)] : []));
  }

  /** The values of a dimension for which Postgres says that a condition holds. */
  private async judge(member: string, condition: Node): Promise<Filter> {
    const name = this.newTable();
    await this.create(name, [{ name: member, type: 'text' }]);
    const { most } = this;
    this.most = most === 0 ? 0 : null;
    await this.fill(name, this.requestOf({ metrics: [], dimensions: [member], time_grain: null }), [member]);
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

  /** Of the values that there are, those for which Postgres says that all the expressions are equal. */
  private async merge({ member, alias, keys, metrics }: Merge, models: readonly string[] | null): Promise<void> {
    const name = this.newTable();
    const isTime = member === TIME;
    const columns = [{ name: member, type: isTime ? 'timestamptz' : 'text', member }];
    await this.create(name, columns);
    const wanted = isTime
      ? { metrics: [ROWS], dimensions: [], time_grain: this.source.request.time_grain }
      : { metrics, dimensions: [member], time_grain: null };
    await this.fillOf(name, this.requestOf(wanted), columns, models);
    const column = quoted(member);
    const shown = isTime ? `to_char(${column}, 'YYYY-MM-DD')` : column;
    const of = keys.map((key, index) => `(${expressionSql(key)}) AS k${index}`);
    const rows = await this.rowsOf(
      `SELECT DISTINCT value, stands FROM (
        SELECT value, CASE WHEN bool_or(value IS NULL) OVER alike THEN NULL ELSE min(value) OVER alike END AS stands
        FROM (SELECT ${shown} AS value, ${of.join(', ')} FROM ${name} AS ${quoted(alias)}) AS each
        WINDOW alike AS (PARTITION BY ${of.map((_, index) => `k${index}`).join(', ')})) AS each
      WHERE value IS DISTINCT FROM stands AND value IS NOT NULL LIMIT ${MOST_CONDITION_VALUES + 1}`,
    );
    if (rows.length > MOST_CONDITION_VALUES)
      throw new SqlMistake({
        code: '54000',
        message: `Groups are put together from more than ${MOST_CONDITION_VALUES} values of “${member}”.`,
        hint: 'Filter, or group by columns as they are.',
      });
    const merges = new Map<string | null, string[]>();
    for (const [own = null, stands = null] of rows)
      if (own !== null) merges.set(stands, [...(merges.get(stands) ?? []), own]);
    if (merges.size > 0)
      this.merged.push({ member, merges: [...merges].map(([value, values]) => ({ value, values })) });
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

/** Rows of a saved report: what stands beside them is left out. */
const reportRequest = ({ totals: _, subtotals: __, ...request }: ReportRequest): ReportRequest => request;

const ROW_KEY: SourceColumn = { name: '_id', type: 'uuid', member: ROW_ID };

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
