// The base cube: one row of `unified_marketing_data` is what one source reported for one moment.
//
// Written by people. Each organisation's own metrics and dimensions are generated into the cube `marketing`, which
// extends this one. The columns read here are the same in ClickHouse and Postgres, so this file is too. SQL is written as
// functions, which is what Cube makes of it: so the file is run as it is, without Cube's transpiler.
//
// `organization_id` is not for users: every query of Tributary is filtered by it, before anything else.
cube('unified_marketing', {
  sql_table: () => 'unified_marketing_data',
  public: false,

  dimensions: {
    organization_id: {
      sql: () => 'organization_id',
      type: 'string',
      public: false,
      meta: { kind: 'uuid' },
    },

    id: {
      title: 'Row ID',
      description: 'The row, as a UUID.',
      sql: () => 'id',
      type: 'string',
      meta: { kind: 'uuid' },
    },

    recorded_at: {
      title: 'Date',
      description: 'When the row was recorded: an instant, stored in UTC and grouped in the time zone of the query.',
      sql: () => 'recorded_at',
      type: 'time',
      meta: { kind: 'datetime' },
      granularities: {
        fifteen_minutes: { title: '15 minutes', interval: '15 minutes' },
      },
    },

    data_source: {
      title: 'Data source',
      description: 'Where the row came from, for example meta_ads or shopify_orders.',
      sql: () => 'data_source',
      type: 'string',
      meta: { kind: 'string' },
    },

    source_category: {
      title: 'Source category',
      description: 'platform_native, external_marketing, external_revenue or external_operational.',
      sql: () => 'source_category',
      type: 'string',
      meta: { kind: 'string' },
    },

    campaign_id: {
      title: 'Campaign ID',
      description: 'The campaign, as a UUID; its readable name is in the payload.',
      sql: () => 'campaign_id',
      type: 'string',
      meta: { kind: 'uuid' },
    },

    customer_id: {
      title: 'Customer ID',
      description: 'The customer, as a UUID; the original id is in the payload.',
      sql: () => 'customer_id',
      type: 'string',
      meta: { kind: 'uuid' },
    },

    asset_id: {
      title: 'Asset ID',
      description: 'The creative asset, as a UUID; its readable name is in the payload.',
      sql: () => 'asset_id',
      type: 'string',
      meta: { kind: 'uuid' },
    },

    currency: {
      title: 'Currency',
      description: 'ISO 4217 code of the money in the row; empty where the row carries none.',
      sql: () => 'currency',
      type: 'string',
      meta: { kind: 'string' },
    },
  },

  measures: {
    // The number of rows, for the SQL API's COUNT(*). No metric can have this name.
    _rows: {
      title: 'Rows',
      sql: () => 'count(*)',
      type: 'number',
      public: false,
      meta: { kind: 'number' },
    },
  },
});
