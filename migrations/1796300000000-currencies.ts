import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Exchange rates, what an organisation makes of them, and the currency of a saved report. */
export class Currencies1796300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE fx_rates (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        base text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
        quote text NOT NULL CHECK (quote ~ '^[A-Z]{3}$' AND quote <> base),
        day date NOT NULL,
        rate numeric(30, 18) NOT NULL CHECK (rate > 0),
        source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
        as_of timestamptz NOT NULL,
        PRIMARY KEY (organization_id, base, quote, day)
      );
      ALTER TABLE organizations
        ADD COLUMN fx_carry_days integer NOT NULL DEFAULT 7 CHECK (fx_carry_days BETWEEN 0 AND 31),
        ADD COLUMN fx_via text CHECK (fx_via ~ '^[A-Z]{3}$');
      ALTER TABLE marketing_report_views ADD COLUMN currency text, ADD COLUMN on_missing_rate text;
      ALTER TABLE model_publications DROP CONSTRAINT model_publications_reason_check;
      ALTER TABLE model_publications ADD CONSTRAINT model_publications_reason_check
        CHECK (reason IN ('edit', 'import', 'restore', 'upgrade', 'settings'));
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      UPDATE model_publications SET reason = 'edit' WHERE reason = 'settings';
      ALTER TABLE model_publications DROP CONSTRAINT model_publications_reason_check;
      ALTER TABLE model_publications ADD CONSTRAINT model_publications_reason_check
        CHECK (reason IN ('edit', 'import', 'restore', 'upgrade'));
      ALTER TABLE marketing_report_views DROP COLUMN on_missing_rate, DROP COLUMN currency;
      ALTER TABLE organizations DROP COLUMN fx_via, DROP COLUMN fx_carry_days;
      DROP TABLE fx_rates;
    `);
  }
}
