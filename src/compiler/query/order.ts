import type { Mistakes } from './mistakes.js';
import type { MemberResolver } from './resolve.js';
import type { OrderBy, PlannedColumn } from './types.js';

export interface OrderPosition {
  /** 1-based position among the columns. */
  readonly position: number;
  readonly descending: boolean;
}

/**
 * The order of rows: what the request says, or time ascending and then the first metric descending; then every time
 * and dimension column that is left, ascending, so that the order is total and the same on every run. Rows without a
 * value come last, whatever the direction.
 */
export function rowOrder(
  wanted: readonly OrderBy[],
  columns: readonly PlannedColumn[],
  resolver: MemberResolver,
  mistakes: Mistakes,
): OrderPosition[] {
  const order: OrderPosition[] = [];
  const add = (index: number, descending: boolean): void => {
    const position = index + 1;
    if (index >= 0 && !order.some((present) => present.position === position)) order.push({ position, descending });
  };
  wanted.forEach(({ member, direction }, index) => {
    const pointer = `/order/${index}/member`;
    const resolved = resolver.find(member, 'member', pointer);
    if (resolved === undefined) return;
    const at = columns.findIndex(({ name }) => name === resolved.key);
    if (at >= 0) return add(at, direction === 'desc');
    const names = columns.map(({ name }) => name);
    const message = `A report can be ordered by what it selects only: ${names.join(', ')}. Select “${resolved.key}” too.`;
    mistakes.add('not_selected', message, pointer, names);
  });
  if (wanted.length === 0) {
    add(
      columns.findIndex(({ role }) => role === 'time'),
      false,
    );
    add(
      columns.findIndex(({ role }) => role === 'metric'),
      true,
    );
  }
  columns.forEach(({ role }, index) => {
    if (role !== 'metric') add(index, false);
  });
  // One row at most: nothing to order.
  return columns.some(({ role }) => role !== 'metric') ? order : [];
}
