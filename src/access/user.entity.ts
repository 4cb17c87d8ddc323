import { Column, CreateDateColumn, Entity, PrimaryColumn } from 'typeorm';

/** A person; may belong to several organisations through memberships. */
@Entity('users')
export class User {
  @PrimaryColumn('uuid') id!: string;
  /** Unique, compared without regard to case. */
  @Column('text') email!: string;
  @Column('text') display_name!: string;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}
