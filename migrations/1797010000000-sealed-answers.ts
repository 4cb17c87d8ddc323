import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Kept answers that show a secret once are sealed under a key of the environment. Those that lie there in clear go: sent
 * again, their requests are refused or done anew, as after a day.
 */
export class SealedAnswers1797010000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE idempotency_keys ADD COLUMN key_id text');
    await runner.query(`DELETE FROM idempotency_keys WHERE request LIKE '% /api/keys%'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM idempotency_keys WHERE key_id IS NOT NULL');
    await runner.query('ALTER TABLE idempotency_keys DROP COLUMN key_id');
  }
}
