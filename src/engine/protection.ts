/** What takes an organisation's data out of the engine for good; part of the port in `engine.ts`. */

/** Rows of a source before a day go. */
export interface AgeLimit {
  readonly data_source: string;
  /** First day (`YYYY-MM-DD`, UTC) that is kept. */
  readonly before: string;
}

/** Rows of one source that a limit is about. */
export interface AgedRows {
  readonly data_source: string;
  readonly rows: number;
  /** ISO 8601, UTC. */
  readonly oldest: string;
  readonly newest: string;
}

/** How many rows of these customers a store of the engine holds, replaced and hidden versions included. */
export interface Traces {
  readonly store: string;
  readonly rows: number;
}

export interface DataProtection {
  /** Living rows beyond their limits, by source. */
  older(organizationId: string, limits: readonly AgeLimit[]): Promise<AgedRows[]>;
  /** Months (`YYYY-MM`, UTC) of rows beyond their limits. */
  olderMonths(organizationId: string, limits: readonly AgeLimit[]): Promise<string[]>;
  /** Notes the customers of those rows, as an import does, and takes the rows out. Can be repeated. */
  removeOlder(organizationId: string, changeId: string, limits: readonly AgeLimit[]): Promise<void>;
  /** Months (`YYYY-MM`, UTC) of the customers' rows. */
  customerMonths(organizationId: string, customers: readonly string[]): Promise<string[]>;
  /**
   * Takes the customers out of every store: their rows in all versions, journeys, identities, notes, credit. Can be
   * repeated. Whoever computes journeys or attribution of the organisation must be kept out meanwhile.
   * @param jobId names what is set aside meanwhile; the statements themselves name no customer, since engines keep those
   * @returns a moment of the engine, for {@link leftovers}
   */
  forgetCustomers(organizationId: string, jobId: string, customers: readonly string[]): Promise<string>;
  traces(organizationId: string, jobId: string, customers: readonly string[]): Promise<Traces[]>;
  /**
   * Makes the engine give up what it still keeps of removed rows on disk, as far as it can at this moment.
   * @param since what {@link forgetCustomers} returned
   * @returns how much of it is left; 0 when it is gone
   */
  leftovers(since: string): Promise<number>;
}

const SOURCE = /^[a-z][a-z0-9_]{0,62}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** SQL of limits that were checked to hold names and days only. @param day writes a column's UTC day in the dialect */
export function beyondLimits(limits: readonly AgeLimit[], recordedAtBefore: (day: string) => string): string {
  const each = limits.map(({ data_source, before }) => {
    if (!SOURCE.test(data_source) || !DAY.test(before)) throw new Error('Not a limit of age.');
    return `(data_source = '${data_source}' AND ${recordedAtBefore(before)})`;
  });
  return each.length === 0 ? '1 = 0' : `(${each.join(' OR ')})`;
}
