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
  rest: string | null = null,
): OrderPosition[] {
  const order: OrderPosition[] = [];
  const add = (index: number, descending: boolean): void => {
    const position = index + 1;
    if (index >= 0 && !order.some((present) => present.position === position)) order.push({ position, descending });
  };
  wanted.forEach(({ member, direction }, index) => {
    const pointer = `/order/${index}/member`;
    // A twin or a flag is a column and no member.
    const named = columns.findIndex(({ name }) => name === member);
    if (named >= 0) return add(named, direction === 'desc');
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
    // The row for the rest comes after the values that were picked.
    add(
      columns.findIndex(({ name }) => name === rest),
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
