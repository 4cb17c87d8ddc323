import { Inject, Injectable, Logger } from '@nestjs/common';
import type { OrganizationState } from '../access/organization-state.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import { Plans } from '../plans/plans.service.js';
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
    private readonly plans: Plans,
    counters: Counters,
  ) {
    this.spent = counters.counter('engine-ms', WINDOW_SECONDS);
  }

  /** Before the engine is asked. @throws Problem 429 `query_budget_spent`, with the time to come back */
  async refuseOverspent(organizationId: string, state?: OrganizationState): Promise<void> {
    const { engine_seconds_per_hour } = await this.plans.of({ organizationId, ...(state ? { state } : {}) });
    const engineSeconds = engine_seconds_per_hour ?? this.config.limits.engineSeconds;
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
    this.spent
      .add(organizationId, Math.max(1, Math.round(milliseconds)))
      .catch((error: unknown) => this.logger.warn(`Engine time could not be counted: ${String(error)}`));
  }
}
