import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Filter } from '../compiler/query/types.js';
import type { Role } from './identity.js';

/** A user's role in one organisation. */
@Entity('memberships')
export class Membership {
  @PrimaryColumn('uuid') organization_id!: string;
  @PrimaryColumn('uuid') user_id!: string;
  @Column('text') role!: Role;
  /** Narrows the role further; its base role is `role`. */
  @Column('uuid', { nullable: true }) custom_role_id!: string | null;
  /** Names or ids of the campaigns that a campaign manager is limited to. */
  @Column('text', { array: true, default: [] }) campaigns!: string[];
  /** Conditions on dimensions that every row has to meet, beside those of the role. */
  @Column('jsonb', { default: [] }) rows!: Filter[];
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}
