import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Publications keep the definitions behind their model, so that they can be restored; and rooms for more metric kinds. */
export class DefinitionHistory1795305600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE model_publications
        ADD COLUMN reason text NOT NULL DEFAULT 'edit'
          CHECK (reason IN ('edit', 'import', 'restore', 'upgrade')),
        ADD COLUMN definitions jsonb,
        ADD COLUMN changes jsonb;
      CREATE INDEX model_publications_snapshot ON model_publications (organization_id, snapshot_hash, id DESC);

      ALTER TABLE marketing_metrics_config
        DROP CONSTRAINT marketing_metrics_config_aggregation_check,
        ADD COLUMN filter jsonb,
        ADD COLUMN "window" jsonb,
        ADD COLUMN conversion jsonb;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE marketing_metrics_config
        DROP COLUMN conversion,
        DROP COLUMN "window",
        DROP COLUMN filter,
        ADD CONSTRAINT marketing_metrics_config_aggregation_check
          CHECK (aggregation IN ('sum', 'avg', 'count', 'distinct', 'weighted_avg'));
      DROP INDEX model_publications_snapshot;
      ALTER TABLE model_publications DROP COLUMN changes, DROP COLUMN definitions, DROP COLUMN reason;
    `);
  }
}
