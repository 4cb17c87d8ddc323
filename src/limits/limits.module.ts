import { Global, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { Counters } from './counter.js';
import { GuessThrottle } from './guess-throttle.service.js';
import { QueryBudget } from './query-budget.service.js';
import { RequestLimits } from './request-limits.service.js';

function openCounters({ redisUrl }: AppConfig): Counters {
  const logger = new Logger('Limits');
  return new Counters(redisUrl, (error) =>
    logger.warn(`Redis is lost; each process counts requests by itself: ${error.message}`),
  );
}

/** How much may be asked, by whom. */
@Global()
@Module({
  providers: [
    { provide: Counters, inject: [APP_CONFIG], useFactory: openCounters },
    RequestLimits,
    GuessThrottle,
    QueryBudget,
  ],
  exports: [Counters, RequestLimits, GuessThrottle, QueryBudget],
})
export class LimitsModule implements OnApplicationShutdown {
  constructor(private readonly counters: Counters) {}

  onApplicationShutdown(): void {
    this.counters.close();
  }
}
