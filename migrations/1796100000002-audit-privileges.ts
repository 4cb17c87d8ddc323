import type { MigrationInterface, QueryRunner } from 'typeorm';
import { INSTALLATION_ROLE, TENANT_ROLE } from '../src/access/tenancy/roles.js';

const ROLES = `${TENANT_ROLE}, ${INSTALLATION_ROLE}`;

/** The server's roles may add to the audit trail and read it; there is nothing else for them to refuse to do. */
export class AuditPrivileges1796100000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      REVOKE ALL ON audit_log, audit_heads FROM ${ROLES};
      GRANT SELECT, INSERT ON audit_log TO ${ROLES};
      GRANT SELECT, INSERT, UPDATE ON audit_heads TO ${ROLES};
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON audit_log, audit_heads TO ${ROLES}`);
  }
}
