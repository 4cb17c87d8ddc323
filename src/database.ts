import pg from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { InitialSchema1795219200000 } from '../migrations/1795219200000-initial-schema.js';
import { DefinitionHistory1795305600000 } from '../migrations/1795305600000-definition-history.js';
import { DataVersion1795392000000 } from '../migrations/1795392000000-data-version.js';
import { MetricKinds1795478400000 } from '../migrations/1795478400000-metric-kinds.js';
import { SourceCurrencies1795564800000 } from '../migrations/1795564800000-source-currencies.js';
import { AuditTrail1796100000000 } from '../migrations/1796100000000-audit-trail.js';
import { ImportActor1796100000001 } from '../migrations/1796100000001-import-actor.js';
import { ViewComparisons1796200000000 } from '../migrations/1796200000000-view-comparisons.js';
import { Currencies1796300000000 } from '../migrations/1796300000000-currencies.js';
import { AttributionRuns1796500000000 } from '../migrations/1796500000000-attribution-runs.js';
import { AttributionAttempts1796500000001 } from '../migrations/1796500000001-attribution-attempts.js';
import { CustomerMerges1796600000000 } from '../migrations/1796600000000-customer-merges.js';
import { AccessAndTenancy1796000000000 } from '../migrations/1796000000000-access-and-tenancy.js';
import { AuditPrivileges1796100000002 } from '../migrations/1796100000002-audit-privileges.js';
import { Plans1796100000003 } from '../migrations/1796100000003-plans.js';
import { Schedules1796800000000 } from '../migrations/1796800000000-schedules.js';
import { Rollups1796400000000 } from '../migrations/1796400000000-rollups.js';
import { Idempotency1796100000004 } from '../migrations/1796100000004-idempotency.js';
import { Branding1797006000000 } from '../migrations/1797006000000-branding.js';
import { SqlApiKeys1796700000000 } from '../migrations/1796700000000-sql-api-keys.js';
import { InstallationRates1797002000000 } from '../migrations/1797002000000-installation-rates.js';
import { Secrets1797003000000 } from '../migrations/1797003000000-secrets.js';
import { MailHosts1797007000001 } from '../migrations/1797007000001-mail-hosts.js';
import { Dashboards1797007000000 } from '../migrations/1797007000000-dashboards.js';
import { DataBegun1797008000000 } from '../migrations/1797008000000-data-begun.js';
import { SealedAnswers1797010000000 } from '../migrations/1797010000000-sealed-answers.js';
import { AbandonedAttempts1797013000000 } from '../migrations/1797013000000-abandoned-attempts.js';
import { JourneyRules1797011000000 } from '../migrations/1797011000000-journey-rules.js';
import { ScheduleLocale1797012000000 } from '../migrations/1797012000000-schedule-locale.js';
import { SealedInstallationKeys1797010000001 } from '../migrations/1797010000001-sealed-installation-keys.js';
import { DataProtection1797003000001 } from '../migrations/1797003000001-data-protection.js';
import { SensitiveMembers1797003000002 } from '../migrations/1797003000002-sensitive-members.js';
import { ApiKey } from './access/api-key.entity.js';
import { CustomRole } from './access/custom-role.entity.js';
import { Membership } from './access/membership.entity.js';
import { Organization } from './access/organization.entity.js';
import { Team, TeamMember } from './access/team.entity.js';
import { isolateTenants } from './access/tenancy/isolate.js';
import { createRoles } from './access/tenancy/roles.js';
import { scopedDriver } from './access/tenancy/scoped-pool.js';
import { User } from './access/user.entity.js';
import { AuditHead, AuditLogEntry } from './audit/audit-entry.entity.js';
import { Dashboard } from './dashboards/dashboard.entity.js';
import { Delivery } from './delivery/delivery.entity.js';
import { Occurrence } from './delivery/occurrence.entity.js';
import { FxRate } from './fx/fx-rate.entity.js';
import { DataSourceEntity } from './ingestion/data-source.entity.js';
import { ImportRejectEntity } from './ingestion/import-reject.entity.js';
import { ImportEntity } from './ingestion/import.entity.js';
import { CustomerMerge } from './journeys/customer-merge.entity.js';
import { MetricConfig } from './metrics/metric-config.entity.js';
import { ModelPublication, ModelSnapshot } from './metrics/model-snapshot.entity.js';
import { ReportView } from './reports/report-view.entity.js';
import { ReportSchedule } from './schedules/schedule.entity.js';

