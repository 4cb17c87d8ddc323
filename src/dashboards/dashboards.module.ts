import { Global, Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { DashboardCheck } from './dashboard-check.service.js';
import { DashboardData } from './dashboard-data.service.js';
import { DashboardWidgets } from './dashboard-widgets.service.js';
import { DashboardService } from './dashboard.service.js';
import { DashboardsController } from './dashboards.controller.js';
import { DashboardsResolver } from './dashboards.resolver.js';

@Global()
@Module({
  imports: [QueryModule, MetricsModule],
  controllers: [DashboardsController],
  providers: [DashboardService, DashboardWidgets, DashboardCheck, DashboardData, DashboardsResolver],
  exports: [DashboardService],
})
export class DashboardsModule {}
