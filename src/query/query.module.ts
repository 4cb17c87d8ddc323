import { Logger, Module } from '@nestjs/common';
import { RedisResults } from '../cache/redis-results.js';
import { ResultCache } from '../cache/result-cache.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { FxModule } from '../fx/fx.module.js';
import { JourneysModule } from '../journeys/journeys.module.js';
import { MetricsModule } from '../metrics/metrics.module.js';
import { RollupsModule } from '../rollups/rollups.module.js';
import { EngineTurns } from './engine-turns.service.js';
import { CACHE_LIMITS } from './limits.js';
import { OrganizationStates } from './organization-state.js';
import { QueryPlans } from './plans.service.js';
import { QueryReply } from './query-reply.service.js';
import { QueryController } from './query.controller.js';
import { QueryResolver } from './query.resolver.js';
import { QueryService } from './query.service.js';
import { RelationsReady } from './relations-ready.service.js';
import { SensitiveReads } from './sensitive-reads.service.js';

function openCache({ redisUrl }: AppConfig): ResultCache {
  const logger = new Logger('Cache');
  const lost = (error: Error): void => logger.warn(`Redis is lost; results are kept in memory only: ${error.message}`);
  return new ResultCache(CACHE_LIMITS, redisUrl === null ? null : new RedisResults(redisUrl, lost));
}

@Module({
  imports: [JourneysModule, MetricsModule, RollupsModule, FxModule],
  controllers: [QueryController],
  providers: [
    { provide: ResultCache, inject: [APP_CONFIG], useFactory: openCache },
    EngineTurns,
    OrganizationStates,
    RelationsReady,
    SensitiveReads,
    QueryPlans,
    QueryService,
    QueryReply,
    QueryResolver,
  ],
  exports: [OrganizationStates, QueryService, QueryReply, ResultCache],
})
export class QueryModule {}
