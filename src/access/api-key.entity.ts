import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';
import type { Role } from './identity.js';
import type { Action } from './permissions.js';

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
  /** What the SQL API checks the secret by (`SCRAM-SHA-256$…`); null for a key that is older than that door. */
  @Column('text', { nullable: true }) scram_verifier!: string | null;
  /** Of a machine's key. A person's key has whatever role the person has. */
  @Column('text') role!: Role;
  /** What the key is narrowed to; null for all that the role may do. */
  @Column('text', { array: true, nullable: true }) scopes!: Action[] | null;
  /** Of a machine's key: narrows the role. */
  @Column('uuid', { nullable: true }) custom_role_id!: string | null;
  /** Of a machine's key with the role of a campaign manager. */
  @Column('text', { array: true, default: [] }) campaigns!: string[];
  @Column('uuid', { nullable: true }) created_by!: string | null;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @Column('timestamptz', { nullable: true }) expires_at!: Date | null;
  @Column('timestamptz', { nullable: true }) revoked_at!: Date | null;
  /** To about a minute. */
  @Column('timestamptz', { nullable: true }) last_used_at!: Date | null;
  /** The key that takes its place, after it was rotated. */
  @Column('uuid', { nullable: true }) replaced_by!: string | null;
}
