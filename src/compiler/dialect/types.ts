/** The two SQL dialects that a plan can be written in. */
export type DialectName = 'clickhouse' | 'postgres';
