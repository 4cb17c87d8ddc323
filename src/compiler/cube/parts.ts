/**
 * What aggregates are made of. A metric over rows aggregates a value of each row; over a rollup it puts together the
 * parts that the rollup holds for groups of rows. Both are written by the same code, which asks for its operands here.
 */
import { createHash } from 'node:crypto';
import { asRecorded, markedLike } from '../dialect/amount-sql.js';
import { REQUEST_ZONE } from '../dialect/request-zone.js';
import type { DialectName } from '../dialect/types.js';
import { OF_GROUP, OF_ONE_ROW, type Aggregates } from './aggregates.js';

export interface Parts {
  /** What puts the operands together. */
  readonly aggregates: Aggregates;
  /** SQL of what adds up to the sum of `value`, the SQL of a value of each row. */
  sum(value: string): string;
  /** SQL of what the least `value` is the least of. */
  min(value: string): string;
  max(value: string): string;
  /** SQL of the number of rows that have a `value`; of all rows for `*`. */
  count(value: string): string;
  /** Called for what no parts can be put together to. @throws NeedsRows */
  needRows(): void;
}

/** The metric can be computed from rows only. */
export class NeedsRows extends Error {}

/** Every row is a part of its own. */
export const ROWS: Parts = {
  aggregates: OF_GROUP,
  sum: (value) => value,
  min: (value) => value,
  max: (value) => value,
  count: (value) => OF_GROUP.count(value),
  needRows: () => undefined,
};

/** The same where each row stands for itself. */
export const ONE_ROW: Parts = { ...ROWS, aggregates: OF_ONE_ROW, count: (value) => OF_ONE_ROW.count(value) };

export type PartKind = 'sum' | 'min' | 'max' | 'count';

/** One part of a metric as SQL over rows, under a name that says exactly what it is. */
export interface Part {
  readonly column: string;
  readonly sql: string;
}

/** Notes the parts that are asked for, so that a rollup can hold them. */
export class NotedParts implements Parts {
  readonly aggregates = OF_GROUP;
  readonly all = new Map<string, Part>();

  readonly sum = (value: string): string => this.note('sum', value);
  readonly min = (value: string): string => this.note('min', value);
  readonly max = (value: string): string => this.note('max', value);
  readonly count = (value: string): string => this.note('count', value);

  needRows(): void {
    throw new NeedsRows();
  }

  private note(kind: PartKind, value: string): string {
    const sql = asRecorded(`${kind}(${checked(value)})`);
    const column = contentName('p', sql);
    this.all.set(column, { column, sql });
    return column;
  }
}

/**
 * Reads the parts that a rollup holds; whatever it does not hold needs rows. It holds amounts as they were recorded, which
 * are still marked as such: a statement that has to convert them needs rows, too.
 */
export class HeldParts implements Parts {
  readonly aggregates = OF_GROUP;

  constructor(
    private readonly columns: ReadonlySet<string>,
    private readonly row: string,
    private readonly dialect: DialectName,
  ) {}

  readonly sum = (value: string): string => this.held('sum', value);
  readonly min = (value: string): string => this.held('min', value);
  readonly max = (value: string): string => this.held('max', value);

  /** The sum of counts is a count again: zero where there is nothing, and of its type. */
  count(value: string): string {
    const column = this.held('count', value);
    return this.dialect === 'clickhouse' ? `sum(${column})` : `coalesce(sum(${column}), 0)::bigint`;
  }

  needRows(): void {
    throw new NeedsRows();
  }

  private held(kind: PartKind, value: string): string {
    const column = contentName('p', asRecorded(`${kind}(${checked(value)})`));
    if (!this.columns.has(column)) throw new NeedsRows();
    return markedLike(value, `${this.row}.${column}`, this.row);
  }
}

/** The same name for the same SQL only, so that a column can't be taken for what it is not. */
export const contentName = (prefix: 'p' | 'd', sql: string): string =>
  `${prefix}_${createHash('sha256').update(sql).digest('hex').slice(0, 20)}`;

/** What is on the clock of the request's zone is another value in each request. */
function checked(value: string): string {
  if (value.includes(REQUEST_ZONE)) throw new NeedsRows();
  return value;
}
