import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Model } from '../compiler/model/types.js';

/** The content of a published model, named by its hash; organisations with equal models share it. Never changed. */
@Entity('model_snapshots')
export class ModelSnapshot {
  /** SHA-256 over the canonical JSON, in hex. */
  @PrimaryColumn('text') hash!: string;
  @Column('jsonb') model!: Model;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}

/** That an organisation's model became this snapshot at this time. The newest one is live. */
@Entity('model_publications')
export class ModelPublication {
  /** Increases with each publication, so that the order is never in doubt. */
  @PrimaryColumn('bigint', { generated: 'increment' }) id!: string;
  @Column('uuid') organization_id!: string;
  @Column('text') snapshot_hash!: string;
  /** Hash of the standard library that the model was built with. */
  @Column('text') library_hash!: string;
  @Column('uuid', { nullable: true }) published_by!: string | null;
  @CreateDateColumn({ type: 'timestamptz' }) published_at!: Date;
}
