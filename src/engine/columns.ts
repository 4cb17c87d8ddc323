import { BASE_COLUMNS } from '../compiler/model/types.js';

/** Columns of `unified_marketing_data`, in the order in which both engines write them. */
export const DATA_COLUMNS = [
  'organization_id',
  ...BASE_COLUMNS,
  'data_payload',
  'attribution_data',
  'content_hash',
] as const;
