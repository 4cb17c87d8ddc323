import { Inject, Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { AuditTrail } from '../audit/audit-trail.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';
import { RunEngine } from '../attribution-runs/run-engine.js';
import { JobLedger } from './job-ledger.js';
import type { ProtectionJob, StoreEvidence } from './protection-job.js';
import type { RetentionRule } from './retention-rules.js';
import { agedAttempts, countAged, removeAged } from './retention-stores.js';
import { RetentionService, evidenceOf } from './retention.service.js';

/** Takes out what the rules of a run no longer keep. What it counted stands in the ledger before anything goes. */
@Injectable()
export class RetentionRun {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly ledger: JobLedger,
    private readonly retention: RetentionService,
    private readonly attribution: RunEngine,
    private readonly journeys: JourneyRefresh,
    private readonly audit: AuditTrail,
  ) {}

  /** On the connection that holds the organisation's import lock. Can be repeated after a crash at any point. */
  async execute(job: ProtectionJob, connection: QueryRunner): Promise<void> {
    const { organization_id: organizationId, request } = job;
    const rules = request.rules as RetentionRule[];
    const now = new Date(request.as_of as string);
    const { manager } = connection;
    const aged = await this.retention.aged(manager, organizationId, rules, now);
    // A run that goes on says what the first attempt found.
    const found = job.evidence.length > 0 ? job.evidence : evidenceOf(aged);
    await this.ledger.keep(job.id, found);
    const limits = await this.retention.limits(manager, organizationId, rules, now);
    const hasRows = aged.some(({ rule, count }) => rule.type === 'rows' && count > 0);
    const { protection } = this.engine;
    if (hasRows || job.is_changing) {
      await this.ledger.changing(manager, job, await protection.olderMonths(organizationId, limits));
      await protection.removeOlder(organizationId, job.id, limits);
    }
    const runs = aged.find(({ rule }) => rule.type === 'attribution_runs');
    if (runs) await this.attribution.drop(organizationId, await agedAttempts(manager, organizationId, runs.before));
    const left = hasRows ? await protection.older(organizationId, limits) : [];
    const others = aged.filter(({ rule }) => rule.type !== 'rows');
    const evidence = found.map((each): StoreEvidence => {
      const rows = left.find(({ data_source }) => data_source === each.data_source)?.rows ?? 0;
      return { ...each, after: each.store === 'rows' ? rows : 0 };
    });
    await this.ledger.changed(manager, job, { state: 'done', evidence }, async (transaction) => {
      for (const { rule, before } of others) {
        if (rule.type === 'rows') continue;
        await removeAged(transaction, rule.type, organizationId, before);
        const { count } = await countAged(transaction, rule.type, organizationId, before);
        if (count > 0) throw new Error(`${count} ${rule.type} are left after their removal.`);
      }
      await this.audit.record(transaction, {
        organizationId,
        actor: job.actor,
        action: 'retention.run',
        entity: ['retention_run', job.id],
        after: { rules, as_of: request.as_of, removed: evidence },
      });
    });
    if (hasRows || job.is_changing) await this.journeys.due(organizationId);
  }
}
