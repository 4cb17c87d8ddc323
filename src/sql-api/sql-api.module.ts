import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryModule } from '../query/query.module.js';
import { Mirrors } from './mirrors.service.js';
import { SqlApi } from './sql-api.service.js';

@Module({ imports: [MetricsModule, QueryModule], providers: [Mirrors, SqlApi], exports: [SqlApi] })
export class SqlApiModule {}
