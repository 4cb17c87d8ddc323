import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What an organisation puts on its reports, and the locale in which they write numbers and dates. */
export class Branding1797006000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      ALTER TABLE organizations ADD COLUMN locale text NOT NULL DEFAULT 'en-US';
      CREATE TABLE organization_branding (
        organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
        name text CHECK (length(name) BETWEEN 1 AND 120),
        accent text CHECK (accent ~ '^#[0-9a-f]{6}$'),
        footer text CHECK (length(footer) BETWEEN 1 AND 300),
        logo bytea CHECK (length(logo) <= 262144),
        logo_type text CHECK (logo_type IN ('image/png', 'image/jpeg')),
        logo_width integer,
        logo_height integer,
        updated_at timestamptz NOT NULL DEFAULT now(),
        CHECK ((logo IS NULL) = (logo_type IS NULL) AND (logo IS NULL) = (logo_width IS NULL) AND (logo IS NULL) = (logo_height IS NULL))
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE organization_branding; ALTER TABLE organizations DROP COLUMN locale');
  }
}
