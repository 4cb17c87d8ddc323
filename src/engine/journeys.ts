/** What the engine keeps about customers beside their rows; part of the port in `engine.ts`. */
import type { JourneyRules } from '../attribution/models/journey-rules.js';

/** Who computes something from the rows of a customer, and therefore has to know when they change. */
export const CUSTOMER_READERS = ['journeys', 'attribution'] as const;
export type CustomerReader = (typeof CUSTOMER_READERS)[number];

/** Two ids of one person: rows of `customer_id` count as rows of `canonical_id`, which stands for itself. */
export interface CustomerIdentity {
  readonly customer_id: string;
  readonly canonical_id: string;
}

/**
 * Journeys of customers, and which of them are out of date.
 *
 * A change (an import, or a merge of identities) notes its customers in `customer_changes` before any of it can be seen;
 * a reader computes them anew once the change is complete, and only then forgets it. So whatever crashes, no customer
 * is left with numbers of before.
 *
 * Beside a customer of an import stands what their changed rows, as they were and as they are, have in common: the
 * `source_category` and the `data_source` of all of them (null where they differ), and the first and last instant, in
 * milliseconds. Where nothing of that is known, anything of the customer may have changed.
 */
export interface CustomerJourneys {
  /** Notes customers of a change, for every reader. */
  mark(organizationId: string, changeId: string, customerIds: readonly string[]): Promise<void>;
  /** Notes every customer who has rows, for one reader. */
  markAll(organizationId: string, changeId: string, reader: CustomerReader): Promise<void>;
  /** Changes of which a reader has not computed the customers yet. */
  changes(organizationId: string, reader: CustomerReader): Promise<string[]>;
  /** To be called after the reader has computed the customers of these changes. */
  forget(organizationId: string, reader: CustomerReader, changeIds: readonly string[]): Promise<void>;
  /** Says to whom ids belong from now on; `canonical_id` equal to `customer_id` gives an id back to itself. */
  identify(organizationId: string, identities: readonly CustomerIdentity[]): Promise<void>;
  /**
   * Computes the journeys of the customers of these complete changes. One at a time for an organisation.
   * @returns how many journeys were computed
   */
  refresh(organizationId: string, changeIds: readonly string[], rules: JourneyRules): Promise<number>;
}
