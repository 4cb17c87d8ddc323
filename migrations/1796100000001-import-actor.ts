import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who sent an import: its entry in the audit trail is written when it is done, by whichever process finishes it. */
export class ImportActor1796100000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE imports ADD COLUMN actor jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE imports DROP COLUMN actor');
  }
}
