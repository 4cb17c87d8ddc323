/**
 * The tables of rollups in the engine. What stands in a segment never changes once it is filled; which segments count is
 * known to the system of record, so that a segment that was filled only in part, or is out of date, is never read.
 */
import { checkedUuid } from './identifiers.js';

export interface RollupTable {
  readonly id: string;
  readonly organization_id: string;
  /** SQL of ours over a row of the data table named `marketing`: by what stretch of time rows are grouped, … */
  readonly bucket: string;
  /** … by what else, … */
  readonly dimensions: readonly RollupTableColumn[];
  /** … and which aggregates are kept. */
  readonly parts: readonly RollupTableColumn[];
}

export interface RollupTableColumn {
  readonly column: string;
  readonly sql: string;
}

/** What was rolled up; instants in milliseconds, null where there are no rows. */
export interface FilledSegment {
  readonly rows: number;
  readonly first: number | null;
  readonly last: number | null;
}

export interface RollupTables {
  /** Makes the table, empty; does nothing where it is. */
  create(table: RollupTable): Promise<void>;
  /** Months (`YYYY-MM`, UTC) in which the organisation may have rows. */
  months(organizationId: string): Promise<readonly string[]>;
  /** Rolls up the rows that a month has now. @param segment an id that was never used before */
  fill(table: RollupTable, month: string, segment: string): Promise<FilledSegment>;
  /** Rows in each segment. Empty where there is no such table. */
  segments(id: string): Promise<ReadonlyMap<string, number>>;
  /** Takes segments out. */
  discard(id: string, segments: readonly string[]): Promise<void>;
  /** Bytes on disk. */
  bytes(id: string): Promise<number>;
  drop(id: string): Promise<void>;
}

const MONTH = /^\d{4}-(0[1-9]|1[0-2])$/;
const COLUMN = /^[dp]_[0-9a-f]{20}$/;

/** First instants of the month and of the next one, as the engines write them in UTC. */
export function monthBounds(month: string): readonly [string, string] {
  if (!MONTH.test(month)) throw new Error('Not a month.');
  const [year = 0, number = 1] = month.split('-').map(Number);
  const written = (at: number): string => new Date(at).toISOString().replace('T', ' ').replace('Z', '');
  return [written(Date.UTC(year, number - 1)), written(Date.UTC(year, number))];
}

/**
 * The SELECT that rolls up, with the columns in the order of {@link columnNames}.
 * @param id writes a UUID in the dialect
 */
export function rollupSelect(
  table: RollupTable,
  source: { readonly data: string; readonly where: string; readonly segment: string },
  id: (uuid: string) => string,
): string {
  const { bucket, dimensions, parts } = table;
  const inner = [
    'min(marketing.recorded_at) AS a1',
    'max(marketing.recorded_at) AS a2',
    ...dimensions.map(({ sql }, index) => `${sql} AS k${index + 1}`),
    ...parts.map(({ sql }, index) => `${sql} AS v${index + 1}`),
  ];
  const by = [bucket, ...dimensions.map(({ sql }) => sql)].join(', ');
  const organization = id(checkedUuid(table.organization_id, 'the organisation of a rollup'));
  const outer = [
    `${organization} AS organization_id`,
    `${id(checkedUuid(source.segment, 'the id of a segment'))} AS segment`,
    'g.a1 AS recorded_at',
    'g.a2 AS latest_at',
    ...dimensions.map(({ column }, index) => `g.k${index + 1} AS ${checkedColumn(column)}`),
    ...parts.map(({ column }, index) => `g.v${index + 1} AS ${checkedColumn(column)}`),
  ];
  return `SELECT ${outer.join(', ')} FROM (
  SELECT ${inner.join(', ')} FROM ${source.data} AS marketing
  WHERE marketing.organization_id = ${organization} AND ${source.where} GROUP BY ${by}
) AS g`;
}

export const columnNames = ({ dimensions, parts }: RollupTable): string =>
  [
    'organization_id',
    'segment',
    'recorded_at',
    'latest_at',
    ...[...dimensions, ...parts].map(({ column }) => column),
  ].join(', ');

function checkedColumn(column: string): string {
  if (!COLUMN.test(column)) throw new Error('Not a column of a rollup.');
  return column;
}
