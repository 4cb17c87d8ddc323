import { Global, Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { REPORT_RUNNER } from '../delivery/report-runner.port.js';
import { REPORT_SUBJECTS } from '../delivery/report-subject.port.js';
import { DashboardCheck } from './dashboard-check.service.js';
import { DashboardData } from './dashboard-data.service.js';
import { DashboardExport } from './dashboard-export.service.js';
import { DashboardRunner } from './dashboard-runner.js';
import { DashboardWidgets } from './dashboard-widgets.service.js';
import { DashboardService } from './dashboard.service.js';
import { DashboardsController } from './dashboards.controller.js';
import { DashboardsResolver } from './dashboards.resolver.js';
import { ReportSubjectsService } from './report-subjects.service.js';
import { SubjectRunner } from './subject-runner.js';

@Global()
@Module({
  imports: [QueryModule, MetricsModule, DeliveryModule],
  controllers: [DashboardsController],
  providers: [
    DashboardService,
    DashboardWidgets,
    DashboardCheck,
    DashboardData,
    DashboardExport,
    DashboardRunner,
    DashboardsResolver,
    { provide: REPORT_SUBJECTS, useClass: ReportSubjectsService },
    { provide: REPORT_RUNNER, useClass: SubjectRunner },
  ],
  exports: [DashboardService, REPORT_SUBJECTS, REPORT_RUNNER],
})
export class DashboardsModule {}
