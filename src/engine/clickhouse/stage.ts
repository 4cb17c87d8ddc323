import type { Stage, StagePlan, UnifiedRow } from '../engine.js';
import { EngineError } from '../engine-error.js';
import { stageTable } from '../identifiers.js';
import { LineBlock } from '../line-block.js';
import type { TypedField } from '../typed-field.js';
import { asFailure } from './failures.js';
import { markRows } from './journeys.js';
import { currentPayloadType } from './migrate.js';
import { rowLine, STAGE_COLUMNS } from './rows.js';
import { countChanges, monthsBefore, monthsOf, type StageSql, tombstones, winners } from './stage-sql.js';
import type { SupersededRows } from './superseded-rows.js';
import { createStageTable, DATA_TABLE } from './tables.js';
import type { ClickHouseTransport } from './transport.js';

/** Bytes handed to one INSERT; while they are parsed on native threads the next ones are gathered. */
const FLUSH_BYTES = 8 * 1024 * 1024;
/** Ids that one statement holds in memory; a larger stage is worked through in slices of its ids. */
const SLICE_ROWS = 400_000;
/** What one statement of a commit may hold before it goes to disk. */
export const BOUNDED =
  'max_bytes_before_external_group_by = 300000000, max_bytes_before_external_sort = 300000000, max_threads = 2, ' +
  'optimize_on_insert = 0, min_insert_block_size_rows = 262144, min_insert_block_size_bytes = 67108864';

/** Whether any of the stage's ids is in the table, and whether each stands once in the stage. */
interface Look {
  readonly shared: boolean;
  readonly distinct: boolean;
}

/**
 * Rows of an import in a table of their own. They become visible by attaching parts, which is one step for readers:
 * the stage's own parts when all of its ids are new, else those of a table with only what differs. Either step can be
 * repeated: what is there already no longer differs.
 */
export class ClickHouseStage implements Stage {
  private readonly table: string;
  private readonly delta: string;
  private readonly misfit: RegExp | null;
  private readonly lines = new LineBlock(FLUSH_BYTES);
  private inserting: Promise<void> = Promise.resolve();
  /** What `plan` found; `commit` comes under the same lock, so it still holds. */
  private looked: Look | null = null;

