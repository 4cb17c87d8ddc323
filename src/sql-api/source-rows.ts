import type { OrganizationState } from '../access/organization-state.js';
import type { Policy } from '../access/policy.js';
import { plainDecimal, presentValue } from '../compiler/query/present.js';
import type { PlannedColumn, ReportRequest } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';
import type { QueryService } from '../query/query.service.js';
import { firstRows, wholeRows, type RowBytes } from '../pgwire/data-rows.js';
import type { TextWriter } from '../query/engine-text.js';
import { SqlMistake } from '../sql/mistake.js';
import { atZone } from './request-zone.js';

export interface WantedRows {
  readonly request: ReportRequest;
  /** No more than these are needed, whichever they are; null for all. */
  readonly most: number | null;
  /** Columns of the answer, in the order in which they are to stand in the text; null for a null. */
  readonly members: readonly (string | null)[];
  /** Values of members that are no columns of the answer. */
  readonly fixed?: ReadonlyMap<string, string>;
}

/** Characters that are put together before they become bytes. */
const CHUNK = 64 * 1024;

/** Rows of the query path, with how their values are written. */
export interface SourceRows {
  /** For each wanted member its position in a row; below zero where the row does not have it. */
  readonly places: readonly number[];
  /** For each wanted member. */
  readonly writers: readonly Writer[];
  /** To be read to the end: only then it is known that these are all. */
  readonly batches: AsyncIterable<readonly (readonly EngineValue[])[]>;
  /**
   * Instead of `batches`: messages of the rows, in pieces of whole ones, as the engine writes them; to be read to the end,
   * too. Null where it can't.
   */
  readonly messages: ((write: TextWriter<PlannedColumn>) => AsyncGenerator<RowBytes>) | null;
}

export interface Reading {
  readonly signal: AbortSignal;
  /** Rows that may be read; more are an error. */
  readonly mostRows: number;
  /** Tells the asker what to be careful about. */
  readonly notice: (text: string) => void;
  /** Of the organisation, where it was read after the statement had come in. */
  readonly state?: OrganizationState | undefined;
}

/** All rows that there are, or none: more than what may be read is an error at the end. */
export async function openSource(
  queries: QueryService,
  policy: Policy,
  { request, most, members }: WantedRows,
  { signal, notice, state, mostRows }: Reading,
): Promise<SourceRows> {
  const wanted = Math.min(most ?? Infinity, request.limit ?? Infinity);
  const limit = Math.min(wanted, mostRows);
  const report: ReportRequest = {
    ...request,
    limit,
    ...(most !== null && request.dimensions.includes('id') ? { order: [{ member: 'id', direction: 'asc' }] } : {}),
  };
  const { plan, batches, text, end } = await queries.open(policy, report, {
    ...{ signal, state, lane: 'interactive', keep: true, inAnyOrder: true },
  });
  const names = plan.columns.map(({ name }) => name);
  const places = members.map((member) => (member === null ? -1 : names.indexOf(member)));
  const writers = places.map((place) => {
    const column = plan.columns[place];
    return column ? writerOf(column, plan.time_zone) : String;
  });
  const finish = (isTruncated: boolean): void => {
    for (const { message } of [...plan.warnings, ...end.warnings]) notice(message);
    if (isTruncated && wanted > mostRows)
      throw new SqlMistake({
        code: '54000',
        message: `The statement would read more than ${mostRows} rows.`,
        hint: 'Group, filter by time or by columns compared with constants, or limit it.',
      });
  };
  async function* checked(): AsyncGenerator<readonly (readonly EngineValue[])[]> {
    yield* batches;
    finish(end.truncated);
  }
  async function* counted(parts: AsyncIterable<Uint8Array>): AsyncGenerator<RowBytes> {
    let left = limit;
    for await (const { bytes, rows } of wholeRows(parts)) {
      if (left > 0) yield rows <= left ? { bytes, rows } : { bytes: firstRows(bytes, left), rows: left };
      left -= rows;
    }
    finish(left < 0);
  }
  return { places, writers, batches: checked(), messages: text && ((write) => counted(text(write))) };
}

/** The same as COPY reads them. */
export async function* sourceRows(
  queries: QueryService,
  policy: Policy,
  wanted: WantedRows,
  reading: Reading,
): AsyncGenerator<Buffer> {
  const { members, fixed } = wanted;
  const { places, writers, batches } = await openSource(queries, policy, wanted, reading);
  const constants = members.map((member) => escaped((member !== null && fixed?.get(member)) || '') || '\\N');
  let text = '';
  for await (const batch of batches) {
    for (const row of batch) {
      for (let index = 0; index < places.length; index++) {
        if (index > 0) text += '\t';
        const place = places[index] as number;
        const value = place < 0 ? null : (row[place] ?? null);
        text += value !== null ? escaped((writers[index] as Writer)(value)) : place < 0 ? constants[index] : '\\N';
      }
      text += '\n';
      if (text.length >= CHUNK) {
        yield Buffer.from(text, 'utf8');
        text = '';
      }
    }
  }
  if (text !== '') yield Buffer.from(text, 'utf8');
}

type Written = Exclude<EngineValue, null>;
/** A value as Postgres reads it. */
export type Writer = (value: Written) => string;

const SPECIAL = /[\\\n\r\t]/;
const ESCAPED: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const escaped = (text: string): string =>
  SPECIAL.test(text) ? text.replace(/[\\\n\r\t]/g, (character) => ESCAPED[character] ?? '') : text;

/** How a column's values are written: the same from both engines, with no digit lost. */
function writerOf(column: PlannedColumn, timeZone: string): Writer {
  switch (column.type) {
    case 'currency':
      return (value) => String(presentValue(value, column));
    case 'float':
    case 'integer':
      return plainDecimal;
    case 'boolean':
      return (value) => (presentValue(value, column) === true ? 't' : 'f');
    case 'datetime':
      // A bucket's start is a time on the clock of the request's zone.
      return column.role === 'time'
        ? (value) => atZone(String(value), timeZone)
        : (value) => String(presentValue(value, column));
    case 'date':
      return (value) => String(value).slice(0, 10);
    case 'string':
      return String;
    default:
      return column.type satisfies never;
  }
}
