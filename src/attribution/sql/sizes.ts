/** How a run is cut up so that it fits into memory, whatever the journeys. */
import type { DialectName } from '../../compiler/dialect/types.js';

/** Rows of customers that one statement gathers: about 100 bytes each, several times over. */
const CHUNK_ROWS = 4_000_000;
/** Touches that conversions carry in one block, at a kilobyte or two each. */
const BLOCK_TOUCHES = 500_000;
const MOST_BLOCK_ROWS = 65_409;
const BUCKETS = 1_048_576;

export interface Sizes {
  readonly chunks: number;
  readonly blockRows: number;
}

/**
 * Rows that a run gathers, and a bound of the rows of any one customer: the fullest of so many buckets of customers,
 * which is much faster to find than the fullest customer. @param onlySupersededBy as in `Scope`
 */
export function rowCountsSql(dialect: DialectName, onlySupersededBy: string | null): string {
  // Four bytes of an id are found in half the time; what others share them counts as well.
  const [key, known] =
    dialect === 'postgres'
      ? ['customer_id', 'customer_id']
      : ['reinterpretAsUInt32(assumeNotNull(customer_id))', 'reinterpretAsUInt32(customer_id)'];
  const only = onlySupersededBy === null ? '' : ` AND ${key} IN (SELECT ${known} FROM attribution_superseded)`;
  const rows = `FROM unified_marketing_data WHERE customer_id IS NOT NULL${only}`;
  if (dialect === 'postgres') return `SELECT count(*), 1 ${rows}`;
  return `SELECT sum(n), max(n) FROM (SELECT count() AS n ${rows} GROUP BY sipHash64(customer_id) % ${BUCKETS})`;
}

export const sizesOf = (rows: number, mostOfOne: number): Sizes => ({
  chunks: Math.max(1, Math.ceil(rows / CHUNK_ROWS)),
  blockRows: Math.min(MOST_BLOCK_ROWS, Math.max(1, Math.floor(BLOCK_TOUCHES / Math.max(1, mostOfOne)))),
});
