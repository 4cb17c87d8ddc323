import { Injectable } from '@nestjs/common';
import type { OrganizationState } from '../access/organization-state.js';
import { Counters } from '../limits/counter.js';
import { QueryBudget } from '../limits/query-budget.service.js';
import { Admission } from './admission.js';
import { LANES, type LaneName } from './limits.js';

/** Turns at the engine: so many of an organisation at a time, and so much of its time an hour. */
@Injectable()
export class EngineTurns {
  private readonly admission: Admission;

  constructor(
    private readonly budget: QueryBudget,
    counters: Counters,
  ) {
    this.admission = new Admission(LANES, counters.turns);
  }

  /**
   * Waits for a turn, whose length is charged to the organisation. A delivery was promised, so it only counts.
   * @returns gives the turn back; to be called exactly once
   * @throws Problem 429 `query_budget_spent`, `too_many_queries`; `query_cancelled`
   */
  async enter(
    organizationId: string,
    lane: LaneName,
    signal: AbortSignal | undefined,
    state: OrganizationState | undefined,
  ): Promise<() => void> {
    if (lane !== 'delivery') await this.budget.refuseOverspent(organizationId, state);
    const leave = await this.admission.enter(organizationId, lane, signal);
    const started = performance.now();
    return () => {
      leave();
      this.budget.charge(organizationId, performance.now() - started);
    };
  }
}
