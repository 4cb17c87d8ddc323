import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One thing that was done; see `audit-chain.ts` for its place in the chain. Never changed, never deleted. */
@Entity('audit_log')
export class AuditLogEntry {
  @PrimaryColumn('uuid') organization_id!: string;
  /** Counts up in each organisation; `bigint`, so text. */
  @PrimaryColumn('bigint') seq!: string;
  @Column('timestamptz') at!: Date;
  @Column('uuid', { nullable: true }) actor_user_id!: string | null;
  @Column('text', { nullable: true }) actor_key_id!: string | null;
  @Column('text', { nullable: true }) actor_role!: string | null;
  @Column('text') door!: string;
  @Column('text') action!: string;
  @Column('text') entity_type!: string;
  @Column('text', { nullable: true }) entity_id!: string | null;
  @Column('jsonb', { nullable: true }) before!: unknown;
  @Column('jsonb', { nullable: true }) after!: unknown;
  @Column('text') prev_hash!: string;
  @Column('text') hash!: string;
}

/** Last entry of an organisation's chain; whoever writes the next one locks this row. */
@Entity('audit_heads')
export class AuditHead {
  @PrimaryColumn('uuid') organization_id!: string;
  @Column('bigint') seq!: string;
  @Column('text') hash!: string;
}
