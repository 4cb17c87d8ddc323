import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The aggregations that there are now, and the month from which an organisation counts its years. */
export class MetricKinds1795478400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE marketing_metrics_config
        ADD CONSTRAINT marketing_metrics_config_aggregation_kind CHECK (aggregation IN (
          'sum', 'avg', 'count', 'distinct', 'approx_distinct', 'weighted_avg', 'min', 'max', 'median', 'last'
        ));
      ALTER TABLE organizations
        ADD COLUMN fiscal_year_start integer NOT NULL DEFAULT 1 CHECK (fiscal_year_start BETWEEN 1 AND 12);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE organizations DROP COLUMN fiscal_year_start;
      ALTER TABLE marketing_metrics_config DROP CONSTRAINT marketing_metrics_config_aggregation_kind;
    `);
  }
}
