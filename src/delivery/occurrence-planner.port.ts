/** Injection token of the {@link OccurrencePlanner}. */
export const OCCURRENCE_PLANNER = Symbol('OCCURRENCE_PLANNER');

/** Writes occurrences ahead of their time; everything that has schedules implements it. */
export interface OccurrencePlanner {
  /** Sees to it that whatever is due soon has its row. Safe to call by many processes at once. */
  plan(): Promise<void>;
}
