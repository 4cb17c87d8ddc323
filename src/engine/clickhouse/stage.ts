import type { Stage, StagePlan, UnifiedRow } from '../engine.js';
import { EngineError } from '../engine-error.js';
import { stageTable } from '../identifiers.js';
import type { TypedField } from '../typed-field.js';
import { asFailure } from './failures.js';
import { currentPayloadType } from './migrate.js';
import { rowLine, STAGE_COLUMNS } from './rows.js';
import { countChanges, type StageSql, tombstones, winners } from './stage-sql.js';
import type { SupersededRows } from './superseded-rows.js';
import { createStageTable, DATA_TABLE } from './tables.js';
import type { ClickHouseTransport } from './transport.js';

/** Text handed to one INSERT; while it is parsed on native threads the next one is built. */
const FLUSH_CHARACTERS = 8 * 1024 * 1024;
/** Ids that one statement holds in memory; a larger stage is worked through in slices of its ids. */
const SLICE_ROWS = 2_000_000;
/** What one statement of a commit may hold before it goes to disk. */
const BOUNDED =
  'max_bytes_before_external_group_by = 300000000, max_bytes_before_external_sort = 300000000, max_threads = 2, ' +
  'optimize_on_insert = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864';

/**
 * Rows of an import in a table of their own. They become visible by attaching parts, which is one step for readers:
 * the stage's own parts when all of its ids are new, else those of a table with only what differs. Either step can be
 * repeated: what is there already no longer differs.
 */
export class ClickHouseStage implements Stage {
  private readonly table: string;
  private readonly delta: string;
  private readonly misfit: RegExp | null;
  private lines: string[] = [];
  private characters = 0;
  private inserting: Promise<void> = Promise.resolve();

  constructor(
    private readonly transport: ClickHouseTransport,
    private readonly superseded: SupersededRows,
    private readonly typedFields: readonly TypedField[],
    private readonly organizationId: string,
    importId: string,
  ) {
    this.table = stageTable('stage', organizationId, importId);
    this.delta = stageTable('delta', organizationId, importId);
    const integers = typedFields.filter((field) => field.type === 'integer').map((field) => field.name);
    this.misfit = integers.length === 0 ? null : new RegExp(`"(?:${integers.join('|')})":"`);
  }

  async open(): Promise<void> {
    await this.transport.command(createStageTable(this.table, this.typedFields));
    await this.transport.command(`SYSTEM STOP MERGES ${this.table}`);
  }

  async append(rows: readonly UnifiedRow[]): Promise<void> {
    for (const row of rows) {
      if (this.misfit?.test(row.data_payload)) this.refuseMisfit(row);
      const line = rowLine(this.organizationId, row);
      this.lines.push(line);
      this.characters += line.length;
      if (this.characters >= FLUSH_CHARACTERS) await this.send();
    }
  }

  async plan(): Promise<StagePlan> {
    return this.guarded(async () => {
      await this.flush();
      const sources = await this.transport.select(
        `SELECT data_source, formatDateTime(max(recorded_at), '%Y-%m-%dT%H:%i:%S.%fZ'), count() FROM ${this.table} GROUP BY data_source ORDER BY data_source`,
      );
      const rows = sources.reduce((sum, source) => sum + Number(source[2]), 0);
      let [loaded, replaced, unchanged, within] = [rows, 0, 0, 0];
      if (!(await this.isAllNew(rows))) {
        [loaded, replaced, unchanged, within] = [0, 0, 0, 0];
        for (const slice of this.slices(rows)) {
          const [counts] = await this.transport.select(`${countChanges(slice)} SETTINGS ${BOUNDED}`);
          loaded += Number(counts?.[0]);
          replaced += Number(counts?.[1]);
          unchanged += Number(counts?.[2]);
          within += Number(counts?.[3]);
        }
      }
      return {
        loaded,
        replaced,
        unchanged,
        replaced_within: within,
        sources: sources.map(([source, latest, count]) => ({
          data_source: String(source),
          latest: isoMilliseconds(String(latest)),
          rows: Number(count),
        })),
      };
    });
  }

  async commit(): Promise<void> {
    await this.guarded(async () => {
      await this.flush();
      const rows = await this.count(this.table);
      if (rows === 0) return;
      const sameStructure =
        (await currentPayloadType(this.transport, this.table)) ===
        (await currentPayloadType(this.transport, DATA_TABLE));
      if (sameStructure && (await this.isAllNew(rows))) await this.attach(this.table);
      else await this.commitDifference(rows);
    });
  }

  async drop(): Promise<void> {
    this.lines = [];
    this.characters = 0;
    await this.guarded(async () => {
      await this.inserting.catch(() => undefined);
      await this.transport.command(`DROP TABLE IF EXISTS ${this.delta} SYNC`);
      await this.transport.command(`DROP TABLE IF EXISTS ${this.table} SYNC`);
    });
  }

