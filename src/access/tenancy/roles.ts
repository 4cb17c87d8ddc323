/**
 * The roles that the server works as: neither owns a table, and neither can pass by row-level security. Both belong to
 * the whole database server and hold nothing but what {@link isolateTenants} grants in each database.
 */
import type { QueryRunner } from 'typeorm';

/** Sees the rows of one organisation. */
export const TENANT_ROLE = 'tributary_tenant';
/** Sees the rows of all, for the product's own work. */
export const INSTALLATION_ROLE = 'tributary_installation';
/** The organisation whose rows exist for the session. */
export const TENANT_SETTING = 'tributary.organization_id';

/** Makes the roles if they are not there. Several processes, also of other databases, may do so at the same moment. */
export async function createRoles(runner: QueryRunner): Promise<void> {
  for (const role of [TENANT_ROLE, INSTALLATION_ROLE]) {
    for (let attempt = 0; !(await canBecome(runner, role)); attempt++) {
      try {
        const known = (await runner.query('SELECT FROM pg_roles WHERE rolname = $1', [role])) as unknown[];
        if (known.length === 0) await runner.query(`CREATE ROLE ${role} NOLOGIN NOBYPASSRLS`);
        await runner.query(`GRANT ${role} TO CURRENT_USER`);
      } catch (error) {
        if ((error as { code?: string }).code === '42501') throw new Error(howToMake(role), { cause: error });
        if (attempt >= 5) throw error;
      }
    }
  }
}

async function canBecome(runner: QueryRunner, role: string): Promise<boolean> {
  try {
    await runner.query(`SET ROLE ${role}`);
    await runner.query('RESET ROLE');
    return true;
  } catch {
    return false;
  }
}

const howToMake = (role: string): string =>
  `the database user may not make the role ${role}. Have an administrator run: ` +
  `CREATE ROLE ${role} NOLOGIN NOBYPASSRLS; GRANT ${role} TO <the user of DATABASE_URL>;`;
