import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type QueryRunner } from 'typeorm';
import { withRunLock } from '../attribution-runs/organization-lock.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { ResultCache } from '../cache/result-cache.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import { OrganizationLock } from '../ingestion/import-lock.js';
import { SecretStore } from '../secrets/secret-store.js';
import { AnonymiseRows } from './anonymise-rows.js';
import { ErasureService, subjectSecret } from './erasure.service.js';
import { JobLedger } from './job-ledger.js';
import { countMentions, removeMentions } from './mentions.js';
import type { ProtectionJob, StoreEvidence } from './protection-job.js';
import { ReportFileSearch } from './report-file-search.js';
import type { Subject } from './subject.js';

/** How long one wake-up waits for the engine to give up what it keeps on disk; the next one goes on waiting. */
const PATIENCE_MS = 90_000;
const POLL_MS = 2_000;

/** Takes a person out of every store. Each step can be repeated; what was counted first stands in the ledger. */
@Injectable()
export class ErasureRun {
  private readonly journeysLock: OrganizationLock;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly ledger: JobLedger,
    private readonly erasures: ErasureService,
    private readonly anonymise: AnonymiseRows,
    private readonly files: ReportFileSearch,
    private readonly cache: ResultCache,
    private readonly secrets: SecretStore,
    private readonly audit: AuditTrail,
  ) {
    this.journeysLock = new OrganizationLock(database, 'journeys');
  }

  /** Attribution that is computed meanwhile would bring back what is taken out, so it waits. */
  alone(job: ProtectionJob, work: () => Promise<void>): Promise<void> {
    return withRunLock(this.database, job.organization_id, new AbortController().signal, work);
  }

  /** On the connection that holds the organisation's import lock, within {@link alone}. */
  async execute(job: ProtectionJob, connection: QueryRunner): Promise<void> {
    const { organization_id: organizationId } = job;
    await this.journeysLock.hold(organizationId, () => this.erase(job, connection));
    await this.cache.forget(`${organizationId}:`);
  }

  /** Waits until nothing of it is left on disk and in stages of imports, then says so. */
  async purge(job: ProtectionJob): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while ((await this.left(job)) > 0) {
      if (Date.now() > until) return;
      await sleep(POLL_MS);
    }
    const { organization_id: organizationId, id, actor } = job;
    const forgotten = await this.cache.forget(`${organizationId}:`);
    const evidence: StoreEvidence[] = [
      ...job.evidence,
      {
        store: 'engine_files',
        before: null,
        after: 0,
        note: 'Nothing from before the removal waits to be cleared: no file of ClickHouse, no dead row of Postgres, no import that was set aside.',
      },
      {
        store: 'query_cache',
        before: null,
        after: forgotten === null ? null : 0,
        note: 'Cached answers are not given any more since the rows changed, and were thrown away; other processes drop theirs within an hour.',
      },
      {
        store: 'rollups',
        before: null,
        after: null,
        note: 'Months of the person’s rows are rolled up anew; tables of before are dropped half an hour after that.',
      },
    ];
    await this.database.transaction(async (manager) => {
      const [rows] = await manager.query<[unknown[], number]>(
        `UPDATE protection_jobs SET state = 'done', finished_at = now(), evidence = $2, problem = NULL
         WHERE id = $1 AND state = 'purging' RETURNING id`,
        [id, JSON.stringify(evidence)],
      );
      if (rows.length === 0) return;
      await this.secrets.remove(organizationId, subjectSecret(id), { actor, manager });
      await this.audit.record(manager, {
        ...{ organizationId, actor, action: 'customer.erase', entity: ['erasure', id] },
        after: { ...job.request, evidence },
      });
    });
  }

  private async erase(job: ProtectionJob, { manager }: QueryRunner): Promise<void> {
    const { organization_id: organizationId, id } = job;
    const sealed = await this.secrets.open(organizationId, subjectSecret(id));
    if (sealed === null) throw new Error('Nobody knows any more whom this erasure is about.');
    const subject = JSON.parse(sealed) as Subject;
    const { protection } = this.engine;
    const wanted = await this.erasures.wanted(organizationId, subject);
    // A job that goes on says what its first attempt found.
    const found =
      job.evidence.length > 0 ? job.evidence : await this.erasures.count(manager, organizationId, id, subject);
    await this.ledger.keep(id, found);
    await this.ledger.changing(manager, job, await protection.customerMonths(organizationId, subject.ids));
    if (job.request.mode === 'anonymise') await this.anonymise.run(organizationId, id, subject.ids);
    const since = await protection.forgetCustomers(organizationId, id, subject.ids);
    const traces = await protection.traces(organizationId, id, subject.ids);
    const files = await this.files.find(organizationId, [...subject.ids, ...subject.texts]);
    const after = new Map(traces.map(({ store, rows }) => [store, rows]));
    await manager.transaction(async (transaction) => {
      await removeMentions(transaction, wanted);
      await this.files.remove(transaction, organizationId, files);
      const left = await countMentions(transaction, wanted);
      for (const { store, count, stays } of left) {
        if (count > 0 && !stays) throw new Error(`${count} records of ${store} are left after the erasure.`);
        after.set(store, count);
      }
    });
    after.set('report_files', (await this.files.find(organizationId, [...subject.ids, ...subject.texts])).length);
    const kept = [...traces.filter(({ rows }) => rows > 0).map(({ store }) => store)];
    if (kept.length > 0) throw new Error(`Rows are left after the erasure in ${kept.join(', ')}.`);
    const evidence = found.map((each): StoreEvidence => ({ ...each, after: after.get(each.store) ?? each.after }));
    await this.ledger.changed(manager, job, { state: 'purging', evidence, since }, () => Promise.resolve());
  }

  private async left({ organization_id: organizationId, engine_since, created_at }: ProtectionJob): Promise<number> {
    const left = engine_since === null ? 0 : await this.engine.protection.leftovers(engine_since);
    const stages = (await this.engine.listStages()).filter((stage) => stage.organization_id === organizationId);
    if (stages.length === 0) return left;
    const [row] = await this.database.query<{ count: string }[]>(
      'SELECT count(*) AS count FROM imports WHERE organization_id = $1 AND id = ANY ($2::uuid[]) AND created_at <= $3',
      [organizationId, stages.map(({ import_id }) => import_id), created_at],
    );
    return left + Number(row?.count);
  }
}
