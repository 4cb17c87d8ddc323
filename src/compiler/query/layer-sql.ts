/** The few places where the layers around the grouped query differ between the dialects. */
import { numberList } from '../dialect/ordinal-sql.js';
import type { DialectName } from '../dialect/types.js';
import type { ValueKind } from '../cube/base.js';

/** A missing value of the kind. */
export function nullOf(kind: ValueKind | 'ordinal', dialect: DialectName): string {
  if (dialect === 'clickhouse') return 'NULL';
  switch (kind) {
    case 'ordinal':
      return 'NULL::bigint';
    case 'number':
      return 'NULL::numeric';
    case 'boolean':
      return 'NULL::boolean';
    case 'uuid':
      return 'NULL::uuid';
    case 'string':
    case 'date':
    case 'datetime':
      return 'NULL::text COLLATE "C"';
    default:
      return kind satisfies never;
  }
}

/** The one value that is not null. */
export const onlyValue = (column: string, kind: ValueKind, dialect: DialectName): string =>
  kind === 'boolean' && dialect === 'postgres' ? `bool_or(${column})` : `max(${column})`;

/** The start of the bucket with the number `ordinal`: a day, or a time on the clock. */
export function labelSql(labels: readonly number[], clock: boolean, ordinal: string, dialect: DialectName): string {
  const list = numberList(labels, dialect);
  if (dialect === 'clickhouse') {
    const label = `arrayElement(${list}, toInt64(assumeNotNull(${ordinal})) + 1)`;
    return clock ? `fromUnixTimestamp64Second(${label}, 'UTC')` : `addDays(toDate32('1970-01-01'), ${label})`;
  }
  const label = `(${list})[${ordinal} + 1]`;
  return clock
    ? `to_char(TIMESTAMP '1970-01-01' + ${label} * INTERVAL '1 second', 'YYYY-MM-DD HH24:MI:SS') COLLATE "C"`
    : `to_char(TIMESTAMP '1970-01-01' + ${label} * INTERVAL '1 day', 'YYYY-MM-DD') COLLATE "C"`;
}
