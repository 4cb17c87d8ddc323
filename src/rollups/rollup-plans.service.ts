import { Injectable } from '@nestjs/common';
import { Counter } from 'prom-client';
import type { Snapshot } from '../compiler/model/types.js';
import type { QueryPlan } from '../compiler/query/types.js';
import { RollupMismatch } from '../compiler/rollup/types.js';
import type { RollupView } from '../compiler/rollup/view.js';
import { RollupViews } from './rollup-views.service.js';

/** What a request is answered from. */
export interface AnswerSource {
  readonly plan: QueryPlan;
  /** The rollup; null for rows. */
  readonly rollup: RollupView | null;
  /** Why it is rows, for each rollup that there is; null where there is none, or one answers. */
  readonly reason: string | null;
}

/** A request that can be planned over rows and over any rollup. */
export interface RollablePlan {
  readonly plan: QueryPlan;
  readonly organizationId: string;
  readonly model: Snapshot;
  /** The same request, at the same instant, over a rollup. @throws RollupMismatch */
  readonly over: (rollup: RollupView) => Promise<QueryPlan>;
}

/** Decides whether a request is answered from rows or from a rollup, and counts. */
@Injectable()
export class RollupPlans {
  readonly answers = new Counter({
    name: 'tributary_query_answers_total',
    help: 'Answers that the engine gave, by what it read: rows, or a rollup',
    labelNames: ['source'] as const,
    registers: [],
  });
  private hits = new Map<string, number>();

  constructor(private readonly views: RollupViews) {}

  /** @param version of the organisation's rollups, read after the request had come in */
  async choose({ plan, organizationId, model, over }: RollablePlan, version: string | null): Promise<AnswerSource> {
    const reasons: string[] = [];
    for (const rollup of await this.views.of(organizationId, version, model)) {
      try {
        return { plan: await over(rollup), rollup, reason: null };
      } catch (error) {
        if (!(error instanceof RollupMismatch)) throw error;
        reasons.push(`${rollup.name}: ${error.message}`);
      }
    }
    return { plan, rollup: null, reason: reasons.length === 0 ? null : reasons.join('; ') };
  }

  /** Counts an answer that the engine gave. */
  count({ rollup }: AnswerSource): void {
    this.answers.inc({ source: rollup === null ? 'rows' : 'rollup' });
    if (rollup !== null) this.hits.set(rollup.id, (this.hits.get(rollup.id) ?? 0) + 1);
  }

  /** Answers by rollup since the last call. */
  takeHits(): ReadonlyMap<string, number> {
    const { hits } = this;
    this.hits = new Map();
    return hits;
  }
}
