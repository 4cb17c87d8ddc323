import type { MigrationInterface, QueryRunner } from 'typeorm';

/** When an attempt was about to hand over the message itself: before that, a worker's death leaves nothing unknown. */
export class DataBegun1797008000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deliveries ADD COLUMN data_begun_at timestamptz');
    // Of attempts that are under way it is not known.
    await runner.query(`UPDATE deliveries SET data_begun_at = sending_since WHERE state = 'sending'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deliveries DROP COLUMN data_begun_at');
  }
}
