import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One unit of `base` was worth `rate` units of `quote` on the UTC day `day`, for one organisation. */
@Entity('fx_rates')
export class FxRate {
  @PrimaryColumn('uuid') organization_id!: string;
  /** ISO 4217. */
  @PrimaryColumn('text') base!: string;
  /** ISO 4217. */
  @PrimaryColumn('text') quote!: string;
  @PrimaryColumn('date') day!: string;
  /** Decimal text; 18 decimals. */
  @Column('numeric', { precision: 30, scale: 18 }) rate!: string;
  /** Who published it. */
  @Column('text') source!: string;
  /** When it was known. */
  @Column('timestamptz') as_of!: Date;
}
