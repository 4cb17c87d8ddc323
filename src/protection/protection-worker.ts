import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource, type QueryRunner } from 'typeorm';
import { acrossOrganizations, inOrganization, outsideAnyScope } from '../access/tenancy/scope.js';
import { Problem } from '../common/problem.js';
import { OrganizationLock } from '../ingestion/import-lock.js';
import { JOB_QUEUE, type JobQueue } from '../jobs/job-queue.js';
import { ErasureRun } from './erasure-run.js';
import { JobLedger } from './job-ledger.js';
import { PROTECT, type ProtectionJob } from './protection-job.js';
import { RetentionRun } from './retention-run.js';
import { RetentionService } from './retention.service.js';

/** How often the ledger is looked through. A lost wake-up costs this much time at most. */
const LOOK_EVERY_MS = 10_000;
/** The queue may take a dead worker's job for running; a wake-up has another name after a while. */
const WAKE_MS = 30_000;
const HOUR_SECONDS = 3_600;

/**
 * Works on retention runs and erasures, and begins retention when it is due. What is to be done stands in the ledger: the
 * queue may lose every job, and a process may die at any point; whoever looks next goes on.
 */
@Injectable()
export class ProtectionWorker implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Protection');
  private readonly lock: OrganizationLock;
  private timer: NodeJS.Timeout | null = null;
  private looking: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    @InjectDataSource() database: DataSource,
    @Inject(JOB_QUEUE) private readonly queue: JobQueue,
    private readonly ledger: JobLedger,
    private readonly retention: RetentionService,
    private readonly retentionRun: RetentionRun,
    private readonly erasureRun: ErasureRun,
  ) {
    this.lock = new OrganizationLock(database, 'import');
  }

  onModuleInit(): void {
    this.queue.register<{ organization_id: string; job_id: string }>(
      PROTECT,
      ({ payload: { organization_id, job_id } }) => inOrganization(organization_id, () => this.work(job_id)),
      { attempts: 1, timeoutSeconds: 6 * HOUR_SECONDS },
    );
  }

  onApplicationBootstrap(): void {
    const next = (wait: number): void => {
      this.timer = setTimeout(() => {
        this.looking = outsideAnyScope(() => this.look())
          .catch((error: unknown) => this.logger.warn(`The ledger is looked through again later: ${String(error)}`))
          .finally(() => this.stopping || next(LOOK_EVERY_MS));
      }, wait).unref();
    };
    next(1_000);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping = true;
    if (this.timer) clearTimeout(this.timer);
    await this.looking;
  }

  /** Begins what is due, and wakes what is not finished. */
  async look(): Promise<void> {
    await acrossOrganizations('retention that is due, and what is under way', async () => {
      await this.retention.beginDue();
      for (const { id, organization_id } of await this.ledger.open()) {
        const payload = { organization_id, job_id: id };
        await this.queue.enqueue(PROTECT, payload, { id: `${id}:${Math.floor(Date.now() / WAKE_MS)}` });
      }
    });
  }

  /** One at a time for an organisation, and never while an import makes rows visible. */
  private async work(id: string): Promise<void> {
    const job = await this.ledger.find(id);
    if (job === null || job.state === 'done' || job.state === 'failed') return;
    try {
      if (job.state === 'purging') return await this.erasureRun.purge(job);
      const locked = (step: (current: ProtectionJob, connection: QueryRunner) => Promise<void>): Promise<void> =>
        this.lock.hold(job.organization_id, async (connection) => {
          const current = await this.ledger.find(id);
          if (current?.state !== 'queued' && current?.state !== 'running') return;
          await refuseDuringCommit(connection, job.organization_id);
          await this.ledger.begin(id);
          await step(current, connection);
        });
      if (job.kind === 'retention')
        await locked((current, connection) => this.retentionRun.execute(current, connection));
      else await this.erasureRun.alone(job, () => locked((...step) => this.erasureRun.execute(...step)));
      const after = await this.ledger.find(id);
      if (after?.state === 'purging') await this.erasureRun.purge(after);
      if (after?.problem) await this.ledger.note(id, null);
    } catch (error) {
      const problem = error instanceof Problem ? { code: error.code, detail: error.detail } : OURS;
      if (!(error instanceof Problem)) this.logger.error(`Job ${id} is tried again`, error);
      await this.ledger.note(id, problem);
    }
  }
}

const OURS = {
  code: 'internal',
  detail: 'It failed for a reason of ours; the log has the details. It is tried again.',
};

/** An import that is decided is finished by whoever began it, or by its recovery; what it brings must not be missed. */
async function refuseDuringCommit({ manager }: QueryRunner, organizationId: string): Promise<void> {
  const rows = await manager.query<unknown[]>(
    `SELECT FROM imports WHERE organization_id = $1 AND state = 'committing' LIMIT 1`,
    [organizationId],
  );
  if (rows.length > 0) throw new Problem(409, 'import_pending', 'An import is being completed; it goes on after it.');
}
