/**
 * Paging by the last row: a cursor holds the values by which that row is ordered, the instant that relative ranges are
 * counted from, and which request and definitions it belongs to. The next page is what comes after those values, so rows
 * that arrive in between neither repeat nor shift a page; rows that sort before the cursor are seen by a new start only.
 */
import { createHash } from 'node:crypto';
import type { DialectName } from '../dialect/types.js';
import { joined, parameter, sql, type Fragment } from './fragment.js';
import type { Mistakes } from './mistakes.js';
import type { OrderPosition } from './order.js';
import type { PlannedColumn, QueryPlan, ReportRequest } from './types.js';

type CursorValue = string | number | boolean | null;

export interface Cursor {
  readonly now: Date;
  readonly values: readonly CursorValue[];
}

const VERSION = 1;
const digest = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

/** What a cursor belongs to: the request without page, page size and what is beside the rows, and whose it is. */
function fingerprint(request: ReportRequest, organizationId: string): string {
  const { cursor: _, limit: __, totals: ___, subtotals: ____, ...rest } = request;
  return digest(canonical([organizationId, rest]));
}

/** The same text for the same request, in whatever order its fields came; absent and null are the same. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`)
    .join()}}`;
}

export interface CursorOwner {
  readonly request: ReportRequest;
  readonly organizationId: string;
  /** Hash of the definitions. */
  readonly snapshot: string;
}

/** The cursor of the page after a row, which is as the engine handed it out. */
export function cursorMaker(owner: CursorOwner, now: Date, order: readonly OrderPosition[]): QueryPlan['cursorAfter'] {
  if (order.length === 0) return null;
  const request = fingerprint(owner.request, owner.organizationId);
  return (row) => {
    const values = order.map(({ position }) => row[position - 1] ?? null);
    const text = JSON.stringify([VERSION, request, owner.snapshot, now.toISOString(), values]);
    return `${Buffer.from(text).toString('base64url')}.${digest(text)}`;
  };
}

/** Undefined after noting a mistake: a cursor that is broken, of another request, or of earlier definitions. */
export function readCursor(cursor: string, owner: CursorOwner, mistakes: Mistakes): Cursor | undefined {
  const refuse = (code: string, message: string): undefined => {
    mistakes.add(code, message, '/cursor');
    return undefined;
  };
  const [body = '', check] = cursor.split('.');
  const text = Buffer.from(body, 'base64url').toString('utf8');
  if (check !== digest(text)) return refuse('bad_cursor', 'This is no cursor; send “next_cursor” as it came.');
  const [version, request, snapshot, now, values] = JSON.parse(text) as [number, string, string, string, CursorValue[]];
  if (version !== VERSION || request !== fingerprint(owner.request, owner.organizationId))
    return refuse(
      'bad_cursor',
      'The cursor is of another request; only “limit”, “totals” and “subtotals” may change from page to page.',
    );
  if (snapshot !== owner.snapshot)
    return refuse('cursor_outdated', 'Definitions have changed since the first page; start again without the cursor.');
  return { now: new Date(now), values };
}

/** Whether a row comes after the values, in the order; rows without a value come last. */
export function afterSql(
  values: readonly CursorValue[],
  order: readonly OrderPosition[],
  columns: readonly PlannedColumn[],
  dialect: DialectName,
): Fragment {
  const parts = order.map(({ position, descending }, index) => {
    const value = values[index] ?? null;
    const column = columns[position - 1];
    if (column === undefined) throw new Error('An order by a column that is not there.');
    const name = `r.c${position}`;
    const typed = (): Fragment => typedParameter(String(value), column, dialect);
    return {
      equal: value === null ? sql`${name} IS NULL` : sql`${name} = ${typed()}`,
      after: value === null ? sql`1 = 0` : sql`(${name} ${descending ? '<' : '>'} ${typed()} OR ${name} IS NULL)`,
    };
  });
  const options = parts.map(({ after }, index) =>
    joined([...parts.slice(0, index).map(({ equal }) => equal), after], ' AND '),
  );
  return sql`(${joined(
    options.map((option) => sql`(${option})`),
    ' OR ',
  )})`;
}

function typedParameter(value: string, { type, role, name }: PlannedColumn, dialect: DialectName): Fragment {
  const param = parameter(value, dialect);
  const clickhouse = dialect === 'clickhouse';
  switch (type) {
    case 'integer':
    case 'float':
    case 'currency':
      return clickhouse ? sql`toDecimal256(${param}, 9)` : sql`${param}::numeric`;
    case 'boolean':
      return clickhouse ? sql`toBool(${param})` : sql`${param}::boolean`;
    case 'date':
      if (clickhouse) return role === 'time' ? sql`toDate32(${param})` : param;
      return sql`${param}::text COLLATE "C"`;
    case 'datetime':
      if (clickhouse) return sql`toDateTime64(${param}, ${role === 'time' ? '0' : '3'}, 'UTC')`;
      return sql`${param}::text COLLATE "C"`;
    case 'string':
      if (/^(campaign|customer|asset)_id$/.test(name) && isUuid(value))
        return clickhouse ? sql`toUUID(${param})` : sql`${param}::uuid`;
      return clickhouse ? param : sql`${param}::text COLLATE "C"`;
    default:
      return type satisfies never;
  }
}

const isUuid = (value: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);
