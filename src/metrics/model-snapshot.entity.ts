import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { ChangeCounts } from '../compiler/model/diff.js';
import type { MemberDefinition, Model } from '../compiler/model/types.js';

/** The content of a published model, named by its hash; organisations with equal models share it. Never changed. */
@Entity('model_snapshots')
export class ModelSnapshot {
  /** SHA-256 over the canonical JSON, in hex. */
  @PrimaryColumn('text') hash!: string;
  @Column('jsonb') model!: Model;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}

/** Why a model was published: by hand, from a file, from an earlier snapshot, because the shipped library changed, or the organisation’s settings. */
export const PUBLICATION_REASONS = ['edit', 'import', 'restore', 'upgrade', 'settings'] as const;
export type PublicationReason = (typeof PUBLICATION_REASONS)[number];

/** What an organisation itself had defined when a model was published. */
export interface OwnDefinitions {
  /** Active rows, ordered by key. */
  readonly metrics: readonly (MemberDefinition & { readonly id: string })[];
  /** Keys of the standard library that it had switched off, sorted. */
  readonly deactivated: readonly string[];
}

/** That an organisation's model became this snapshot at this time. The newest one is live. Never changed. */
@Entity('model_publications')
export class ModelPublication {
  /** Increases with each publication, so that the order is never in doubt. */
  @PrimaryColumn('bigint', { generated: 'increment' }) id!: string;
  @Column('uuid') organization_id!: string;
  @Column('text') snapshot_hash!: string;
  /** Hash of the standard library that the model was built with. */
  @Column('text') library_hash!: string;
  @Column('text') reason!: PublicationReason;
  /** Null for publications of versions that did not keep them. */
  @Column('jsonb', { nullable: true }) definitions!: OwnDefinitions | null;
  /** Against the publication before; null for publications of versions that did not keep it. */
  @Column('jsonb', { nullable: true }) changes!: ChangeCounts | null;
  @Column('uuid', { nullable: true }) published_by!: string | null;
  @CreateDateColumn({ type: 'timestamptz' }) published_at!: Date;
}
