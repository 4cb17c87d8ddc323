import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { DeliveryFormat } from '../delivery/occurrence.entity.js';
import type { ShortMonths } from '../recurrence/recurrence.js';
import type { SimpleRecurrence } from '../recurrence/simple.js';

/** When: a cron line or the simple form, and what a day that a month does not have means. */
export interface ScheduleRecurrence {
  readonly cron?: string;
  readonly simple?: SimpleRecurrence;
  readonly short_months: ShortMonths;
}

/** Whom: an address, a member of the organisation, or everyone in a team; people are looked up anew for each occurrence. */
export type ScheduleRecipient =
  { readonly email: string } | { readonly user_id: string } | { readonly team_id: string };

export const REPORT_PERIODS = ['last_complete', 'as_saved'] as const;
/** `last_complete`: a relative range of the view means whole periods that had ended when the report was due. */
export type ReportPeriod = (typeof REPORT_PERIODS)[number];

export const AT_DEADLINE = ['send', 'skip'] as const;

/** Holds a report until its data is there. */
export interface DataGate {
  /** Names of data sources. */
  readonly sources: readonly string[];
  /** Each source must have rows of the day that is this many days before the due day, or later. */
  readonly days_ago: number;
  /** How long to wait after the due time; 0 for not at all. */
  readonly deadline_minutes: number;
  /** Then: send with a notice of what is missing, or skip and say so in the ledger. */
  readonly at_deadline: (typeof AT_DEADLINE)[number];
}

export const THRESHOLD_OPERATORS = ['gt', 'gte', 'lt', 'lte'] as const;
export const CHANGE_DIRECTIONS = ['up', 'down', 'either'] as const;
export const CONDITION_MODES = ['always', 'on_change', 'on_breach'] as const;

/** What to look at, in the totals of the view over its period. */
export type ConditionTest =
  | { readonly metric: string; readonly operator: (typeof THRESHOLD_OPERATORS)[number]; readonly value: string }
  /** Against the period before, in per cent of it. */
  | {
      readonly metric: string;
      readonly change_percent: string;
      readonly direction: (typeof CHANGE_DIRECTIONS)[number];
    }
  /** The last whole bucket is further from the median of those before than this many robust standard deviations. */
  | { readonly metric: string; readonly anomaly_sigmas: string };

/**
 * Only then is the report sent. `on_breach`: when the test begins to hold, once until it has ceased to; `on_change`: when
 * it begins or ceases to hold; `always`: every time that it holds.
 */
export type ScheduleCondition = ConditionTest & { readonly mode: (typeof CONDITION_MODES)[number] };

/** What a condition saw at the last occurrence; the edge that the next one is judged by. */
export interface Observation {
  readonly held: boolean;
  readonly occurrence_id: string;
  /** In words, for the ledger and the mail. */
  readonly finding: string;
  /** What stood before, for an occurrence that is run again. */
  readonly before?: Observation | null;
}

/** A report view or a dashboard that goes out by itself. */
@Entity('report_schedules')
export class ReportSchedule {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  /** What goes out: this view, or the dashboard below. */
  @Column('uuid', { nullable: true }) view_id!: string | null;
  @Column('uuid', { nullable: true }) dashboard_id!: string | null;
  /** Whose rights it runs with; null where a key without a person made it. */
  @Column('uuid', { nullable: true }) owner_user_id!: string | null;
  /** Public id of the key that made it; its rights count where there is no person. */
  @Column('text', { nullable: true }) owner_key_id!: string | null;
  @Column('jsonb') recurrence!: ScheduleRecurrence;
  /** IANA zone. */
  @Column('text') time_zone!: string;
  @Column('text', { array: true }) formats!: DeliveryFormat[];
  @Column('jsonb') recipients!: ScheduleRecipient[];
  @Column('text', { nullable: true }) subject!: string | null;
  @Column('text', { nullable: true }) message!: string | null;
  /** BCP 47; the view's or the organisation's where null. */
  @Column('text', { nullable: true }) locale!: string | null;
  @Column('text') period!: ReportPeriod;
  @Column('jsonb', { nullable: true }) gate!: DataGate | null;
  @Column('jsonb', { nullable: true }) condition!: ScheduleCondition | null;
  @Column('jsonb', { nullable: true }) observation!: Observation | null;
  @Column('boolean') is_active!: boolean;
  /** Due times before this instant are not for it. */
  @Column('timestamptz', { nullable: true }) active_from!: Date | null;
  /** Due times from this instant on are not for it. */
  @Column('timestamptz', { nullable: true }) active_until!: Date | null;
  /** Every due time up to here has its occurrence. */
  @Column('timestamptz') planned_until!: Date;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}
