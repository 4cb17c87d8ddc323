import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';
import type { Filter } from '../compiler/query/types.js';
import type { Role } from './identity.js';
import type { Action } from './permissions.js';

/** The roles that a custom one can narrow; an administrator sees all. */
export const BASE_ROLES = [
  'marketing_manager',
  'campaign_manager',
  'analyst',
  'viewer',
] as const satisfies readonly Role[];
export type BaseRole = (typeof BASE_ROLES)[number];

/** An organisation's own role: one of the five, narrowed. */
@Entity('custom_roles')
export class CustomRole {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  /** Unique in the organisation, compared without regard to case. */
  @Column('text') name!: string;
  @Column('text', { nullable: true }) description!: string | null;
  @Column('text') base_role!: BaseRole;
  /** Subset of what the base role may do; null for all of it. */
  @Column('text', { array: true, nullable: true }) actions!: Action[] | null;
  /** Keys of members that don't exist for the role, nor what is calculated from them. */
  @Column('text', { array: true }) hidden!: string[];
  /** Keys of members whose values read as null. */
  @Column('text', { array: true }) masked!: string[];
  /** Keys of members that stay although they are calculated from hidden or masked ones. */
  @Column('text', { array: true }) granted!: string[];
  /** Conditions on dimensions that every row has to meet. */
  @Column('jsonb') rows!: Filter[];
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}
