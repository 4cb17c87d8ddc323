/** Longest line or quoted record, in characters; longer ones are rejected and skipped without being kept. */
export const MAX_LINE_LENGTH = 1024 * 1024;
/** Characters of a rejected line that are kept. */
export const MAX_KEPT_LENGTH = 10_000;
