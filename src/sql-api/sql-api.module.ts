import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { ReportsModule } from '../reports/reports.module.js';
import { Mirrors } from './mirrors.service.js';
import { ReportRelations } from './report-relations.service.js';
import { SqlApi } from './sql-api.service.js';

@Module({
  imports: [MetricsModule, QueryModule, ReportsModule],
  providers: [Mirrors, ReportRelations, SqlApi],
  exports: [SqlApi],
})
export class SqlApiModule {}
