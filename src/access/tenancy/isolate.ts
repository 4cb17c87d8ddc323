/**
 * Row-level security of the system of record, by its catalogue: a table with an `organization_id` is closed as soon as
 * it is there, whoever made it. Runs after each migration, and changes nothing where all is in place.
 */
import type { QueryRunner } from 'typeorm';
import { INSTALLATION_ROLE, TENANT_ROLE, TENANT_SETTING } from './roles.js';

/** How a tenant sees tables without an `organization_id` that are still not everyone's. */
const OWN_RULES: Readonly<Record<string, string>> = {
  organizations: `id = (SELECT tributary_organization())`,
  // Memberships are themselves closed: only those of the tenant are found.
  users: `EXISTS (SELECT FROM memberships WHERE memberships.user_id = users.id)`,
  // Equal models of two organisations are one row, which each sees once it has published it.
  model_snapshots: `EXISTS (SELECT FROM model_publications WHERE model_publications.snapshot_hash = model_snapshots.hash)`,
};

/** Tables with rules of their own that a tenant may only add to, and to which it adds before it sees. */
const ADDED_TO: readonly string[] = ['model_snapshots'];

/** Tables of the installation that every tenant reads. */
const SHOWN: readonly string[] = ['installation_fx_rates'];

/** Fails where nobody said for whom; so a query without a tenant is an error, never an empty answer. */
const CURRENT_ORGANIZATION = `
  CREATE OR REPLACE FUNCTION tributary_organization() RETURNS uuid LANGUAGE plpgsql STABLE AS $$
  DECLARE id text := current_setting('${TENANT_SETTING}', true);
  BEGIN
    IF id IS NULL OR id = '' THEN
      RAISE EXCEPTION 'This query runs for no organisation.' USING ERRCODE = 'insufficient_privilege',
        HINT = 'Run it within inOrganization(id, …), or acrossOrganizations(why, …): src/access/tenancy/scope.ts';
    END IF;
    RETURN id::uuid;
  END $$`;

interface Table {
  readonly name: string;
  readonly has_organization: boolean;
  readonly is_closed: boolean;
  readonly is_granted: boolean;
}

export async function isolateTenants(runner: QueryRunner): Promise<void> {
  await runner.query(CURRENT_ORGANIZATION);
  const tables = (await runner.query(`
    SELECT c.relname AS name, c.relrowsecurity AS is_closed,
      EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'organization_id' AND NOT a.attisdropped)
        AS has_organization,
      has_table_privilege('${INSTALLATION_ROLE}', c.oid, 'SELECT, INSERT') AS is_granted
    FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
    ORDER BY c.relname
  `)) as Table[];
  for (const { name, has_organization, is_closed, is_granted } of tables) {
    const table = `"${name}"`;
    const rule = OWN_RULES[name] ?? (has_organization ? 'organization_id = (SELECT tributary_organization())' : null);
    // What a migration granted stays as it is: some tables are only ever added to.
    if (!is_granted && name !== 'schema_migrations') {
      const all = 'SELECT, INSERT, UPDATE, DELETE';
      await runner.query(`GRANT ${all} ON ${table} TO ${INSTALLATION_ROLE}`);
      const own = ADDED_TO.includes(name) ? 'SELECT, INSERT' : all;
      if (rule !== null) await runner.query(`GRANT ${own} ON ${table} TO ${TENANT_ROLE}`);
      if (SHOWN.includes(name)) await runner.query(`GRANT SELECT ON ${table} TO ${TENANT_ROLE}`);
    }
    if (rule === null || is_closed) continue;
    await runner.query(`ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`);
    await runner.query(
      `CREATE POLICY tenant ON ${table} FOR ALL TO ${TENANT_ROLE} USING (${rule}) WITH CHECK (${ADDED_TO.includes(name) ? 'true' : rule})`,
    );
    await runner.query(
      `CREATE POLICY installation ON ${table} FOR ALL TO ${INSTALLATION_ROLE} USING (true) WITH CHECK (true)`,
    );
  }
  await runner.query(`DO $$ BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO ${TENANT_ROLE}, ${INSTALLATION_ROLE}', current_schema());
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO ${TENANT_ROLE}, ${INSTALLATION_ROLE}', current_schema());
  END $$`);
}
