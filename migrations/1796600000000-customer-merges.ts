import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Two customer ids that are one person. `applied` says whether the engine knows; an undone merge is gone once it does. */
export class CustomerMerges1796600000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE customer_merges (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        from_customer uuid NOT NULL,
        to_customer uuid NOT NULL,
        applied boolean NOT NULL DEFAULT false,
        undone_at timestamptz,
        created_by uuid,
        created_at timestamptz NOT NULL DEFAULT now(),
        CHECK (from_customer <> to_customer)
      )`);
    await runner.query(
      'CREATE UNIQUE INDEX customer_merges_from ON customer_merges (organization_id, from_customer) WHERE undone_at IS NULL',
    );
    await runner.query('CREATE INDEX customer_merges_to ON customer_merges (organization_id, to_customer)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE customer_merges');
  }
}
