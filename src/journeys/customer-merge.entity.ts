import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** Says that `from_customer` is the same person as `to_customer`. */
@Entity('customer_merges')
export class CustomerMerge {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  @Column('uuid') from_customer!: string;
  @Column('uuid') to_customer!: string;
  /** Whether the engine knows of it, or of its end. */
  @Column('boolean') applied!: boolean;
  @Column('timestamptz', { nullable: true }) undone_at!: Date | null;
  @Column('uuid', { nullable: true }) created_by!: string | null;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}
