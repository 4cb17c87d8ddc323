import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, QueryRunner } from 'typeorm';
import type { Actor } from '../audit/actor.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { Problem } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { APP_CONFIG, type AppConfig } from '../config/config.js';
import type { Engine, Stage, StagePlan } from '../engine/engine.js';
import { ENGINE } from '../engine/engine.tokens.js';
import { ErasedCustomers } from '../protection/erased-customers.js';
import { JourneyRefresh } from '../journeys/journey-refresh.service.js';
import { hasRollups } from '../rollups/rollup-marks.js';
import { decodeText } from './decode/text.js';
import { OrganizationLock } from './import-lock.js';
import { ImportStore, type ReadCounts } from './import-store.js';
import type { ImportEntity, ImportWarning } from './import.entity.js';
import { NO_MAPPING, parseMapping } from './mapping.js';
import { openSource, type PresetName } from './presets/presets.js';
import { ProcessLock } from './process-lock.js';
import { Tidying } from './tidying.js';
import { Staging } from './staging.js';
import { STANDARD_FIELDS, type FieldType } from './standard-fields.js';

export interface ImportRequest {
  readonly organizationId: string;
  readonly userId?: string | null;
  /** Who sends it; the product itself when absent. */
  readonly actor?: Actor;
  /** `rows`: NDJSON as of `POST /api/integrations/rows`. */
  readonly preset: PresetName | 'rows';
  /** As JSON came in; checked here. */
  readonly mapping?: unknown;
  readonly stream: AsyncIterable<Uint8Array>;
  readonly filename?: string | null;
  /** Told now and then how far the reading is. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly rows: number }) => void;
}

/** read = loaded + replaced + unchanged + rejected. */
export interface ImportAnswer {
  readonly import_id: string;
  readonly read: number;
  readonly loaded: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly rejected: number;
  /** Where the rejected lines and their reasons are. */
  readonly rejects: string;
  readonly warnings: readonly ImportWarning[];
}

/** Recovery looks again this often for imports that were left unfinished. */
const RECOVER_EVERY_MS = 30_000;

/**
 * Runs imports, each exactly once whatever crashes: rows are set aside in a stage; under the organisation's lock they are
 * counted, the decision to commit is recorded, and only then they are made visible. Before that record nothing is to be
 * seen and the sender was told nothing; after it, whoever starts next finishes the job.
 */
@Injectable()
export class ImportService implements OnApplicationShutdown {
  private readonly logger = new Logger('Import');
  private readonly store: ImportStore;
  private readonly lock: OrganizationLock;
  private readonly process: ProcessLock;
  private readonly tidying: Tidying;
  private readonly mostBytes: number;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(STANDARD_FIELDS) private readonly fields: readonly FieldType[],
    audit: AuditTrail,
    private readonly journeys: JourneyRefresh,
    private readonly erased: ErasedCustomers,
    @Inject(APP_CONFIG) { limits }: Pick<AppConfig, 'limits'>,
  ) {
    this.mostBytes = limits.uploadBytes;
    this.store = new ImportStore(database, audit);
    this.lock = new OrganizationLock(database, 'import');
    this.process = new ProcessLock(database);
    this.tidying = new Tidying(engine, this.logger);
  }

