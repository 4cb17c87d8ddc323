/** What becomes of an erased customer's rows: they go, or they stay without the customer. */
export const ERASURE_MODES = ['delete', 'anonymise'] as const;
export type ErasureMode = (typeof ERASURE_MODES)[number];

/** Customers that no import may bring back. */
export interface ErasedSet {
  /** How many there were when it was read; the number only grows. */
  readonly size: number;
  /** Null for a customer who was not erased. */
  modeOf(customerId: string): ErasureMode | null;
}
