import { CREDIT_TABLE, SUPERSEDED_TABLE } from './attribution-tables.js';
import { CHANGE_TABLE, IDENTITY_TABLE, JOURNEY_TABLE } from './customer-tables.js';
import { DATA_TABLE } from './tables.js';

/** Tables that hold customers, and the columns in which they stand. */
export const STORES: Readonly<Record<string, readonly string[]>> = {
  [DATA_TABLE]: ['customer_id'],
  [JOURNEY_TABLE]: ['customer_id'],
  [IDENTITY_TABLE]: ['customer_id', 'canonical_id'],
  [CHANGE_TABLE]: ['customer_id'],
  [CREDIT_TABLE]: ['customer_id'],
  [SUPERSEDED_TABLE]: ['customer_id'],
};

/** Tables from which a person is taken out. */
export const CUSTOMER_STORES: readonly string[] = Object.keys(STORES);
