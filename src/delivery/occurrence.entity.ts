import { Column, CreateDateColumn, Entity, Index, PrimaryColumn } from 'typeorm';

export const DELIVERY_FORMATS = ['pdf', 'csv'] as const;
export type DeliveryFormat = (typeof DELIVERY_FORMATS)[number];

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
 * One due time of a schedule, or one "send now".
 *
 * Constraints: primary key (id); organization_id → organizations on delete cascade; view_id without a foreign key (the
 * ledger outlives a deleted view); unique (schedule_id, due_at) where schedule_id is not null; index
 * (organization_id, view_id, created_at). Row-level security by organization_id like every tenant table.
 */
@Entity({ name: 'occurrences' })
@Index('occurrences_by_view', ['organization_id', 'view_id', 'created_at'])
export class Occurrence {
  @PrimaryColumn({ type: 'uuid' })
  id!: string;

  @Column({ type: 'uuid' })
  organization_id!: string;

  @Column({ type: 'uuid' })
  view_id!: string;

  /** Null for "send now". */
  @Column({ type: 'uuid', nullable: true })
  schedule_id!: string | null;

  /** Name of the view when it was sent, so that the ledger can be read after the view is gone. */
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

  @CreateDateColumn({ type: 'timestamptz' })
  created_at!: Date;
}
