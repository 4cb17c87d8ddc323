import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { badRequest } from './problem.js';
import { DEFAULT_PAGE, decodeCursor, encodeCursor, type PageQuery } from './page.js';
import { isUuid } from './uuid.js';

/**
 * One page of a list, oldest first, of those rows that the asker may see.
 * @param builder selects from a table with `id` and `created_at`
 * @throws Problem 400 `invalid_cursor`
 */
export async function createdPage<T extends ObjectLiteral & { id: string; created_at: Date }>(
  builder: SelectQueryBuilder<T>,
  query: PageQuery,
  isSeen: (row: T) => boolean,
): Promise<{ rows: T[]; next_cursor: string | null }> {
  const limit = query.limit ?? DEFAULT_PAGE;
  const created = `date_trunc('milliseconds', ${builder.alias}.created_at)`;
  if (query.cursor !== undefined) {
    const [at, id] = decodeCursor(query.cursor).split('|');
    if (!at || !id || !isUuid(id) || Number.isNaN(Date.parse(at))) {
      throw badRequest('invalid_cursor', 'The cursor is not one that this list gave out; leave it away to start anew.');
    }
    builder.andWhere(`(${created}, ${builder.alias}.id) > (:at::timestamptz, :id::uuid)`, { at, id });
  }
  builder.orderBy(created, 'ASC').addOrderBy(`${builder.alias}.id`, 'ASC');
  const allowed = (await builder.getMany()).filter(isSeen);
  const rows = allowed.slice(0, limit);
  const last = rows.at(-1);
  return {
    rows,
    next_cursor: last && allowed.length > limit ? encodeCursor(`${last.created_at.toISOString()}|${last.id}`) : null,
  };
}
