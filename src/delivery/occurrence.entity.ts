import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

export const DELIVERY_FORMATS = ['pdf', 'csv', 'xlsx', 'html', 'png'] as const;
export type DeliveryFormat = (typeof DELIVERY_FORMATS)[number];
/** What is attached where nobody says. */
export const USUAL_FORMATS: readonly DeliveryFormat[] = ['pdf', 'csv'];

/** What an occurrence's files were, byte for byte; kept as evidence. */
export interface ArtifactEvidence {
  readonly format: DeliveryFormat;
  readonly filename: string;
  readonly bytes: number;
  /** SHA-256 in hex. */
  readonly sha256: string;
  readonly pages?: number;
  readonly rows?: number;
}

/**
 * `planned` waits for its time, or to be tried again · `running` a worker makes the report · `sending` its deliveries
 * exist and go out · `finished` each of them has ended · `skipped` not sent, as the schedule or its owner wished ·
 * `suppressed` not sent, since nobody may (any more) · `missed` the installation was down for too long · `failed` the
 * report could not be made · `cancelled` the schedule was paused or changed.
 */
export const OCCURRENCE_STATES = [
  'planned',
  'running',
  'sending',
  'finished',
  'skipped',
  'suppressed',
  'missed',
  'failed',
  'cancelled',
] as const;
export type OccurrenceState = (typeof OCCURRENCE_STATES)[number];
/** States in which an occurrence stays. */
export type EndState = Exclude<OccurrenceState, 'planned' | 'running' | 'sending'>;

/**
 * One due time of a schedule, or one "send now".
 *
 * Constraints: primary key (id); organization_id → organizations on delete cascade; view_id and dashboard_id without a foreign
 * key (the ledger outlives what was sent); unique (schedule_id, due_at) and (schedule_id, due_local) where schedule_id is not null; index
 * (organization_id, view_id, created_at). Row-level security by organization_id like every tenant table.
 */
@Entity({ name: 'occurrences' })
@Index('occurrences_by_view', ['organization_id', 'view_id', 'created_at'])
export class Occurrence {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'uuid' })
  organization_id!: string;

  /** What is sent: this view, or the dashboard below. */
  @Column({ type: 'uuid', nullable: true })
  view_id!: string | null;

  @Column({ type: 'uuid', nullable: true })
  dashboard_id!: string | null;

  /** Null for "send now". */
  @Column({ type: 'uuid', nullable: true })
  schedule_id!: string | null;

  /** Name of what was sent, so that the ledger can be read after it is gone. */
  @Column({ type: 'text' })
  report_name!: string;

  @Column({ type: 'timestamptz' })
  due_at!: Date;

  /** User who asked for it; null for a key that belongs to no person, and for a schedule. */
  @Column({ type: 'uuid', nullable: true })
  requested_by!: string | null;

  /** Subset of {@link DELIVERY_FORMATS}, never empty. */
  @Column({ type: 'text', array: true })
  formats!: DeliveryFormat[];

  /** Set once the files were rendered; describes the files that were last sent. */
  @Column({ type: 'jsonb', nullable: true })
  artifacts!: ArtifactEvidence[] | null;

  @Column({ type: 'text', default: 'planned' })
  state!: OccurrenceState;

  /** The reading of the schedule's clock that was meant, `YYYY-MM-DDTHH:MM`; null for "send now". */
  @Column({ type: 'text', nullable: true })
  due_local!: string | null;

  /** Public id of the key with which it was asked for; null for a schedule. */
  @Column({ type: 'text', nullable: true })
  requested_key_id!: string | null;

  /** Not to be begun earlier: the due time and a spread, a data gate, or the wait before another try. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  not_before!: Date;

  /** Counts claims; every write of a run names the claim that it belongs to. */
  @Column({ type: 'integer', default: 0 })
  attempt!: number;

  /** Weighs the runs that broke off: one for a worker that died, two for an error. */
  @Column({ type: 'integer', default: 0 })
  failures!: number;

  /** Until when the worker that runs it is believed to live. */
  @Column({ type: 'timestamptz', nullable: true })
  lease_until!: Date | null;

  /** Addresses that were asked for by "send now". Those of a schedule are looked up when it runs. */
  @Column({ type: 'jsonb', default: () => `'[]'::jsonb` })
  recipients!: string[];

  /** What its readers are told beside the report, e.g. that a source was late. */
  @Column({ type: 'jsonb', default: () => `'[]'::jsonb` })
  remarks!: string[];

  /** Why it ended as it did, for anything but `finished`; or why it waits. */
  @Column({ type: 'text', nullable: true })
  reason!: string | null;

  @Column({ type: 'timestamptz', nullable: true })
  finished_at!: Date | null;

  @CreateDateColumn({ type: 'timestamptz' })
  created_at!: Date;
}
