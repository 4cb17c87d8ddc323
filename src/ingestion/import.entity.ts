import type { Actor } from '../audit/actor.js';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintAsNumber } from './bigint-column.js';
import type { SourceCategory } from '../engine/engine.js';

/**
 * Life of an import: `staging` (rows are read and set aside) → `committing` (counted; from here on it will happen, also
 * after a crash) → `done`. `failed` and `aborted` (its process died while staging) left nothing behind.
 */
export const IMPORT_STATES = ['staging', 'committing', 'done', 'failed', 'aborted'] as const;
export type ImportState = (typeof IMPORT_STATES)[number];

/** What an import says about one data source that it carried. */
export interface ImportedSource {
  readonly data_source: string;
  readonly source_category: SourceCategory;
  /** ISO 4217 codes of its rows, sorted. */
  readonly currencies: readonly string[];
  /** ISO 8601, UTC. */
  readonly latest: string;
  readonly rows: number;
}

/** Something the person who imported should know although the import went through. */
export interface ImportWarning {
  readonly code: string;
  readonly message: string;
  /** How many rows it concerns. */
  readonly count: number;
}

/**
 * One import, from the first byte to the last.
 *
 * Constraints wanted in the migration: `organization_id` references `organizations(id)` on delete cascade; `state` in
 * IMPORT_STATES; all counts ≥ 0; `state <> 'done' or read = loaded + replaced + unchanged + rejected`;
 * `replaced_within <= replaced`; `rejects_stored <= rejected`. Indexes: `(organization_id, created_at desc, id desc)` for
 * the list; partial `(state) where state in ('staging', 'committing')` for recovery. Defaults: counts 0, jsonb `'[]'`,
 * `created_at now()`. No default for `id`: the service makes it.
 */
@Entity('imports')
@Index('imports_by_organization', ['organization_id', 'created_at', 'id'])
export class ImportEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('uuid')
  organization_id!: string;

  /** The user who sent it; null for the sample data and for the command line without a user. */
  @Column('uuid', { nullable: true })
  created_by_user!: string | null;

  /** `rows`, or the name of the preset. */
  @Column('text')
  preset!: string;

  @Column('text', { nullable: true })
  filename!: string | null;

  @Column('text')
  state!: ImportState;

  /**
   * Names the process that stages this import; the process holds a Postgres advisory lock of that name as long as it
   * lives, so a peer can tell a dead owner from a slow one without any clock.
   */
  @Column('uuid')
  owner!: string;

  /** Who sent it, for the audit trail: the import may be finished by another process after a crash. */
  @Column('jsonb', { nullable: true })
  actor!: Actor | null;

  /** Rows read; = loaded + replaced + unchanged + rejected once the import is done. */
  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  read!: number;

  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  loaded!: number;

  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  replaced!: number;

  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  unchanged!: number;

  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  rejected!: number;

  /** Of `replaced`: rows whose predecessor stood in the same import. */
  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  replaced_within!: number;

  /** Rejects that were kept; fewer than `rejected` when the cap was reached. */
  @Column('bigint', { default: 0, transformer: bigintAsNumber })
  rejects_stored!: number;

  @Column('jsonb', { default: [] })
  sources!: ImportedSource[];

  @Column('jsonb', { default: [] })
  warnings!: ImportWarning[];

  /** Why it failed or was aborted. */
  @Column('jsonb', { nullable: true })
  failure!: { readonly code: string; readonly detail: string } | null;

  @Column('timestamptz', { default: () => 'now()' })
  created_at!: Date;

  /** When it reached `done`, `failed` or `aborted`. */
  @Column('timestamptz', { nullable: true })
  finished_at!: Date | null;
}
