import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The rows of a run stand in the engine under the id of the attempt that wrote them, so that an attempt that was taken
 * for dead can write nothing that counts.
 */
export class AttributionAttempts1796500000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE attribution_runs DROP COLUMN fence, DROP COLUMN heartbeat_at, ADD COLUMN rows_id uuid,
        ADD COLUMN settings jsonb NOT NULL DEFAULT '{}', ADD COLUMN models text[] NOT NULL DEFAULT '{}',
        ADD COLUMN runs uuid[]`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE attribution_runs DROP COLUMN rows_id, DROP COLUMN settings, DROP COLUMN models, DROP COLUMN runs,
        ADD COLUMN fence integer NOT NULL DEFAULT 0, ADD COLUMN heartbeat_at timestamptz`);
  }
}
