import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from './bigint-column.js';
import type { SourceCategory } from '../engine/engine.js';

/**
 * A source from which rows have arrived, and how fresh they are.
 *
 * Constraints wanted in the migration: primary key `(organization_id, data_source)`; `organization_id` references
 * `organizations(id)` on delete cascade; `last_import_id` references `imports(id)` on delete set null;
 * `source_category` in SOURCE_CATEGORIES; `last_import_rows >= 0`.
 */
@Entity('data_sources')
export class DataSourceEntity {
  @PrimaryColumn('uuid')
  organization_id!: string;

  @PrimaryColumn('text')
  data_source!: string;

  /** Category of the rows in the latest import. */
  @Column('text')
  source_category!: SourceCategory;

  /** Latest `recorded_at` of any row that was ever imported from this source. */
  @Column('timestamptz')
  latest_recorded_at!: Date;

  @Column('uuid', { nullable: true })
  last_import_id!: string | null;

  /** Rows of this source in that import: loaded, replaced or unchanged. */
  @Column('bigint', { transformer: bigintAsNumber })
  last_import_rows!: number;

  @Column('timestamptz')
  last_import_at!: Date;

  /** ISO 4217 codes of all rows that ever came from this source, sorted. */
  @Column('text', { array: true, default: [] })
  currencies!: string[];
}
