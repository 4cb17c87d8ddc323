import { Module } from '@nestjs/common';
import { MetricsModule } from '../metrics/metrics.module.js';
import { QueryReply } from './query-reply.service.js';
import { QueryController } from './query.controller.js';
import { QueryResolver } from './query.resolver.js';
import { QueryService } from './query.service.js';

@Module({
  imports: [MetricsModule],
  controllers: [QueryController],
  providers: [QueryService, QueryReply, QueryResolver],
  exports: [QueryService, QueryReply],
})
export class QueryModule {}
