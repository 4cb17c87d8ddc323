import type { OrganizationState } from '../access/organization-state.js';
import type { Policy } from '../access/policy.js';
import { plainDecimal, presentValue } from '../compiler/query/present.js';
import type { PlannedColumn, ReportRequest } from '../compiler/query/types.js';
import type { EngineValue } from '../engine/engine.js';
import type { QueryService } from '../query/query.service.js';
import { SqlMistake } from '../sql/mistake.js';
import { MOST_ROWS } from './limits.js';

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
}

export interface Reading {
  readonly signal: AbortSignal;
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
  { signal, notice, state }: Reading,
): Promise<SourceRows> {
  const own = Math.min(most ?? MOST_ROWS, request.limit ?? MOST_ROWS);
  const limit = Math.min(own, MOST_ROWS);
  const report: ReportRequest = {
    ...request,
    limit,
    ...(most !== null && request.dimensions.includes('id') ? { order: [{ member: 'id', direction: 'asc' }] } : {}),
  };
  const { plan, batches, end } = await queries.open(policy, report, { signal, state, lane: 'interactive', keep: true });
  const names = plan.columns.map(({ name }) => name);
  const places = members.map((member) => (member === null ? -1 : names.indexOf(member)));
  const writers = places.map((place) => {
    const column = plan.columns[place];
    return column ? writerOf(column, plan.time_zone) : String;
  });
  async function* checked(): AsyncGenerator<readonly (readonly EngineValue[])[]> {
    yield* batches;
    for (const { message } of [...plan.warnings, ...end.warnings]) notice(message);
    if (end.truncated && limit >= MOST_ROWS && own >= MOST_ROWS)
      throw new SqlMistake({
        code: '54000',
        message: `The statement would read more than ${MOST_ROWS} rows.`,
        hint: 'Group, filter by time or by columns compared with constants, or limit it.',
      });
  }
  return { places, writers, batches: checked() };
}

/** The same as COPY reads them. */
export async function* sourceRows(
  queries: QueryService,
  policy: Policy,
  wanted: WantedRows,
  signal: AbortSignal,
  notice: (text: string) => void,
): AsyncGenerator<Buffer> {
  const { members, fixed } = wanted;
  const { places, writers, batches } = await openSource(queries, policy, wanted, { signal, notice });
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
        ? (value) => `${String(value)} ${timeZone}`
        : (value) => String(presentValue(value, column));
    case 'date':
      return (value) => String(value).slice(0, 10);
    case 'string':
      return String;
    default:
      return column.type satisfies never;
  }
}
