/**
 * Relations beside `unified_marketing_data` that metrics can read, by the names of the functional specification: what
 * attribution gave, and the journeys of customers. Each row of one is about a touchpoint, whose dimensions it has, so
 * that it groups and filters by the same dimensions as the rows themselves.
 */
export const RELATION_COLUMNS = {
  /** One row a conversion, touchpoint and model. Time: when the revenue occurred. */
  revenue_attribution: {
    revenue_amount: 'number',
    attribution_weight: 'number',
    /** The same, and null where no touchpoint has the credit. */
    credited_revenue: 'number',
    credited_weight: 'number',
    conversion_id: 'text',
  },
  /** One row a conversion and touchpoint. `assisted_conversion_id` is null for the last touchpoint. */
  attribution_path: { conversion_id: 'text', assisted_conversion_id: 'text', touchpoint_id: 'text' },
  /** One row a customer, with the dimensions of the first touchpoint. Time: when the journey began. */
  customer_journey_tracking: {
    customer_id: 'text',
    acquisition_cost: 'number',
    lifetime_value: 'number',
    total_touchpoints: 'number',
    conversions: 'number',
  },
} as const satisfies Record<string, Record<string, 'number' | 'text'>>;

export type RelationName = keyof typeof RELATION_COLUMNS;

export const isRelation = (name: string): name is RelationName => Object.hasOwn(RELATION_COLUMNS, name);

/** The models that every organisation has; it may define others. */
export const ATTRIBUTION_MODELS = [
  'first_touch',
  'last_touch',
  'linear',
  'time_decay',
  'position_based',
  'markov',
  'shapley',
] as const;
/** The key of a model. Whether there are results of it is known only where rows are. */
export type AttributionModel = string;

/** Which model a metric over `revenue_attribution` reads where neither the request nor the metric names one. */
export const STANDARD_MODEL: AttributionModel = 'linear';

const MODEL = /^[a-z][a-z0-9_]{0,62}$/;
/** Whether the text may name a model; such a text may stand in SQL. */
export const isAttributionModel = (name: string): boolean => MODEL.test(name);

/** What dimensions say of revenue that no touchpoint has brought, and of customers that none has. */
export const UNATTRIBUTED = 'unattributed';

/** Rows of these categories say what was spent on campaigns. */
export const SPEND_CATEGORIES = ['platform_native', 'external_marketing'] as const;

/** ISO 4217’s code for no currency: of a journey with an amount that misses its rate. There is no rate for it. */
export const NO_CURRENCY = 'XXX';
