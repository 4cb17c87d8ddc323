import { Column, CreateDateColumn, Entity, Index, PrimaryColumn, Unique, UpdateDateColumn } from 'typeorm';

/**
 * `pending` waits to be sent · `sending` intent is written, a worker talks to the mail host · `accepted` the mail host
 * took it (or the outbox file is there) · `rejected` the mail host refused it for good · `suppressed` not sent on
 * purpose · `unknown` the connection died after the message went out and before the answer came; never resent by itself ·
 * `failed` it never left: the report could not be made, or the mail host could not be reached in all attempts.
 */
export const DELIVERY_STATES = [
  'pending',
  'sending',
  'accepted',
  'rejected',
  'suppressed',
  'unknown',
  'failed',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** Ends after which it is not certain that the recipient has the mail, nor was that wished for. */
export const UNREACHED_STATES: readonly DeliveryState[] = ['rejected', 'failed', 'unknown'];

export const DELIVERY_KINDS = ['report', 'failure_notice'] as const;
export type DeliveryKind = (typeof DELIVERY_KINDS)[number];

/** What speaks for the state, one entry an attempt, oldest first. */
export interface DeliveryEvidence {
  readonly attempt: number;
  /** ISO 8601. */
  readonly at: string;
  readonly outcome: 'accepted' | 'rejected' | 'unknown' | 'retry' | 'failed' | 'suppressed';
  /** `Message-ID` of the mail. */
  readonly message_id?: string;
  /** The mail host's last reply, e.g. `250 2.0.0 Ok: queued as 4F1`. */
  readonly reply?: string;
  readonly smtp_code?: number;
  /** The file that holds the mail, in `DATA_DIR/outbox`. */
  readonly outbox?: { readonly filename: string };
  /** SHA-256 over the mail's bytes as sent. */
  readonly message_sha256?: string;
  readonly message_bytes?: number;
  /** Why, in words, for anything but `accepted`. */
  readonly reason?: string;
}

/**
 * One occurrence × one recipient: a row of the ledger.
 *
 * Constraints: primary key (id); occurrence_id → occurrences on delete cascade; organization_id → organizations on
 * delete cascade; unique (occurrence_id, recipient, kind); check state in ({@link DELIVERY_STATES}); check attempt >= 0;
 * evidence not null default '[]'; index (organization_id, created_at, id) for the list. Row-level security by
 * organization_id.
 */
@Entity({ name: 'deliveries' })
@Unique('deliveries_once_per_recipient', ['occurrence_id', 'recipient', 'kind'])
@Index('deliveries_by_time', ['organization_id', 'created_at', 'id'])
export class Delivery {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'uuid' })
  organization_id!: string;

  @Column({ type: 'uuid' })
  occurrence_id!: string;

  /** The bare address, domain in lower case. */
  @Column({ type: 'text' })
  recipient!: string;

  /** The report, or the word to its owner that it did not reach someone. */
  @Column({ type: 'text', default: 'report' })
  kind!: DeliveryKind;

  @Column({ type: 'text', default: 'pending' })
  state!: DeliveryState;

  /** Not to be tried earlier. */
  @Column({ type: 'timestamptz', default: () => 'now()' })
  next_attempt_at!: Date;

  /** Counts claims; every write names the attempt that it belongs to, which fences a worker that woke up late. */
  @Column({ type: 'integer', default: 0 })
  attempt!: number;

  @Column({ type: 'jsonb', default: () => `'[]'::jsonb` })
  evidence!: DeliveryEvidence[];

  /** When the current attempt wrote its intent, or last said that it lives; null before the first. */
  @Column({ type: 'timestamptz', nullable: true })
  sending_since!: Date | null;

  /** When the current attempt was about to hand over the message; null while nothing of it can have gone out. */
  @Column({ type: 'timestamptz', nullable: true })
  data_begun_at!: Date | null;

  /** When the state became final. */
  @Column({ type: 'timestamptz', nullable: true })
  finished_at!: Date | null;

  @CreateDateColumn({ type: 'timestamptz' })
  created_at!: Date;

  @UpdateDateColumn({ type: 'timestamptz' })
  updated_at!: Date;
}