  /**
   * Imports a stream of bytes.
   * @throws Problem with nothing imported, e.g. `unrecognized_export`, `empty_file`, `invalid_encoding`, `upload_incomplete`;
   *   `import_pending` when it is certain to be imported but not yet
   */
  async importStream(request: ImportRequest): Promise<ImportAnswer> {
    const { organizationId, preset } = request;
    const mapping =
      request.mapping === undefined || request.mapping === null ? NO_MAPPING : parseMapping(request.mapping);
    const id = newId();
    await this.store.begin({
      id,
      organization_id: organizationId,
      created_by_user: request.userId ?? null,
      preset,
      filename: request.filename?.slice(0, 500) ?? null,
      owner: await this.process.owner(),
      actor: request.actor ?? null,
    });
    let stage: Stage | null = null;
    let staging: Staging | null = null;
    try {
      stage = await this.engine.openStage(organizationId, id);
      const erased = await this.erased.load(organizationId);
      const options = { organizationId, fields: this.fields, keepEmail: mapping.keep_email, erased };
      staging = new Staging(stage, options, (rejects) => this.store.addRejects(organizationId, id, rejects));
      const source = openSource(preset, { mapping, fields: this.fields, sink: staging });
      let bytes = 0;
      const counted = received(request.stream, (length) => {
        bytes += length;
        if (bytes > this.mostBytes) throw tooLarge(this.mostBytes);
      });
      const invalid = preset === 'rows' ? 'mark' : 'fail';
      for await (const text of decodeText(counted, { encoding: mapping.encoding, invalid })) {
        source.push(text);
        await staging.relieve();
        request.onProgress?.({ bytes, rows: staging.counts.read });
      }
      source.end();
      await staging.finish();
      await this.finish(organizationId, id, stage, staging, erased.size);
    } catch (error) {
      await staging?.settle();
      throw await this.giveUp(id, stage, error, staging?.counts);
    }
    const answer = answerOf(await this.store.get(organizationId, id));
    if (answer.replaced > 0) this.tidying.due();
    return answer;
  }

