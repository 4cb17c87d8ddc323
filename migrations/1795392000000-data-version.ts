import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A number for each state of an organisation's analytic rows; answers are cached under it. */
export class DataVersion1795392000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organizations ADD COLUMN data_version bigint NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE organizations DROP COLUMN data_version');
  }
}
