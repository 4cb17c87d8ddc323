import { Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { FxModule } from '../fx/fx.module.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { Analyses } from './analyses.service.js';
import { AnalyticsController } from './analytics.controller.js';
import { AnalyticsResolver } from './analytics.resolver.js';
import { CustomerIds } from './customer-ids.service.js';
import { CustomerMergesService } from './customer-merges.service.js';
import { CustomersController } from './customers.controller.js';
import { JourneyReading } from './journey-reading.service.js';
import { OrganizationMoney } from './organization-money.service.js';
import { Paths } from './paths.service.js';

/** Ready questions about campaigns, assets, customers and how they came to buy. */
@Module({
  imports: [AuditModule, FxModule, JourneysModule, MetricsModule, QueryModule],
  controllers: [AnalyticsController, CustomersController],
  providers: [
    Analyses,
    AnalyticsResolver,
    CustomerIds,
    CustomerMergesService,
    JourneyReading,
    OrganizationMoney,
    Paths,
  ],
  exports: [CustomerIds],
})
export class AnalyticsModule {}
