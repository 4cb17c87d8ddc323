import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccessModule } from './access/access.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AdministrationModule } from './administration/administration.module.js';
import { ProblemFilter } from './common/problem.filter.js';
import { AnalyticsModule } from './analytics/analytics.module.js';
import { AttributionRunsModule } from './attribution-runs/attribution-runs.module.js';
import { APP_CONFIG } from './config/config.js';
import { scopedDatabaseOptions } from './database.js';
import { DashboardsModule } from './dashboards/dashboards.module.js';
import { BrandingModule } from './branding/branding.module.js';
import { DeliveryModule } from './delivery/delivery.module.js';
import { EngineModule } from './engine/engine.module.js';
import { FxModule } from './fx/fx.module.js';
import { GraphqlModule } from './graphql/graphql.module.js';
import { HealthModule } from './health/health.module.js';
import { IdempotencyModule } from './idempotency/idempotency.module.js';
import { IngestionModule } from './ingestion/ingestion.module.js';
import { JobsModule } from './jobs/jobs.module.js';
import { LimitsModule } from './limits/limits.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PlansModule } from './plans/plans.module.js';
import { ErasedCustomersModule, ProtectionModule } from './protection/protection.module.js';
import { QueryModule } from './query/query.module.js';
import { ReportsModule } from './reports/reports.module.js';
import { RollupsModule } from './rollups/rollups.module.js';
import { SecretsModule } from './secrets/secrets.module.js';
import { SetupModule } from './setup/setup.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { SqlApiModule } from './sql-api/sql-api.module.js';
import type { Stores } from './stores.js';

/** The whole application over open stores. */
@Module({})
export class AppModule {
  static over({ config, engine }: Stores): DynamicModule {
    return {
      module: AppModule,
      global: true,
      imports: [
        TypeOrmModule.forRoot({ ...scopedDatabaseOptions(config.databaseUrl ?? ''), retryAttempts: 3 }),
        EngineModule.over(engine),
        AccessModule,
        AdministrationModule,
        AuditModule,
        SecretsModule,
        LimitsModule,
        PlansModule,
        IdempotencyModule,
        JobsModule,
        MetricsModule,
        QueryModule,
        AttributionRunsModule,
        RollupsModule,
        GraphqlModule,
        IngestionModule,
        AnalyticsModule,
        ErasedCustomersModule,
        ProtectionModule,
        ReportsModule,
        DashboardsModule,
        DeliveryModule,
        HealthModule,
        SettingsModule,
        BrandingModule,
        FxModule,
        SetupModule,
        SqlApiModule,
      ],
      providers: [
        { provide: APP_CONFIG, useValue: config },
        { provide: APP_FILTER, useClass: ProblemFilter },
      ],
      exports: [APP_CONFIG],
    };
  }
}
