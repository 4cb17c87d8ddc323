import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a query can ask for besides rows, a saved report can, too. */
export class ViewComparisons1796200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE marketing_report_views
        ADD COLUMN compare text, ADD COLUMN fill text, ADD COLUMN top jsonb, ADD COLUMN subtotals jsonb
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE marketing_report_views DROP COLUMN compare, DROP COLUMN fill, DROP COLUMN top, DROP COLUMN subtotals
    `);
  }
}
