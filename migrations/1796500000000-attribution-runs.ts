import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Attribution: an organisation's settings, the ledger of runs, and which runs are read. A publication is a list of
 * runs (a whole one, then updates of single customers); the one with the highest number is read by every query.
 */
export class AttributionRuns1796500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE attribution_settings (
        organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
        settings jsonb NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      )`);
    await runner.query(`
      CREATE TABLE attribution_runs (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind IN ('full', 'update', 'analysis')),
        state text NOT NULL CHECK (state IN ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
        parameters jsonb NOT NULL,
        data_version bigint,
        chunks_done integer NOT NULL DEFAULT 0,
        chunks integer NOT NULL DEFAULT 0,
        cancel_requested boolean NOT NULL DEFAULT false,
        fence integer NOT NULL DEFAULT 0,
        heartbeat_at timestamptz,
        result jsonb,
        problem jsonb,
        created_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz
      )`);
    await runner.query(
      'CREATE INDEX attribution_runs_newest ON attribution_runs (organization_id, created_at DESC, id)',
    );
    await runner.query(`
      CREATE TABLE attribution_publications (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        number bigint NOT NULL,
        run_id uuid NOT NULL REFERENCES attribution_runs (id) ON DELETE CASCADE,
        runs uuid[] NOT NULL,
        published_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organization_id, number)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE attribution_publications');
    await runner.query('DROP TABLE attribution_runs');
    await runner.query('DROP TABLE attribution_settings');
  }
}
