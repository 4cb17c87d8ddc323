import type { Identity } from '../access/identity.js';
import type { EndState, Occurrence } from './occurrence.entity.js';

/** Injection token of the {@link OccurrencePreparer}. */
export const OCCURRENCE_PREPARER = Symbol('OCCURRENCE_PREPARER');

/** What is to become of an occurrence whose time has come. */
export type Preparation =
  | {
      readonly kind: 'send';
      /** Its owner, as of now: the report is run with what they may see. */
      readonly owner: Identity;
      /** Checked addresses, each once. */
      readonly recipients: readonly string[];
      /** The instant at which the report is to be read; null for now. */
      readonly asOf: Date | null;
      /** Relative ranges mean whole periods that had ended. */
      readonly completePeriods: boolean;
      /** BCP 47; null for the view's or the organisation's. */
      readonly locale: string | null;
      readonly subject: string | null;
      readonly message: string | null;
      /** What the schedule's condition found, in words. */
      readonly finding: string | null;
      readonly remarks: readonly string[];
    }
  /** Something is not there yet: look again. */
  | { readonly kind: 'hold'; readonly until: Date; readonly reason: string }
  /** Nothing is sent; each recipient's entry says why. */
  | {
      readonly kind: 'end';
      readonly state: Exclude<EndState, 'finished'>;
      readonly reason: string;
      readonly recipients: readonly string[];
    };

/** Decides, when an occurrence is due, whether it may go out, to whom, and how; everything that has schedules implements it. */
export interface OccurrencePreparer {
  prepare(occurrence: Occurrence, signal: AbortSignal): Promise<Preparation>;
  /** Whom to tell when a report did not arrive; null where there is no such person. */
  ownerAddress(occurrence: Occurrence): Promise<string | null>;
  /** The language in which its owner and its readers are spoken to beside the report, BCP 47. */
  localeOf(occurrence: Occurrence): Promise<string>;
}
