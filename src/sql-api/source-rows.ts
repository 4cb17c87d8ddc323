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

/**
 * Rows of the query path as COPY reads them. All rows that there are, or none: more than what may be read is an error.
 */
export async function* sourceRows(
  queries: QueryService,
  policy: Policy,
  { request, most, members, fixed }: WantedRows,
  signal: AbortSignal,
  notice: (text: string) => void,
): AsyncGenerator<Buffer> {
  const own = Math.min(most ?? MOST_ROWS, request.limit ?? MOST_ROWS);
  const limit = Math.min(own, MOST_ROWS);
  const report: ReportRequest = {
    ...request,
    limit,
    ...(most !== null && request.dimensions.includes('id') ? { order: [{ member: 'id', direction: 'asc' }] } : {}),
  };
  const { plan, batches, end } = await queries.open(policy, report, { signal, lane: 'interactive' });
  const names = plan.columns.map(({ name }) => name);
  const places = members.map((member) => (member === null ? -1 : names.indexOf(member)));
  const writers = plan.columns.map((column) => writerOf(column, plan.time_zone));
  const constants = members.map((member) => escaped((member !== null && fixed?.get(member)) || '') || '\\N');
  let text = '';
  for await (const batch of batches) {
    for (const row of batch) {
      for (let index = 0; index < places.length; index++) {
        if (index > 0) text += '\t';
        const place = places[index] as number;
        const value = place < 0 ? null : (row[place] ?? null);
        text += value !== null ? (writers[place] as Writer)(value) : place < 0 ? constants[index] : '\\N';
      }
      text += '\n';
      if (text.length >= CHUNK) {
        yield Buffer.from(text, 'utf8');
        text = '';
      }
    }
  }
  for (const { message } of [...plan.warnings, ...end.warnings]) notice(message);
  if (text !== '') yield Buffer.from(text, 'utf8');
  if (end.truncated && limit >= MOST_ROWS && own >= MOST_ROWS)
    throw new SqlMistake({
      code: '54000',
      message: `The statement would read more than ${MOST_ROWS} rows.`,
      hint: 'Group, filter by time or by columns compared with constants, or limit it.',
    });
}

type Written = Exclude<EngineValue, null>;
type Writer = (value: Written) => string;

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
      return (value) => escaped(String(value));
    default:
      return column.type satisfies never;
  }
}
