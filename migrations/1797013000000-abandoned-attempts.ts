import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Attempts at attribution runs that were given up, while the engine may go on writing rows for them. */
export class AbandonedAttempts1797013000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE attribution_abandoned (
        rows_id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        abandoned_at timestamptz NOT NULL DEFAULT now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE attribution_abandoned');
  }
}