  /**
   * Finishes what an earlier process left: commits what was decided, gives up what was not, and clears stages away. Safe
   * to call while other processes import into the same database.
   */
  async recover(): Promise<void> {
    await this.recoverOnce();
    this.timer ??= setInterval(() => {
      this.recoverOnce().catch((error: unknown) => this.logger.warn(`Recovery will be tried again: ${String(error)}`));
    }, RECOVER_EVERY_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.tidying.stop();
    await this.process.release();
  }

  get reading(): Pick<ImportStore, 'get' | 'list' | 'rejects' | 'sources'> {
    return this.store;
  }

  private async recoverOnce(): Promise<void> {
    const organizations = new Set(
      (await this.store.committing(this.database.manager)).map((entry) => entry.organization_id),
    );
    for (const organizationId of organizations) {
      await this.lock.hold(organizationId, (connection) => this.finishEarlier(organizationId, connection));
    }
    const own = await this.process.owner();
    for (const entry of await this.store.staging()) {
      if (entry.owner === own) continue;
      await this.database.transaction(async (manager) => {
        if (!(await ProcessLock.isDead(entry.owner, manager))) return;
        const failure = {
          code: 'import_aborted',
          detail: 'The server stopped during the import. Nothing of it was kept; send it again.',
        };
        if (await this.store.markEnded(manager, entry.id, 'aborted', failure)) {
          this.logger.warn(`Gave up import ${entry.id}: its process has died`);
        }
      });
    }
    await this.dropLeftStages();
  }

  private async dropLeftStages(): Promise<void> {
    for (const { organization_id, import_id } of await this.engine.listStages()) {
      const entry = await this.store.get(organization_id, import_id).catch((error: unknown) => {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      });
      if (entry?.state === 'staging' || entry?.state === 'committing') continue;
      if (entry === null && (await this.store.isOfJob(import_id))) continue;
      await (await this.engine.openStage(organization_id, import_id)).drop();
    }
  }

  private async finish(
    organizationId: string,
    id: string,
    stage: Stage,
    staging: Staging,
    erased: number,
  ): Promise<void> {
    await this.lock.hold(organizationId, async (connection) => {
      await this.finishEarlier(organizationId, connection);
      if ((await this.erased.count(organizationId)) !== erased) throw erasedMeanwhile();
      const plan = await stage.plan();
      const { counts } = staging;
      const sources = plan.sources.map((source) => ({
        ...source,
        source_category: staging.categoryOf(source.data_source),
        currencies: staging.currenciesOf(source.data_source),
      }));
      const warnings = [...counts.warnings, ...mergedRows(plan)];
      const { manager } = connection;
      const isRolled = plan.loaded + plan.replaced > 0 && (await hasRollups(manager, organizationId));
      const rolled = { organizationId, months: isRolled ? await stage.months() : [] };
      await this.store.markCommitting(manager, id, plan, { ...counts, warnings }, sources, rolled);
      try {
        await this.complete(organizationId, id, stage, connection);
      } catch (error) {
        this.logger.error(`Import ${id} is decided but could not be completed; it will be tried again`, error);
        throw new Problem(
          503,
          'import_pending',
          `The rows are safe but could not be made visible yet. Don't send them again; see /api/integrations/imports/${id}.`,
        );
      }
    });
  }

  /** Commits what an import before this one has decided and not completed. */
  private async finishEarlier(organizationId: string, connection: QueryRunner): Promise<void> {
    for (const entry of await this.store.committing(connection.manager, organizationId)) {
      await this.complete(organizationId, entry.id, await this.engine.openStage(organizationId, entry.id), connection);
      this.logger.log(`Completed import ${entry.id}, which had been interrupted`);
    }
  }

  private async complete(organizationId: string, id: string, stage: Stage, connection: QueryRunner): Promise<void> {
    await stage.commit();
    await this.store.markDone(connection.manager, id);
    await this.journeys.due(organizationId);
    await this.dropQuietly(id, stage);
  }

  /** Ends a failed import and says what to tell the sender. */
  private async giveUp(id: string, stage: Stage | null, error: unknown, counts?: ReadCounts): Promise<unknown> {
    const problem = error instanceof Problem ? error : undefined;
    if (problem?.code === 'import_pending') return problem;
    const shown =
      problem ??
      new Problem(503, 'import_failed', 'The rows could not be stored. Nothing of the import was kept; send it again.');
    if (!problem) this.logger.error(`Import ${id} failed`, error);
    try {
      const { code, detail } = shown;
      await this.store.markEnded(this.database.manager, id, 'failed', { code, detail }, counts);
      if (stage) await this.dropQuietly(id, stage);
    } catch (cleaning) {
      this.logger.warn(`Import ${id} could not be cleaned up; it will be tried again: ${String(cleaning)}`);
    }
    return shown;
  }

  /** A stage that could not be dropped is dropped by the next recovery. */
  private async dropQuietly(id: string, stage: Stage): Promise<void> {
    await stage
      .drop()
      .catch((error: unknown) => this.logger.warn(`The stage of import ${id} remains for now: ${String(error)}`));
  }
}

export function answerOf(entry: ImportEntity): ImportAnswer {
  const { id, read, loaded, replaced, unchanged, rejected, warnings } = entry;
  const rejects = `/api/integrations/imports/${id}/rejects`;
  return { import_id: id, read, loaded, replaced, unchanged, rejected, rejects, warnings };
}

const tooLarge = (bytes: number): Problem =>
  new Problem(
    413,
    'upload_too_large',
    `An upload may have ${bytes} bytes (MAX_UPLOAD_BYTES). Nothing of it was kept; send it in parts.`,
  );

const erasedMeanwhile = (): Problem =>
  new Problem(
    409,
    'customer_erased_meanwhile',
    'A customer’s data was erased during the import, which may bring it back. Nothing of it was kept; send it again.',
  );

/** The bytes as they arrive. @throws Problem `upload_incomplete` when the sender goes away */
async function* received(
  stream: AsyncIterable<Uint8Array>,
  count: (length: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      count(chunk.length);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(400, 'upload_incomplete', 'The upload ended early. Nothing of it was kept; send it again.');
  }
}

function mergedRows({ replaced_within: count }: StagePlan): ImportWarning[] {
  if (count === 0) return [];
  return [
    {
      code: 'merged_rows',
      message:
        `${count} rows replaced an earlier row of the same import, because they have the same identity: external_id, or source, ` +
        'time and dimensions. If each line is an event of its own, give each an external_id, or say {"identity": "line"} in the mapping.',
      count,
    },
  ];
}
