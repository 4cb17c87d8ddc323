/** Postgres hands `bigint` out as text; counts of rows stay far below 2^53, so a number is exact. */
export const bigintAsNumber = {
  to: (value: number | undefined): number | undefined => value,
  from: (value: string | number | null): number => Number(value ?? 0),
};
