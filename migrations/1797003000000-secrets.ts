import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Secrets of organisations, sealed; see `src/secrets/sealed.ts` for the bytes. */
export class Secrets1797003000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE secrets (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        name text NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
        key_id text NOT NULL CHECK (key_id ~ '^[0-9a-f]{12}$'),
        sealed bytea NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organization_id, name)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE secrets');
  }
}
