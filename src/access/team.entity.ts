import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** People who share report views. */
@Entity('teams')
export class Team {
  @PrimaryColumn('uuid') id!: string;
  @Column('uuid') organization_id!: string;
  /** Unique in the organisation, compared without regard to case. */
  @Column('text') name!: string;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}

/** Gone with the team, and with the user's membership. */
@Entity('team_members')
export class TeamMember {
  @PrimaryColumn('uuid') team_id!: string;
  @PrimaryColumn('uuid') user_id!: string;
  @Column('uuid') organization_id!: string;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
}
