import type { Actor } from '../audit/actor.js';

export const JOB_STATES = ['queued', 'running', 'purging', 'done', 'failed'] as const;
/** `purging`: gone from every answer; what the engine still keeps on disk is waited for. */
export type JobState = (typeof JOB_STATES)[number];

/** Job of the queue that works on a protection job. */
export const PROTECT = 'data-protection';

/** What became of one store. Holds counts and times, never personal data. */
export interface StoreEvidence {
  readonly store: string;
  /** How many records it had of it; null where it can't be counted. */
  readonly before: number | null;
  /** Counted again afterwards. */
  readonly after: number | null;
  /** Of retention: whose, and how old. */
  readonly data_source?: string | null;
  readonly oldest?: string | null;
  readonly newest?: string | null;
  /** What is to be known about it. */
  readonly note?: string;
}

/** A row of `protection_jobs`. */
export interface ProtectionJob {
  readonly id: string;
  readonly organization_id: string;
  readonly kind: 'retention' | 'erasure';
  readonly state: JobState;
  readonly is_changing: boolean;
  readonly request: Readonly<Record<string, unknown>>;
  readonly evidence: readonly StoreEvidence[];
  readonly engine_since: string | null;
  readonly attempts: number;
  readonly problem: { readonly code: string; readonly detail: string } | null;
  readonly actor: Actor;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
}

/** What a step must do to say that rows are about to change, and that all of the change can be seen. */
export interface ChangeMarks {
  readonly id: string;
  readonly organizationId: string;
}
