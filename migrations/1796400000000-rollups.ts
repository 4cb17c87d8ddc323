import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Rollups: what an organisation wants, the tables there are, and for each month of a table whether it holds the rows as
 * they are. `rollup_version` changes with each of these; it is null for an organisation that has none.
 */
export class Rollups1796400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SEQUENCE rollup_marks;
      ALTER TABLE organizations ADD COLUMN rollup_version bigint;

      CREATE TABLE rollup_configs (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        name text NOT NULL,
        dimensions text[] NOT NULL,
        grain text NOT NULL CHECK (grain IN ('fifteen_minutes', 'hourly', 'daily')),
        time_zone text,
        is_on boolean NOT NULL DEFAULT true,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organization_id, name)
      );

      CREATE TABLE rollups (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        name text NOT NULL,
        layout jsonb NOT NULL,
        digest text NOT NULL,
        state text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'retired')),
        is_listed boolean NOT NULL DEFAULT false,
        problem text,
        hits bigint NOT NULL DEFAULT 0,
        last_hit_at timestamptz,
        created_at timestamptz NOT NULL DEFAULT now(),
        ready_at timestamptz,
        retired_at timestamptz
      );
      CREATE INDEX rollups_in_use ON rollups (organization_id) WHERE state <> 'retired';

      CREATE TABLE rollup_months (
        rollup_id uuid NOT NULL REFERENCES rollups (id) ON DELETE CASCADE,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        month text NOT NULL CHECK (month ~ '^[0-9]{4}-[0-9]{2}$'),
        mark bigint NOT NULL DEFAULT nextval('rollup_marks'),
        is_stale boolean NOT NULL DEFAULT true,
        segment uuid,
        rows bigint NOT NULL DEFAULT 0,
        first_ms bigint,
        last_ms bigint,
        refreshed_at timestamptz,
        PRIMARY KEY (rollup_id, month)
      );
      CREATE INDEX rollup_months_stale ON rollup_months (organization_id) WHERE is_stale;

      CREATE TABLE rollup_garbage (
        segment uuid PRIMARY KEY,
        rollup_id uuid NOT NULL REFERENCES rollups (id) ON DELETE CASCADE,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        since timestamptz NOT NULL DEFAULT now()
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE rollup_garbage, rollup_months, rollups, rollup_configs;
      ALTER TABLE organizations DROP COLUMN rollup_version;
      DROP SEQUENCE rollup_marks;
    `);
  }
}
