/** Answers that are read as they stand, written as Postgres would write them. */
import { Decimal } from 'decimal.js';
import type { OrganizationState } from '../access/organization-state.js';
import type { Policy } from '../access/policy.js';
import type { Model } from '../compiler/model/types.js';
import type { ReportRequest } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';
import type { BindMessage } from '../pgwire/client-messages.js';
import type { RowBytes } from '../pgwire/data-rows.js';
import { formatOf, type Field } from '../pgwire/server-messages.js';
import type { QueryService } from '../query/query.service.js';
import type { DirectAnswer, DirectOrder } from '../sql/plan/direct.js';
import { filterOf } from '../sql/plan/push.js';
import { withRange } from '../sql/plan/time-bounds.js';
import { ROW_ID } from '../sql/relation.js';
import { dataRowWriter } from './data-row-statement.js';
import { openSource, type SourceRows } from './source-rows.js';

export interface DirectContext {
  readonly queries: QueryService;
  readonly policy: Policy;
  readonly model: Model;
  /** As Postgres describes the answer. */
  readonly fields: readonly Field[];
  readonly types: readonly number[];
  readonly bind: Pick<BindMessage, 'formats' | 'values' | 'resultFormats'>;
  /** Of the session. */
  readonly timeZone: string;
  readonly dateStyle: string;
  /** Of the organisation, where it was read after the statement had come in. */
  readonly state: OrganizationState | undefined;
  readonly signal: AbortSignal;
  readonly mostRows: number;
  readonly notice: (text: string) => void;
}

/** What each type is in Postgres: its number, and the bytes of a value where all have as many. */
const TYPES: Readonly<Record<string, { readonly oid: number; readonly size: number }>> = {
  text: { oid: 25, size: -1 },
  numeric: { oid: 1700, size: -1 },
  bigint: { oid: 20, size: 8 },
  boolean: { oid: 16, size: 1 },
  date: { oid: 1082, size: 4 },
  'timestamp with time zone': { oid: 1184, size: 8 },
};

/** The columns of an answer as Postgres would describe them; null where it has to be asked. */
export function directFields({ names, columns }: DirectAnswer): Field[] | null {
  const fields = columns.flatMap(({ type }, index): Field[] => {
    const [name, known] = [names?.[index], TYPES[type]];
    if (name === undefined || !known) return [];
    return [{ name, table: 0, attribute: 0, type: known.oid, size: known.size, modifier: -1 }];
  });
  return fields.length === columns.length ? fields : null;
}

const TEXTS: ReadonlySet<number> = new Set([25, 1043]);
const UTC: ReadonlySet<string> = new Set(['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT']);
/** More are sorted by Postgres. */
const MOST_SORTED = 20_000;
/** Rows that are written sooner than an engine has read how to write them. */
const FEW = 1_000;
/** Bytes that are sent at once. */
const CHUNK = 64 * 1024;

/**
 * Begins to read an answer.
 * @returns null where it takes Postgres to answer after all: other formats, zones or types, or too much to sort
 * @throws what the query path refuses
 */
export async function readDirect(
  answer: DirectAnswer,
  context: DirectContext,
): Promise<AsyncGenerator<RowBytes> | null> {
  const values = answer.values.map((each) => each.map((value) => textOf(value, context)));
  if (!fits(answer, context) || values.flat().includes(undefined)) return null;
  const { source, order, limit } = answer;
  const filters = source.pushed.map((push, index) => filterOf(push, values[index] as (string | null)[]));
  const request: ReportRequest = {
    metrics: source.request.metrics,
    dimensions: source.request.dimensions,
    time_grain: null,
    ...(filters.length > 0 ? { filters } : {}),
    time_zone: context.timeZone,
  };
  if (limit === 0) return nothing();
  const most = order.length === 0 && !answer.isTotal ? limit : null;
  const members = answer.columns.map(({ from }) => source.columns[from]?.member ?? null);
  const wanted = { request: withRange(request, context.model), most, members };
  const rows = await openSource(context.queries, context.policy, wanted, context);
  const isLong = source.request.dimensions.includes(ROW_ID) && (limit === null || limit > FEW);
  if (isLong && order.length === 0 && rows.messages)
    return rows.messages(
      dataRowWriter(answer.columns.map(({ none }, index) => ({ none, place: rows.places[index] ?? -1 }))),
    );
  const cells = columnCells(answer, rows);
  if (order.length === 0) return pieces(cells, rows.batches, answer.isTotal, limit ?? Number.POSITIVE_INFINITY);
  const all: (readonly EngineValue[])[] = [];
  for await (const batch of rows.batches) {
    all.push(...batch);
    if (all.length > MOST_SORTED) return null;
  }
  all.sort(comparison(order, answer, cells));
  return pieces(cells, [all.slice(0, limit ?? all.length)], answer.isTotal, all.length + 1);
}

