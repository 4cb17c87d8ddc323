import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from './identity.js';

/** A user's role in one organisation. */
@Entity('memberships')
export class Membership {
  @PrimaryColumn('uuid') organization_id!: string;
  @PrimaryColumn('uuid') user_id!: string;
  @Column('text') role!: Role;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}
