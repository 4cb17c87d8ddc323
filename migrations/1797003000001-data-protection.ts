import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What is kept for how long, the ledger of what was taken out, and whom later imports must not bring back. A job with
 * `is_changing` changes analytic rows at this moment, as an import in the state `committing` does.
 */
export class DataProtection1797003000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE retention_policies (
        organization_id uuid PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
        rules jsonb NOT NULL,
        next_run_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL DEFAULT now()
      );
      CREATE INDEX retention_policies_due ON retention_policies (next_run_at);

      CREATE TABLE protection_jobs (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        kind text NOT NULL CHECK (kind IN ('retention', 'erasure')),
        state text NOT NULL CHECK (state IN ('queued', 'running', 'purging', 'done', 'failed')),
        is_changing boolean NOT NULL DEFAULT false,
        request jsonb NOT NULL,
        evidence jsonb NOT NULL DEFAULT '[]',
        engine_since text,
        attempts integer NOT NULL DEFAULT 0,
        problem jsonb,
        actor jsonb NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        started_at timestamptz,
        finished_at timestamptz
      );
      CREATE INDEX protection_jobs_newest ON protection_jobs (organization_id, kind, created_at DESC, id DESC);
      CREATE INDEX protection_jobs_open ON protection_jobs (organization_id) WHERE state IN ('queued', 'running', 'purging');

      CREATE TABLE erased_customers (
        organization_id uuid NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
        customer_hash text NOT NULL CHECK (customer_hash ~ '^[0-9a-f]{64}$'),
        mode text NOT NULL CHECK (mode IN ('delete', 'anonymise')),
        job_id uuid NOT NULL,
        erased_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (organization_id, customer_hash)
      );
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE erased_customers, protection_jobs, retention_policies');
  }
}