function fits({ columns }: DirectAnswer, { fields, bind, dateStyle, timeZone }: DirectContext): boolean {
  return (
    fields.length === columns.length &&
    columns.every(({ type }, index) => {
      if (TYPES[type] === undefined || fields[index]?.type !== TYPES[type].oid) return false;
      if (type === 'text') return true;
      if (formatOf(bind.resultFormats, index) !== 0) return false;
      if (type === 'date') return dateStyle.startsWith('ISO');
      return type !== 'timestamp with time zone' || (dateStyle.startsWith('ISO') && UTC.has(timeZone));
    })
  );
}

/** A text has the same bytes in both formats. @returns undefined for a parameter of another type */
function textOf(
  value: DirectAnswer['values'][number][number],
  { types, bind }: DirectContext,
): string | null | undefined {
  if (typeof value === 'string') return value;
  const bytes = bind.values[value.parameter - 1];
  if (!TEXTS.has(types[value.parameter - 1] ?? 0) || bytes === undefined) return undefined;
  return bytes === null ? null : bytes.toString('utf8');
}

type Cell = (row: readonly EngineValue[]) => string | null;

function columnCells({ columns }: DirectAnswer, { places, writers }: SourceRows): readonly Cell[] {
  return columns.map(({ type, none }, index): Cell => {
    const [place = -1, writer = String] = [places[index], writers[index]];
    const finish = type === 'numeric' ? decimalText : type === 'timestamp with time zone' ? instantText : null;
    return (row) => {
      const value = place < 0 ? null : (row[place] ?? null);
      if (value === null) return none;
      return finish ? finish(writer(value)) : writer(value);
    };
  });
}

/** Digits written out, as Postgres does. */
const decimalText = (text: string): string => (/[eE]/.test(text) ? new Decimal(text).toFixed() : text);
/** `2026-01-05T03:30:00.120Z` → `2026-01-05 03:30:00.12+00` */
const instantText = (text: string): string =>
  `${text.replace('T', ' ').replace(/(?:\.0+|(\.\d*[1-9])0*)?Z$/, '$1')}+00`;

function comparison(
  order: readonly DirectOrder[],
  { columns }: DirectAnswer,
  cells: readonly Cell[],
): (left: readonly EngineValue[], right: readonly EngineValue[]) => number {
  const parts = order.map(({ column, descending, nullsFirst }) => {
    const cell = cells[column] as Cell;
    const compare = columns[column]?.type === 'text' ? compareBytes : compareNumbers;
    return (left: readonly EngineValue[], right: readonly EngineValue[]): number => {
      const [one, other] = [cell(left), cell(right)];
      if (one === null || other === null) return one === other ? 0 : (one === null) === nullsFirst ? -1 : 1;
      return descending ? compare(other, one) : compare(one, other);
    };
  });
  return (left, right) => {
    for (const part of parts) {
      const found = part(left, right);
      if (found !== 0) return found;
    }
    return 0;
  };
}

const compareBytes = (one: string, other: string): number =>
  one === other ? 0 : Buffer.compare(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));
/** Two decimals may be one number in binary. */
const compareNumbers = (one: string, other: string): number =>
  Number(one) - Number(other) || new Decimal(one).comparedTo(new Decimal(other));

async function* nothing(): AsyncGenerator<RowBytes> {
  yield { bytes: Buffer.alloc(0), rows: 0 };
}

async function* pieces(
  cells: readonly Cell[],
  batches: SourceRows['batches'] | readonly (readonly (readonly EngineValue[])[])[],
  isTotal: boolean,
  most: number,
): AsyncGenerator<RowBytes> {
  let writer = new RowWriter();
  let left = most;
  let isEmpty = true;
  for await (const batch of batches) {
    for (const row of batch) {
      isEmpty = false;
      if (left-- <= 0) break;
      writer.add(cells, row);
      if (writer.size < CHUNK) continue;
      yield writer.done();
      writer = new RowWriter();
    }
  }
  if (isTotal && isEmpty && most > 0) writer.add(cells, []);
  if (writer.rows > 0) yield writer.done();
}

/** Rows as `DataRow` messages, into one buffer. */
class RowWriter {
  private buffer = Buffer.allocUnsafe(CHUNK + 8_192);
  size = 0;
  rows = 0;

  add(cells: readonly Cell[], row: readonly EngineValue[]): void {
    const start = this.size;
    this.reserve(7);
    this.buffer[start] = 0x44;
    this.buffer.writeInt16BE(cells.length, start + 5);
    this.size = start + 7;
    for (const cell of cells) {
      const text = cell(row);
      this.reserve(4 + (text === null ? 0 : text.length * 3));
      if (text === null) this.size = this.buffer.writeInt32BE(-1, this.size);
      else {
        const length = this.buffer.write(text, this.size + 4, 'utf8');
        this.buffer.writeInt32BE(length, this.size);
        this.size += 4 + length;
      }
    }
    this.buffer.writeInt32BE(this.size - start - 1, start + 1);
    this.rows++;
  }

  done(): RowBytes {
    return { bytes: this.buffer.subarray(0, this.size), rows: this.rows };
  }

  private reserve(bytes: number): void {
    if (this.size + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.size + bytes));
    this.buffer.copy(larger, 0, 0, this.size);
    this.buffer = larger;
  }
}
