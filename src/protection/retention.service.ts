import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DateTime } from 'luxon';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf, ownWork, type Actor } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { conflict } from '../common/problem.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { JobLedger } from './job-ledger.js';
import { PROTECT, type ProtectionJob, type StoreEvidence } from './protection-job.js';
import { cutoff, readRules, sourceLimits, type RetentionRule, type SourceLimit } from './retention-rules.js';
import { countAged } from './retention-stores.js';

/** Hour of the organisation's day at which retention runs; spread over the hour by organisation. */
const HOUR = 3;

export interface RetentionPolicy {
  readonly rules: readonly RetentionRule[];
  /** ISO 8601; null where there is no rule. */
  readonly next_run_at: string | null;
}

/** What a run would take, or took, by one rule. */
export interface AgedByRule {
  readonly rule: RetentionRule;
  readonly data_source: string | null;
  readonly before: Date;
  readonly count: number;
  readonly oldest: string | null;
  readonly newest: string | null;
}

/** What an organisation keeps for how long: the rules, what they would take today, and runs of them. */
@Injectable()
export class RetentionService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly ledger: JobLedger,
    private readonly audit: AuditTrail,
  ) {}

  policy(organizationId: string): Promise<RetentionPolicy> {
    return this.read(this.database.manager, organizationId);
  }

  /** Takes the place of all rules. @throws Problem 400 naming each mistake */
  async change(identity: Identity, given: readonly unknown[], now = new Date()): Promise<RetentionPolicy> {
    const { organizationId } = identity;
    const rules = readRules(given);
    await this.database.transaction(async (manager) => {
      const before = await this.read(manager, organizationId);
      if (rules.length === 0) {
        await manager.query('DELETE FROM retention_policies WHERE organization_id = $1', [organizationId]);
      } else {
        const next = await this.nextRun(manager, organizationId, now);
        await manager.query(
          `INSERT INTO retention_policies (organization_id, rules, next_run_at) VALUES ($1, $2, $3)
           ON CONFLICT (organization_id) DO UPDATE SET rules = excluded.rules, next_run_at = excluded.next_run_at, updated_at = now()`,
          [organizationId, JSON.stringify(rules), next],
        );
      }
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'retention.update',
        entity: ['retention_policy', organizationId],
        before: { rules: before.rules },
        after: { rules },
      });
    });
    return this.policy(organizationId);
  }

  /** Exactly what a run of the rules would take at this moment. Changes nothing. */
  async preview(organizationId: string, now = new Date()): Promise<AgedByRule[]> {
    const { rules } = await this.policy(organizationId);
    return this.aged(this.database.manager, organizationId, rules, now);
  }

  /** @returns id of the run @throws Problem 409 `no_retention_rules` */
  async run(identity: Identity, now = new Date()): Promise<string> {
    const { organizationId } = identity;
    const { rules } = await this.policy(organizationId);
    if (rules.length === 0)
      throw conflict('no_retention_rules', 'The organisation has no rule of retention; set some first.');
    const id = await this.database.transaction(async (manager) => {
      const created = await this.create(manager, organizationId, rules, actorOf(identity), now);
      await this.audit.record(manager, {
        organizationId,
        actor: actorOf(identity),
        action: 'retention.start',
        entity: ['retention_run', created],
        after: { rules },
      });
      return created;
    });
    await this.queue.enqueue(PROTECT, { organization_id: organizationId, job_id: id }, { id });
    return id;
  }

  runs(organizationId: string, limit: number): Promise<ProtectionJob[]> {
    return this.ledger.newest(organizationId, 'retention', limit);
  }

  get(organizationId: string, id: string): Promise<ProtectionJob> {
    return this.ledger.get(organizationId, 'retention', id);
  }

  /**
   * Begins what is due, once, whichever process looks first; over all organisations.
   * @returns organisations and ids of the runs
   */
  async beginDue(now = new Date()): Promise<{ organization_id: string; id: string }[]> {
    return this.database.transaction(async (manager) => {
      const due = await manager.query<{ organization_id: string; rules: RetentionRule[] }[]>(
        `SELECT organization_id, rules FROM retention_policies WHERE next_run_at <= $1
         ORDER BY next_run_at LIMIT 50 FOR UPDATE SKIP LOCKED`,
        [now],
      );
      const begun: { organization_id: string; id: string }[] = [];
      for (const { organization_id, rules } of due) {
        await manager.query('UPDATE retention_policies SET next_run_at = $2 WHERE organization_id = $1', [
          organization_id,
          await this.nextRun(manager, organization_id, now),
        ]);
        const id = await this.create(manager, organization_id, rules, ownWork('job'), now);
        begun.push({ organization_id, id });
      }
      return begun;
    });
  }

  /** What is beyond the rules at an instant, by rule and source. */
  async aged(
    manager: EntityManager,
    organizationId: string,
    rules: readonly RetentionRule[],
    now: Date,
  ): Promise<AgedByRule[]> {
    const limits = await this.limits(manager, organizationId, rules, now);
    const rows = limits.length === 0 ? [] : await this.engine.protection.older(organizationId, limits);
    const ofSources = limits.map(({ rule, data_source, before }): AgedByRule => {
      const found = rows.find((each) => each.data_source === data_source);
      return {
        ...{ rule, data_source, before: new Date(`${before}T00:00:00.000Z`) },
        ...{ count: found?.rows ?? 0, oldest: found?.oldest ?? null, newest: found?.newest ?? null },
      };
    });
    const others: AgedByRule[] = [];
    for (const rule of rules) {
      if (rule.type === 'rows') continue;
      const before = cutoff(rule, now);
      others.push({
        rule,
        data_source: null,
        before,
        ...(await countAged(manager, rule.type, organizationId, before)),
      });
    }
    return [...ofSources, ...others];
  }

  async limits(
    manager: EntityManager,
    organizationId: string,
    rules: readonly RetentionRule[],
    now: Date,
  ): Promise<SourceLimit[]> {
    const sources = await manager.query<{ data_source: string }[]>(
      'SELECT data_source FROM data_sources WHERE organization_id = $1 ORDER BY data_source',
      [organizationId],
    );
    return sourceLimits(
      rules,
      sources.map(({ data_source }) => data_source),
      now,
    );
  }

  private async create(
    manager: EntityManager,
    organizationId: string,
    rules: readonly RetentionRule[],
    actor: Actor,
    now: Date,
  ): Promise<string> {
    const request = { rules, as_of: now.toISOString() };
    return this.ledger.create(manager, { organization_id: organizationId, kind: 'retention', request, actor });
  }

  private async read(manager: EntityManager, organizationId: string): Promise<RetentionPolicy> {
    const [row] = await manager.query<{ rules: RetentionRule[]; next_run_at: Date }[]>(
      'SELECT rules, next_run_at FROM retention_policies WHERE organization_id = $1',
      [organizationId],
    );
    return { rules: row?.rules ?? [], next_run_at: row?.next_run_at.toISOString() ?? null };
  }

  private async nextRun(manager: EntityManager, organizationId: string, now: Date): Promise<Date> {
    const [row] = await manager.query<{ time_zone: string }[]>('SELECT time_zone FROM organizations WHERE id = $1', [
      organizationId,
    ]);
    const minute = parseInt(organizationId.slice(0, 4), 16) % 60;
    const local = DateTime.fromJSDate(now, { zone: row?.time_zone ?? 'UTC' });
    const today = local.set({ hour: HOUR, minute, second: 0, millisecond: 0 });
    return (today > local ? today : today.plus({ days: 1 })).toJSDate();
  }
}

/** What a run says about each rule. */
export const evidenceOf = (aged: readonly AgedByRule[]): StoreEvidence[] =>
  aged.map(({ rule, data_source, count, oldest, newest }) => ({
    ...{ store: rule.type, data_source, before: count, after: null, oldest, newest },
  }));