/**
 * Options of the system of record as its owner: for migrations, and for tests that look behind the doors. The server
 * itself uses {@link scopedDatabaseOptions}. Migrations are run by {@link migrateDatabase}, never implicitly.
 */
export const databaseOptions = (url: string): DataSourceOptions => ({
  type: 'postgres',
  url,
  // Else TypeORM would load a copy of its own.
  driver: pg,
  entities: [
    Organization,
    User,
    Membership,
    ApiKey,
    CustomRole,
    Team,
    TeamMember,
    MetricConfig,
    ModelSnapshot,
    ModelPublication,
    ReportView,
    ImportEntity,
    ImportRejectEntity,
    DataSourceEntity,
    FxRate,
    Occurrence,
    Delivery,
    ReportSchedule,
    Dashboard,
    AuditLogEntry,
    AuditHead,
    CustomerMerge,
  ],
  migrations: [
    InitialSchema1795219200000,
    DefinitionHistory1795305600000,
    DataVersion1795392000000,
    MetricKinds1795478400000,
    SourceCurrencies1795564800000,
    AuditTrail1796100000000,
    ImportActor1796100000001,
    ViewComparisons1796200000000,
    Currencies1796300000000,
    Rollups1796400000000,
    AttributionRuns1796500000000,
    AttributionAttempts1796500000001,
    CustomerMerges1796600000000,
    AccessAndTenancy1796000000000,
    AuditPrivileges1796100000002,
    Plans1796100000003,
    Schedules1796800000000,
    Idempotency1796100000004,
    SqlApiKeys1796700000000,
    Branding1797006000000,
    InstallationRates1797002000000,
    Secrets1797003000000,
    Dashboards1797007000000,
    MailHosts1797007000001,
    DataBegun1797008000000,
    SealedAnswers1797010000000,
    SealedInstallationKeys1797010000001,
    JourneyRules1797011000000,
    ScheduleLocale1797012000000,
    AbandonedAttempts1797013000000,
    DataProtection1797003000001,
    SensitiveMembers1797003000002,
  ],
  migrationsTableName: 'schema_migrations',
  synchronize: false,
  logging: false,
  poolSize: 20,
  applicationName: 'tributary',
});

/**
 * The same, as roles that neither own a table nor can pass by row-level security: each connection sees what the scope of
 * the work at hand lets it see (see `access/tenancy/scope.ts`).
 */
export const scopedDatabaseOptions = (url: string): DataSourceOptions => ({
  ...(databaseOptions(url) as Extract<DataSourceOptions, { type: 'postgres' }>),
  driver: scopedDriver,
});

/** Advisory lock that keeps two starting processes from migrating at once; any fixed number. */
const MIGRATION_LOCK = 7_105_231_984;

/**
 * Brings the schema up to date; several processes may start at once.
 * @returns names of the migrations that were run
 */
export async function migrateDatabase(url: string): Promise<string[]> {
  const source = await new DataSource(databaseOptions(url)).initialize();
  const lock = source.createQueryRunner();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    // Migrations may say what the roles are granted.
    await createRoles(lock);
    const run = await source.runMigrations({ transaction: 'each' });
    await isolateTenants(lock);
    return run.map((migration) => migration.name);
  } finally {
    await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    await lock.release();
    await source.destroy();
  }
}
