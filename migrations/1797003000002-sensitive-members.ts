import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Members of which it is noted who reads them. */
export class SensitiveMembers1797003000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE marketing_metrics_config ADD COLUMN is_sensitive boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE marketing_metrics_config DROP COLUMN is_sensitive');
  }
}
