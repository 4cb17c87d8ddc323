import { Global, Module } from '@nestjs/common';
import { REPORT_RUNNER } from '../delivery/report-runner.port.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { ReportRunnerService } from './report-runner.js';
import { ReportViewService } from './report-view.service.js';
import { ReportsController } from './reports.controller.js';
import { ReportsResolver } from './reports.resolver.js';

@Global()
@Module({
  imports: [QueryModule, MetricsModule],
  controllers: [ReportsController],
  providers: [ReportViewService, ReportsResolver, { provide: REPORT_RUNNER, useClass: ReportRunnerService }],
  exports: [ReportViewService, REPORT_RUNNER],
})
export class ReportsModule {}
