import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Dashboards, which are scheduled and delivered as report views are. */
export class Dashboards1797007000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE dashboards (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        created_by_user uuid REFERENCES users (id) ON DELETE SET NULL,
        dashboard_name text NOT NULL,
        description text,
        widgets jsonb NOT NULL,
        filters jsonb,
        date_range jsonb,
        time_zone text,
        visibility text NOT NULL CHECK (visibility IN ('private', 'team', 'organization', 'public')),
        team_id uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        updated_at timestamptz NOT NULL DEFAULT now(),
        FOREIGN KEY (organization_id, team_id) REFERENCES teams (organization_id, id) ON DELETE SET NULL (team_id)
      );
      CREATE INDEX dashboards_by_organization ON dashboards (organization_id, created_at, id);

      ALTER TABLE report_schedules
        ALTER COLUMN view_id DROP NOT NULL,
        ADD COLUMN dashboard_id uuid REFERENCES dashboards (id) ON DELETE CASCADE,
        ADD CONSTRAINT report_schedules_of_one_thing CHECK (num_nonnulls(view_id, dashboard_id) = 1);

      -- No foreign key: the ledger outlives what was sent.
      ALTER TABLE occurrences
        ALTER COLUMN view_id DROP NOT NULL,
        ADD COLUMN dashboard_id uuid,
        ADD CONSTRAINT occurrences_of_one_thing CHECK (num_nonnulls(view_id, dashboard_id) = 1);
      CREATE INDEX occurrences_by_dashboard ON occurrences (organization_id, dashboard_id, created_at)
        WHERE dashboard_id IS NOT NULL;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DELETE FROM occurrences WHERE dashboard_id IS NOT NULL;
      DELETE FROM report_schedules WHERE dashboard_id IS NOT NULL;
      ALTER TABLE occurrences DROP COLUMN dashboard_id, ALTER COLUMN view_id SET NOT NULL;
      ALTER TABLE report_schedules DROP COLUMN dashboard_id, ALTER COLUMN view_id SET NOT NULL;
      DROP TABLE dashboards;
    `);
  }
}
