import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By which rules the organisation's journeys were computed last; null for the standard ones. */
export class JourneyRules1797011000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attribution_settings ADD COLUMN journey_rules jsonb');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attribution_settings DROP COLUMN journey_rules');
  }
}
