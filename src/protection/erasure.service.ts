import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { actorOf } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { newId } from '../common/uuid.js';
import { ENGINE } from '../engine/engine.tokens.js';
import type { Engine } from '../engine/engine.js';
import type { ErasureMode } from '../ingestion/erased-set.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { SecretStore } from '../secrets/secret-store.js';
import { ErasedCustomers } from './erased-customers.js';
import { JobLedger } from './job-ledger.js';
import { addressesOf, countMentions, type Wanted } from './mentions.js';
import { PROTECT, type ProtectionJob, type StoreEvidence } from './protection-job.js';
import { ReportFileSearch } from './report-file-search.js';
import { Subjects, type Subject, type SubjectRequest } from './subject.js';

/** Under this name the person stands, sealed, until the erasure is done. */
export const subjectSecret = (jobId: string): string => `tributary.erasure.${jobId.replaceAll('-', '')}`;

/** What no erasure reaches, said in each evidence. */
export const OUT_OF_REACH: readonly StoreEvidence[] = [
  {
    store: 'backups',
    before: null,
    after: null,
    note: 'Backups and write-ahead logs of the databases are not reached; they end with their own retention.',
  },
  {
    store: 'sent_mails',
    before: null,
    after: null,
    note: 'Mails that were sent, and their copies in an outbox folder, are not taken back.',
  },
];

/** Erasure of a person: asked for here, done by the worker, evidenced in the ledger. */
@Injectable()
export class ErasureService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly ledger: JobLedger,
    private readonly subjects: Subjects,
    private readonly erased: ErasedCustomers,
    private readonly files: ReportFileSearch,
    private readonly secrets: SecretStore,
    private readonly audit: AuditTrail,
  ) {}

  /** What every store has of the person. Changes nothing. */
  async preview(identity: Identity, request: SubjectRequest): Promise<StoreEvidence[]> {
    const { organizationId } = identity;
    const subject = await this.subjects.find(organizationId, request);
    return this.count(this.database.manager, organizationId, newId(), subject);
  }

  /**
   * From here on no import brings the person back; everything else is done by the job.
   * @throws Problem 409 `secrets_key_missing`, `ambiguous_customer`
   */
  async start(identity: Identity, request: SubjectRequest, mode: ErasureMode): Promise<ProtectionJob> {
    const { organizationId } = identity;
    const subject = await this.subjects.find(organizationId, request);
    const actor = actorOf(identity);
    // The key is made before the transaction that needs it.
    const customer = await this.erased.hash(organizationId, subject.ids[0] ?? '');
    const id = await this.database.transaction(async (manager) => {
      const created = await this.ledger.create(manager, {
        ...{ organization_id: organizationId, kind: 'erasure', actor },
        request: { mode, customer_hash: customer, ids: subject.ids.length },
      });
      await this.erased.add(manager, organizationId, created, mode, subject.ids);
      await this.secrets.put(organizationId, subjectSecret(created), JSON.stringify(subject), { actor, manager });
      await this.audit.record(manager, {
        organizationId,
        actor,
        action: 'customer.erase_request',
        entity: ['erasure', created],
        after: { mode, customer_hash: customer, ids: subject.ids.length },
      });
      return created;
    });
    await this.queue.enqueue(PROTECT, { organization_id: organizationId, job_id: id }, { id });
    return this.get(organizationId, id);
  }

  list(organizationId: string, limit: number): Promise<ProtectionJob[]> {
    return this.ledger.newest(organizationId, 'erasure', limit);
  }

  get(organizationId: string, id: string): Promise<ProtectionJob> {
    return this.ledger.get(organizationId, 'erasure', id);
  }

  /** How much each store has of the person; counted in the same way before and after. */
  async count(
    manager: EntityManager,
    organizationId: string,
    jobId: string,
    subject: Subject,
  ): Promise<StoreEvidence[]> {
    const wanted = await this.wanted(organizationId, subject);
    const engine = await this.engine.protection.traces(organizationId, jobId, subject.ids);
    const files = await this.files.find(organizationId, [...subject.ids, ...subject.texts]);
    const mentions = await countMentions(manager, wanted);
    return [
      ...engine.map(({ store, rows }): StoreEvidence => ({ store, before: rows, after: null })),
      {
        store: 'report_files',
        before: files.length,
        after: null,
        note: 'Sent reports whose stored files name the person; all files of these reports are deleted. PDF and pictures are judged by the page that they were made of.',
      },
      ...mentions.map(({ store, count, note }): StoreEvidence => ({
        store,
        before: count,
        after: null,
        ...(note ? { note } : {}),
      })),
      ...OUT_OF_REACH,
    ];
  }

  async wanted(organizationId: string, subject: Subject): Promise<Wanted> {
    const addresses = await addressesOf(subject, (text) => this.erased.hash(organizationId, text));
    return { ...subject, organizationId, addresses };
  }
}
