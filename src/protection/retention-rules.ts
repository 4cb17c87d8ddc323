/** What an organisation keeps for how long. Pure. */
import { badRequest, type ProblemItem } from '../common/problem.js';

/** What a rule can be about. */
export const RETENTION_TYPES = [
  'rows',
  'rejects',
  'imports',
  'attribution_runs',
  'report_files',
  'deliveries',
] as const;
export type RetentionType = (typeof RETENTION_TYPES)[number];

export const RETENTION_MEANING: Readonly<Record<RetentionType, string>> = {
  rows: 'analytic rows by `recorded_at`, of one source or of all that have no rule of their own',
  rejects: 'rejected lines of imports, with their content, by when the import ended',
  imports: 'the records of imports that have ended, and their rejected lines with them',
  attribution_runs: 'attribution runs that are no longer read, and their rows',
  report_files: 'files of sent reports; never longer than 30 days',
  deliveries: 'occurrences that have ended, with their deliveries, evidence and files',
};

/** What no rule can be about, and why. */
export const NOT_BY_RULE: Readonly<Record<string, string>> = {
  audit:
    'The audit trail is append-only and hash-chained: taking out an entry would break the proof of all later ones.',
  journeys: 'Journeys follow from rows: they are computed anew for every customer whose rows go.',
  attribution_results: 'Attribution that is read follows from rows: it is restated for every customer whose rows go.',
  rollups: 'Rollups follow from rows: months are filled anew when rows of them go.',
  query_cache: 'Cached answers live at most one hour, and none is given any more once rows have changed.',
  idempotency_keys: 'Answers to requests with an Idempotency-Key are kept for 24 hours.',
  erased_customers: 'Keyed hashes of erased customers stay, or their next import would bring them back.',
};

export interface RetentionRule {
  readonly type: RetentionType;
  /** Of `rows` only: null for every source that has no rule of its own. */
  readonly data_source: string | null;
  /** Whole days; of rows, days of UTC. */
  readonly keep_days: number;
}

const DAY_MS = 86_400_000;
export const MOST_DAYS = 36_500;
const SOURCE = /^[a-z][a-z0-9_]{0,62}$/;

/** @throws Problem 400 naming each mistake */
export function readRules(given: readonly unknown[]): RetentionRule[] {
  const faults: ProblemItem[] = [];
  const seen = new Set<string>();
  const rules = given.map((item, at): RetentionRule => {
    const rule = (item ?? {}) as Partial<Record<keyof RetentionRule, unknown>>;
    const { type, data_source: source = null, keep_days: days } = rule;
    const fault = (field: string, code: string, message: string): void =>
      void faults.push({ code, message, pointer: `/rules/${at}/${field}` });
    const refused = typeof type === 'string' ? NOT_BY_RULE[type] : undefined;
    if (refused !== undefined) fault('type', 'retention_not_possible', refused);
    else if (!(RETENTION_TYPES as readonly unknown[]).includes(type))
      fault('type', 'wrong_value', `type must be one of ${RETENTION_TYPES.join(', ')}.`);
    if (!Number.isInteger(days) || (days as number) < 1 || (days as number) > MOST_DAYS)
      fault('keep_days', 'wrong_value', `keep_days must be a whole number from 1 to ${MOST_DAYS}.`);
    if (source !== null && type !== 'rows')
      fault('data_source', 'wrong_value', 'Only a rule for rows can name a data_source.');
    else if (source !== null && (typeof source !== 'string' || !SOURCE.test(source)))
      fault('data_source', 'wrong_value', 'data_source must be a source such as meta_ads.');
    const key = `${String(type)} ${String(source)}`;
    if (seen.has(key)) fault('type', 'duplicate_rule', 'There is another rule for the same.');
    seen.add(key);
    return { type: type as RetentionType, data_source: source as string | null, keep_days: days as number };
  });
  if (faults.length > 0) {
    const code = faults.every((each) => each.code === 'retention_not_possible')
      ? 'retention_not_possible'
      : 'invalid_request';
    throw badRequest(code, faults.map(({ message }) => message).join(' '), faults);
  }
  return rules;
}

/** The instant before which things of a rule go: a midnight of UTC, so that a day goes as a whole. */
export function cutoff({ keep_days }: RetentionRule, now: Date): Date {
  return new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS - keep_days * DAY_MS);
}

export interface SourceLimit {
  readonly rule: RetentionRule;
  readonly data_source: string;
  readonly before: string;
}

/** Which rows of which source go: its own rule decides, else the one for all. */
export function sourceLimits(rules: readonly RetentionRule[], sources: readonly string[], now: Date): SourceLimit[] {
  const ofRows = rules.filter(({ type }) => type === 'rows');
  return sources.flatMap((data_source) => {
    const rule =
      ofRows.find((each) => each.data_source === data_source) ?? ofRows.find((each) => each.data_source === null);
    return rule ? [{ rule, data_source, before: cutoff(rule, now).toISOString().slice(0, 10) }] : [];
  });
}
