import type { MigrationInterface, QueryRunner } from 'typeorm';

/** In which language a schedule's reports are. */
export class ScheduleLocale1797012000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE report_schedules ADD COLUMN locale text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE report_schedules DROP COLUMN locale');
  }
}
