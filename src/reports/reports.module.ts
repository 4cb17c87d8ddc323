import { Global, Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { REPORT_RUNNER } from '../delivery/report-runner.port.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { ReportPageReply } from './report-page-reply.service.js';
import { RequestRunner } from './request-runner.service.js';
import { ReportRunnerService } from './report-runner.js';
import { ReportViewService } from './report-view.service.js';
import { ReportsController } from './reports.controller.js';
import { ReportsResolver } from './reports.resolver.js';

@Global()
@Module({
  imports: [QueryModule, MetricsModule, DeliveryModule],
  controllers: [ReportsController],
  providers: [
    ReportViewService,
    ReportPageReply,
    ReportsResolver,
    RequestRunner,
    { provide: REPORT_RUNNER, useClass: ReportRunnerService },
  ],
  exports: [ReportViewService, RequestRunner, REPORT_RUNNER],
})
export class ReportsModule {}
