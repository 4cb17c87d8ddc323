import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from './identity.js';

/** An API key `trb_<public_id>_<secret>`. The secret is shown once and kept only as a hash. */
@Entity('api_keys')
export class ApiKey {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  /** The person that the key acts for; null for a machine's key. */
  @Column('uuid', { nullable: true }) user_id!: string | null;
  @Column('text') name!: string;
  /** The `<id>` of the key. Unique. */
  @Column('text') public_id!: string;
  /** SHA-256 of the secret, in hex; the secret itself carries the entropy. */
  @Column('text') secret_hash!: string;
  @Column('text') role!: Role;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @Column('timestamptz', { nullable: true }) expires_at!: Date | null;
  @Column('timestamptz', { nullable: true }) revoked_at!: Date | null;
}
