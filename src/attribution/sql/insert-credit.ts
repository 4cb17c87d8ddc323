import type { DialectName } from '../../compiler/dialect/types.js';
import * as clickhouse from './clickhouse.js';
import * as postgres from './postgres.js';
import type { RunStatement } from './scope.js';

/** Computes the run's rows for its share of the customers and writes them. */
export const insertCredit = (dialect: DialectName, statement: RunStatement): string =>
  (dialect === 'clickhouse' ? clickhouse : postgres).insertCredit(statement);

/** Steps between states of journeys, for markov. */
export const transitions = (dialect: DialectName, statement: RunStatement, order: number): string =>
  (dialect === 'clickhouse' ? clickhouse : postgres).transitions(statement, order);