  constructor(
    private readonly transport: ClickHouseTransport,
    private readonly superseded: SupersededRows,
    private readonly typedFields: readonly TypedField[],
    private readonly organizationId: string,
    private readonly importId: string,
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
      this.lines.add(rowLine(this.organizationId, row));
      if (this.lines.isFull) await this.send();
    }
  }

  async plan(): Promise<StagePlan> {
    return this.guarded(async () => {
      await this.flush();
      const sources = await this.transport.select(
        `SELECT data_source, formatDateTime(max(recorded_at), '%Y-%m-%dT%H:%i:%S.%fZ'), count() FROM ${this.table} GROUP BY data_source ORDER BY data_source`,
      );
      const rows = sources.reduce((sum, source) => sum + Number(source[2]), 0);
      const counts = { loaded: rows, replaced: 0, unchanged: 0, within: 0 };
      const { shared, distinct } = (this.looked = await this.look(rows));
      if (shared || !distinct) {
        counts.loaded = 0;
        for (const slice of await this.slices(rows, distinct)) {
          const [row] = await this.transport.select(`${countChanges(slice)} SETTINGS ${BOUNDED}`);
          counts.loaded += Number(row?.[0]);
          counts.replaced += Number(row?.[1]);
          counts.unchanged += Number(row?.[2]);
          counts.within += Number(row?.[3]);
        }
      }
      return {
        loaded: counts.loaded,
        replaced: counts.replaced,
        unchanged: counts.unchanged,
        replaced_within: counts.within,
        sources: sources.map(([source, latest, count]) => ({
          data_source: String(source),
          latest: isoMilliseconds(String(latest)),
          rows: Number(count),
        })),
      };
    });
  }

  async months(): Promise<readonly string[]> {
    return this.guarded(async () => {
      const found = new Set<string>();
      for (const sql of (this.looked?.shared ?? true)
        ? (await this.slices(await this.count(this.table), true)).map(monthsBefore)
        : [])
        for (const [month] of await this.transport.select(`${sql} SETTINGS ${BOUNDED}`)) found.add(String(month));
      for (const [month] of await this.transport.select(monthsOf(this.table))) found.add(String(month));
      return [...found].sort();
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
      const { shared, distinct } = this.looked ?? (await this.look(rows));
      // Once something was made visible, it no longer does.
      this.looked = null;
      if (sameStructure && distinct && !shared) {
        await this.transport.command(`${markRows(this.organizationId, this.importId, this.table)} SETTINGS ${BOUNDED}`);
        await this.attach(this.table);
      } else await this.commitDifference(rows, distinct);
    });
  }

  async drop(): Promise<void> {
    this.lines.clear();
    await this.guarded(async () => {
      await this.inserting.catch(() => undefined);
      await this.transport.command(`DROP TABLE IF EXISTS ${this.delta} SYNC`);
      await this.transport.command(`DROP TABLE IF EXISTS ${this.table} SYNC`);
    });
  }

  private async commitDifference(rows: number, distinct: boolean): Promise<void> {
    await this.transport.command(`DROP TABLE IF EXISTS ${this.delta} SYNC`);
    await this.transport.command(createStageTable(this.delta, this.typedFields));
    await this.transport.command(`SYSTEM STOP MERGES ${this.delta}`);
    const [newest] = await this.transport.select(
      `SELECT max(version) FROM ${DATA_TABLE} WHERE organization_id = '${this.organizationId}'`,
    );
    // Tombstones get this version, rows get it plus their line: above all that is there, and rows above tombstones.
    const version = BigInt(String(newest?.[0])) + 1n;
    const slices = await this.slices(rows, distinct);
    // Decimals as text, integers as numbers, should the stage be older than the table's typed fields.
    const settings = `SETTINGS ${BOUNDED}, output_format_json_quote_64bit_integers = 0`;
    for (const slice of slices) {
      await this.transport.command(`INSERT INTO ${this.delta} ${winners(slice, version)} ${settings}`);
    }
    // A row that moved has changed; only after a crash can an unchanged one stand in two places.
    const mayHaveMoved = (await this.count(this.delta)) > 0 || slices.some((slice) => !slice.merged);
    for (const slice of mayHaveMoved ? slices : []) {
      await this.transport.command(
        `INSERT INTO ${this.delta} (organization_id, data_source, recorded_at, id, version, is_deleted) ${tombstones(slice, version)} ${settings}`,
      );
    }
    if ((await this.count(this.delta)) > 0) {
      await this.markCustomers();
      if (await this.sharesIds(this.delta)) {
        await this.superseded.during(this.organizationId, () => this.attach(this.delta));
      } else {
        await this.attach(this.delta);
      }
    }
    await this.transport.command(`DROP TABLE IF EXISTS ${this.delta} SYNC`);
  }

  /** Notes whose rows are about to change: customers of the new rows, and of those that they take the place of. */
  private async markCustomers(): Promise<void> {
    const { organizationId, importId, delta } = this;
    const columns = 'customer_id, source_category, data_source, recorded_at';
    const before = `SELECT ${columns} FROM ${DATA_TABLE} WHERE organization_id = '${organizationId}'
      AND data_source IN (SELECT DISTINCT data_source FROM ${delta}) AND id IN (SELECT id FROM ${delta})`;
    const rows = `(SELECT ${columns} FROM ${delta} UNION ALL ${before})`;
    await this.transport.command(`${markRows(organizationId, importId, rows)} SETTINGS ${BOUNDED}`);
  }

  /** Copies parts by hard link; readers see all of them from one moment on. */
  private async attach(from: string): Promise<void> {
    await this.transport.command(`ALTER TABLE ${DATA_TABLE} ATTACH PARTITION tuple() FROM ${from}`);
  }

  private async look(rows: number): Promise<Look> {
    let ids = 0;
    for (const condition of conditions(rows)) {
      const [count] = await this.transport.select(
        `SELECT uniqExact(id) FROM ${this.table} WHERE ${condition} SETTINGS ${BOUNDED}`,
      );
      ids += Number(count?.[0]);
    }
    return { shared: await this.sharesIds(this.table), distinct: ids === rows };
  }

  /** An id belongs to one source, so only the stage's sources are looked through. */
  private async sharesIds(table: string): Promise<boolean> {
    const theirs = `FROM ${DATA_TABLE} WHERE organization_id = '${this.organizationId}' AND data_source IN (SELECT DISTINCT data_source FROM ${table})`;
    if ((await this.transport.select(`SELECT 1 ${theirs} LIMIT 1`)).length === 0) return false;
    for (const condition of conditions(await this.count(table))) {
      const found = await this.transport.select(
        `SELECT 1 ${theirs} AND id IN (SELECT id FROM ${table} WHERE ${condition}) LIMIT 1 SETTINGS ${BOUNDED}`,
      );
      if (found.length > 0) return true;
    }
    return false;
  }

  private async slices(rows: number, distinct: boolean): Promise<StageSql[]> {
    const merged = !(await this.superseded.read(this.organizationId));
    const { organizationId, table: stage } = this;
    return conditions(rows).map((slice) => ({ organizationId, stage, slice, distinct, merged }));
  }

  private async count(table: string): Promise<number> {
    return Number((await this.transport.select(`SELECT count() FROM ${table}`))[0]?.[0]);
  }

  /** Waits for the INSERT before this one, so that at most two lots are in memory. */
  private async send(): Promise<void> {
    await this.guarded(() => this.inserting);
    this.inserting = this.transport.insert(this.table, STAGE_COLUMNS, this.lines.take());
    // Whoever awaits it next gets the error; until then it must not count as unhandled.
    this.inserting.catch(() => undefined);
  }

  private async flush(): Promise<void> {
    if (!this.lines.isEmpty) await this.send();
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

/** Conditions that each pick about {@link SLICE_ROWS} of the rows, by id. */
function conditions(rows: number): string[] {
  const count = Math.max(1, Math.ceil(rows / SLICE_ROWS));
  return Array.from({ length: count }, (_, index) => (count === 1 ? 'true' : `sipHash64(id) % ${count} = ${index}`));
}
