import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of the installation are sealed under a key of the environment, where there is one: by the next start. */
export class SealedInstallationKeys1797010000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE installation_keys ADD COLUMN key_id text');
  }

  async down(runner: QueryRunner): Promise<void> {
    // What is sealed can't be read any more; new keys are made, and links of before open nothing.
    await runner.query('DELETE FROM installation_keys WHERE key_id IS NOT NULL');
    await runner.query('ALTER TABLE installation_keys DROP COLUMN key_id');
  }
}
