import { Column, CreateDateColumn, Entity, PrimaryColumn, UpdateDateColumn } from 'typeorm';

/** A tenant. Everything else belongs to exactly one organisation. */
@Entity('organizations')
export class Organization {
  @PrimaryColumn('uuid') id!: string;
  /** Lower-case name in URLs and as database name of the SQL API. Unique. */
  @Column('text') slug!: string;
  @Column('text') name!: string;
  /** ISO 4217 code in which money is shown, and which rows without a currency have. */
  @Column('text') currency!: string;
  /** IANA zone used where a request names none. */
  @Column('text') time_zone!: string;
  /** ISO weekday on which a week starts: 1 = Monday … 7 = Sunday. */
  @Column('integer') week_start!: number;
  /** Month in which the fiscal year starts, 1–12; quarters and years are counted from it. */
  @Column('integer', { default: 1 }) fiscal_year_start!: number;
  /** Most days for which the last known exchange rate stands in where a day has none: weekends, holidays. */
  @Column('integer', { default: 7 }) fx_carry_days!: number;
  /** ISO 4217 code through which two others are converted that have no rate between them; null for any that serves. */
  @Column('text', { nullable: true }) fx_via!: string | null;
  /** BCP 47 tag by which reports write numbers and dates, and in which direction they run. */
  @Column('text', { default: 'en-US' }) locale!: string;
  @CreateDateColumn({ type: 'timestamptz' }) created_at!: Date;
  @UpdateDateColumn({ type: 'timestamptz' }) updated_at!: Date;
}
