import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the SQL API checks a key's secret by. A key made before has none, and opens the other doors only. */
export class SqlApiKeys1796700000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_keys ADD COLUMN scram_verifier text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE api_keys DROP COLUMN scram_verifier');
  }
}
