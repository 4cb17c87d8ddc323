/** Columns of `unified_marketing_data`, in the order in which both engines write them. */
export const DATA_COLUMNS = [
  'organization_id',
  'id',
  'recorded_at',
  'data_source',
  'source_category',
  'campaign_id',
  'customer_id',
  'asset_id',
  'currency',
  'data_payload',
  'attribution_data',
  'content_hash',
] as const;