  private async commitDifference(rows: number): Promise<void> {
    await this.transport.command(`DROP TABLE IF EXISTS ${this.delta} SYNC`);
    await this.transport.command(createStageTable(this.delta, this.typedFields));
    await this.transport.command(`SYSTEM STOP MERGES ${this.delta}`);
    const [newest] = await this.transport.select(
      `SELECT max(version) FROM ${DATA_TABLE} WHERE organization_id = '${this.organizationId}'`,
    );
    // Tombstones get this version, rows get it plus their line: above all that is there, and rows above tombstones.
    const version = BigInt(String(newest?.[0])) + 1n;
    for (const slice of this.slices(rows)) {
      // Decimals as text, integers as numbers, should the stage be older than the table's typed fields.
      const settings = `SETTINGS ${BOUNDED}, output_format_json_quote_64bit_integers = 0`;
      await this.transport.command(`INSERT INTO ${this.delta} ${winners(slice, version)} ${settings}`);
      await this.transport.command(
        `INSERT INTO ${this.delta} (organization_id, data_source, recorded_at, id, version, is_deleted) ${tombstones(slice, version)} ${settings}`,
      );
    }
    if ((await this.count(this.delta)) > 0) {
      if (await this.sharesIdsWithTable(this.delta)) {
        await this.superseded.during(this.organizationId, () => this.attach(this.delta));
      } else {
        await this.attach(this.delta);
      }
    }
    await this.transport.command(`DROP TABLE IF EXISTS ${this.delta} SYNC`);
  }

  /** Copies parts by hard link; readers see all of them from one moment on. */
  private async attach(from: string): Promise<void> {
    await this.transport.command(`ALTER TABLE ${DATA_TABLE} ATTACH PARTITION tuple() FROM ${from}`);
  }

  /** True when each id stands once in the stage and nowhere in the table. */
  private async isAllNew(rows: number): Promise<boolean> {
    if (await this.sharesIdsWithTable(this.table)) return false;
    let ids = 0;
    for (const { slice } of this.slices(rows)) {
      const [count] = await this.transport.select(
        `SELECT uniqExact(id) FROM ${this.table} WHERE ${slice} SETTINGS ${BOUNDED}`,
      );
      ids += Number(count?.[0]);
    }
    return ids === rows;
  }

  /** An id belongs to one source, so only the stage's sources are looked through. */
  private async sharesIdsWithTable(table: string): Promise<boolean> {
    const theirs = `FROM ${DATA_TABLE} WHERE organization_id = '${this.organizationId}' AND data_source IN (SELECT DISTINCT data_source FROM ${table})`;
    if ((await this.transport.select(`SELECT 1 ${theirs} LIMIT 1`)).length === 0) return false;
    for (const { slice } of this.slices(await this.count(table))) {
      const found = await this.transport.select(
        `SELECT 1 ${theirs} AND id IN (SELECT id FROM ${table} WHERE ${slice}) LIMIT 1 SETTINGS ${BOUNDED}`,
      );
      if (found.length > 0) return true;
    }
    return false;
  }

  private slices(rows: number): StageSql[] {
    const count = Math.max(1, Math.ceil(rows / SLICE_ROWS));
    return Array.from({ length: count }, (_, index) => ({
      organizationId: this.organizationId,
      stage: this.table,
      slice: count === 1 ? 'true' : `sipHash64(id) % ${count} = ${index}`,
    }));
  }

  private async count(table: string): Promise<number> {
    return Number((await this.transport.select(`SELECT count() FROM ${table}`))[0]?.[0]);
  }

  /** Waits for the INSERT before this one, so that at most two lots of text are in memory. */
  private async send(): Promise<void> {
    const text = this.lines.join('');
    this.lines = [];
    this.characters = 0;
    await this.guarded(() => this.inserting);
    this.inserting = this.transport.insert(this.table, STAGE_COLUMNS, text);
    // Whoever awaits it next gets the error; until then it must not count as unhandled.
    this.inserting.catch(() => undefined);
  }

  private async flush(): Promise<void> {
    if (this.lines.length > 0) await this.send();
    await this.inserting;
  }

  /** ClickHouse would store text in an integer field as null without a word. */
  private refuseMisfit(row: UnifiedRow): void {
    const payload = JSON.parse(row.data_payload) as Record<string, unknown>;
    for (const field of this.typedFields) {
      if (field.type === 'integer' && typeof payload[field.name] === 'string') {
        throw new EngineError(
          `Line ${row.line}: ${field.name} must be a whole number`,
          null,
          'misfit of a typed field',
        );
      }
    }
  }

  private async guarded<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw asFailure(error);
    }
  }
}

/** `%f` has as many digits as the column's scale; the rest of the system speaks of milliseconds. */
const isoMilliseconds = (text: string): string => text.replace(/\.(\d{3})\d*Z$/, '.$1Z');
