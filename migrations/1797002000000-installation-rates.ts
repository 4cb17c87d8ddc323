import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Exchange rates of the operator's, for every organisation that has none of its own. */
export class InstallationRates1797002000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE installation_fx_rates (
        base text NOT NULL CHECK (base ~ '^[A-Z]{3}$'),
        quote text NOT NULL CHECK (quote ~ '^[A-Z]{3}$' AND quote <> base),
        day date NOT NULL,
        rate numeric(30, 18) NOT NULL CHECK (rate > 0),
        source text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
        as_of timestamptz NOT NULL,
        PRIMARY KEY (base, quote, day)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE installation_fx_rates');
  }
}
