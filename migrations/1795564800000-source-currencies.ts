import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which currencies a source's rows carry, so that an answer that adds several up can say so. */
export class SourceCurrencies1795564800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE data_sources ADD COLUMN currencies text[] NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE data_sources DROP COLUMN currencies');
  }
}
