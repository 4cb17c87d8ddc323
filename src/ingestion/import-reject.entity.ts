import { Column, Entity, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from './bigint-column.js';

/**
 * A row that was not taken, with its reason and the line as it stood in the file. Lines may hold personal data of the
 * file, so they are deleted with the import.
 *
 * Constraints wanted in the migration: primary key `(import_id, line)`; `import_id` references `imports(id)` on delete
 * cascade; `organization_id` references `organizations(id)` on delete cascade; `length(content) <= 10000`.
 */
@Entity('import_rejects')
export class ImportRejectEntity {
  @PrimaryColumn('uuid')
  import_id!: string;

  /** Line of the file on which the rejected row starts, counted from 1. */
  @PrimaryColumn('bigint', { transformer: bigintAsNumber })
  line!: number;

  @Column('uuid')
  organization_id!: string;

  /** Stable code, e.g. `not_a_number`. */
  @Column('text')
  code!: string;

  /** What is wrong, e.g. `spend: "abc" is not a number`. */
  @Column('text')
  reason!: string;

  /** The line itself, cut at 10,000 characters; U+0000, which Postgres can't hold, is shown as U+FFFD. */
  @Column('text')
  content!: string;

  /** True when `content` was cut. */
  @Column('boolean', { default: false })
  is_cut!: boolean;
}
