import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Identity } from '../access/identity.js';
import type { Policy } from '../access/policy.js';
import { Problem } from '../common/problem.js';
import type { Snapshot } from '../compiler/model/types.js';
import type { PlannedColumn, ReportRequest } from '../compiler/query/types.js';
import { QueryService } from '../query/query.service.js';
import type { ReportView } from '../reports/report-view.entity.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { requestOf } from '../reports/view-request.js';
import type { Relation } from '../sql/relation.js';
import { reportRelations } from '../sql/report-relation.js';

/** More would make a schema that no tool shows well. */
const MOST_REPORTS = 500;

/** The saved reports that someone may see, as relations. */
@Injectable()
export class ReportRelations {
  /** A report's columns, by all that they depend on; `none` for one that can't be planned. */
  private readonly columns = new LRUCache<string, readonly PlannedColumn[] | 'none'>({ max: 10_000 });

  constructor(
    private readonly views: ReportViewService,
    private readonly queries: QueryService,
  ) {}

  async of(identity: Identity, policy: Policy, snapshot: Snapshot, wide: Relation): Promise<Relation[]> {
    const views = (await this.views.readable(identity)).slice(0, MOST_REPORTS);
    const reports = await Promise.all(
      views.map(async (view) => {
        const request = requestOf(view);
        const columns = await this.columnsOf(view, request, policy, snapshot.hash);
        return columns === 'none' ? [] : [{ id: view.id, report_name: view.report_name, request, columns }];
      }),
    );
    return reportRelations(reports.flat(), wide);
  }

  /** A report may have been saved under a model that had more members than the live one: then there is no relation. */
  private async columnsOf(
    { id, updated_at }: ReportView,
    request: ReportRequest,
    policy: Policy,
    snapshot: string,
  ): Promise<readonly PlannedColumn[] | 'none'> {
    const key = [policy.organizationId, policy.digest, snapshot, id, updated_at.getTime()].join(':');
    const known = this.columns.get(key);
    if (known) return known;
    const columns = await this.queries.check(policy, request).catch((error: unknown) => {
      if (error instanceof Problem) return 'none' as const;
      throw error;
    });
    this.columns.set(key, columns);
    return columns;
  }
}
