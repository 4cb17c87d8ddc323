import { Global, Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { ReportPageReply } from './report-page-reply.service.js';
import { RequestRunner } from './request-runner.service.js';
import { ReportViewService } from './report-view.service.js';
import { ReportsController } from './reports.controller.js';
import { ReportsResolver } from './reports.resolver.js';
import { ViewRunner } from './view-runner.js';

@Global()
@Module({
  imports: [QueryModule, MetricsModule, DeliveryModule],
  controllers: [ReportsController],
  providers: [ReportViewService, ReportPageReply, ReportsResolver, RequestRunner, ViewRunner],
  exports: [ReportViewService, RequestRunner, ViewRunner],
})
export class ReportsModule {}
