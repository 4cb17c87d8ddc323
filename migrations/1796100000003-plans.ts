import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INSTALLATION_ROLE, TENANT_ROLE } from '../src/access/tenancy/roles.js';

/** What an organisation has bought, as data. The tiers are those of the product requirements; the last has everything. */
export class Plans1796100000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE plans (
        name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
        label text NOT NULL,
        features text[] NOT NULL,
        requests_per_minute integer CHECK (requests_per_minute > 0),
        engine_seconds_per_hour integer CHECK (engine_seconds_per_hour > 0)
      );
      INSERT INTO plans (name, label, features) VALUES
        ('starter', 'Starter', '{basic_reporting}'),
        ('professional', 'Professional', '{basic_reporting,advanced_analytics,external_integrations}'),
        ('enterprise', 'Enterprise', '{basic_reporting,advanced_analytics,external_integrations,ai_insights,white_label}');
      ALTER TABLE organizations ADD COLUMN plan text NOT NULL DEFAULT 'enterprise' REFERENCES plans (name);
      GRANT SELECT ON plans TO ${TENANT_ROLE}, ${INSTALLATION_ROLE};
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE organizations DROP COLUMN plan;
      DROP TABLE plans;
    `);
  }
}
