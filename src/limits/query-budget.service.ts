import { Inject, Injectable, Logger } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { Counters, type Counter } from './counter.js';
import { comeBack } from './refusal.js';

const WINDOW_SECONDS = 3_600;

/** Engine time an hour of each organisation. What comes from the cache costs nothing. */
@Injectable()
export class QueryBudget {
  private readonly logger = new Logger('Limits');
  private readonly spent: Counter;

  constructor(
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    counters: Counters,
  ) {
    this.spent = counters.counter('engine-ms', WINDOW_SECONDS);
  }

  /** Before the engine is asked. @throws Problem 429 `query_budget_spent`, with the time to come back */
  async refuseOverspent(organizationId: string): Promise<void> {
    const { engineSeconds } = this.config.limits;
    if (engineSeconds === null) return;
    const { used, msLeft } = await this.spent.read(organizationId);
    if (used < engineSeconds * 1_000) return;
    throw comeBack(
      429,
      'query_budget_spent',
      `Your organisation may use ${engineSeconds} s of the engine an hour and has used them; cached answers still come.`,
      msLeft,
    );
  }

  /** After the engine was asked, also in vain. */
  charge(organizationId: string, milliseconds: number): void {
    if (this.config.limits.engineSeconds === null) return;
    this.spent
      .add(organizationId, Math.max(1, Math.round(milliseconds)))
      .catch((error: unknown) => this.logger.warn(`Engine time could not be counted: ${String(error)}`));
  }
}
