/** The attribution models and their parameters, as plain data. `docs/adr/0010…` says how credit is counted. */

/** Each looks at one journey at a time. */
export const RULE_MODELS = ['first_touch', 'last_touch', 'linear', 'time_decay', 'position_based'] as const;
/** Each weighs channels over all journeys of a run, those without conversion included. */
export const FITTED_MODELS = ['markov', 'shapley'] as const;

export type RuleModel = (typeof RULE_MODELS)[number];
export type FittedModel = (typeof FITTED_MODELS)[number];
/** A standard model, or the key of one that the organisation has defined. */
export type ModelKey = string;

export const STANDARD_MODELS: readonly (RuleModel | FittedModel)[] = [...RULE_MODELS, ...FITTED_MODELS];
