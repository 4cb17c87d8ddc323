import type pg from 'pg';
import { DATA_COLUMNS } from '../columns.js';
import type { Stage, StagePlan, UnifiedRow } from '../engine.js';
import { stageTable } from '../identifiers.js';
import { LineBlock } from '../line-block.js';
import { CopyIn } from './copy-in.js';
import { asFailure } from './failures.js';
import { markRows } from './journeys.js';
import { createStageTable, DATA_TABLE, STAGE_SCHEMA } from './tables.js';

/** Bytes handed to one COPY; while Postgres takes them the next ones are gathered. */
const FLUSH_BYTES = 4 * 1024 * 1024;

/** Rows of one import that change what the planner should know. */
const MANY_ROWS = 10_000;

/** Rows of an import in a table of their own; `commit` moves them in one transaction. */
export class PostgresStage implements Stage {
  private readonly table: string;
  private readonly lines = new LineBlock(FLUSH_BYTES);
  private copying: Promise<void> = Promise.resolve();

  constructor(
    private readonly pool: pg.Pool,
    private readonly organizationId: string,
    private readonly importId: string,
  ) {
    this.table = `${STAGE_SCHEMA}.${stageTable('stage', organizationId, importId)}`;
  }

  async open(): Promise<void> {
    await this.pool.query(createStageTable(this.table));
  }

  async append(rows: readonly UnifiedRow[]): Promise<void> {
    for (const row of rows) {
      this.lines.add(copyLine(this.organizationId, row));
      if (this.lines.isFull) await this.send();
    }
  }

  async plan(): Promise<StagePlan> {
    return this.guarded(async () => {
      await this.flush();
      await this.pool.query(`ANALYZE ${this.table}`);
      const counts = await this.pool.query<Record<'loaded' | 'replaced' | 'unchanged' | 'within', string>>(
        COUNT(this.table),
        [this.organizationId],
      );
      const sources = await this.pool.query<{ data_source: string; latest: string; rows: string }>(
        `SELECT data_source, to_char(max(recorded_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS latest,
           count(*)::text AS rows
         FROM ${this.table} GROUP BY data_source ORDER BY data_source COLLATE "C"`,
      );
      const [row] = counts.rows;
      return {
        loaded: Number(row?.loaded),
        replaced: Number(row?.replaced),
        unchanged: Number(row?.unchanged),
        replaced_within: Number(row?.within),
        sources: sources.rows.map(({ data_source, latest, rows }) => ({ data_source, latest, rows: Number(rows) })),
      };
    });
  }

  async months(): Promise<readonly string[]> {
    const month = (row: string): string => `to_char(${row}.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM')`;
    return this.guarded(async () => {
      const { rows } = await this.pool.query<{ month: string }>(
        `SELECT ${month('staged')} AS month FROM ${this.table} AS staged
         UNION SELECT ${month('present')} FROM ${DATA_TABLE} AS present
         WHERE present.organization_id = $1 AND present.id IN (SELECT id FROM ${this.table}) ORDER BY 1`,
        [this.organizationId],
      );
      return rows.map((row) => row.month);
    });
  }

  async commit(): Promise<void> {
    await this.guarded(async () => {
      await this.flush();
      const columns = DATA_COLUMNS.join(', ');
      const set = DATA_COLUMNS.slice(2).map((column) => `${column} = excluded.${column}`);
      await this.pool.query(markRows(changedRows(this.table)), [this.organizationId, this.importId]);
      const { rowCount } = await this.pool.query(
        `INSERT INTO ${DATA_TABLE} AS present (${columns})
         SELECT DISTINCT ON (id) ${columns} FROM ${this.table} ORDER BY id, line DESC
         ON CONFLICT (organization_id, id) DO UPDATE SET ${set.join(', ')}
         WHERE present.content_hash <> excluded.content_hash`,
      );
      // Postgres does so by itself a minute later, if at all; until then it joins many rows as if they were few.
      if ((rowCount ?? 0) >= MANY_ROWS) await this.pool.query(`ANALYZE ${DATA_TABLE}`);
    });
  }

  async drop(): Promise<void> {
    this.lines.clear();
    await this.guarded(async () => {
      await this.copying.catch(() => undefined);
      await this.pool.query(`DROP TABLE IF EXISTS ${this.table}`);
    });
  }

  /** Waits for the COPY before this one, so that at most two lots are in memory. */
  private async send(): Promise<void> {
    await this.guarded(() => this.copying);
    this.copying = this.copy(this.lines.take());
    // Whoever awaits it next gets the error; until then it must not count as unhandled.
    this.copying.catch(() => undefined);
  }

  private async copy(lines: Buffer): Promise<void> {
    const client = await this.pool.connect();
    const copy = new CopyIn(`COPY ${this.table} (${DATA_COLUMNS.join(', ')}, line) FROM STDIN`, lines);
    client.query(copy);
    try {
      await copy.done;
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  private async flush(): Promise<void> {
    if (!this.lines.isEmpty) await this.send();
    await this.copying;
  }

  private async guarded<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await job();
    } catch (error) {
      throw asFailure(error);
    }
  }
}

/** Customers of rows that are new or will change, and of those that they take the place of. */
const changedRows = (stage: string): string => `(
  SELECT version.*
  FROM ${stage} AS staged
  LEFT JOIN ${DATA_TABLE} AS present ON present.organization_id = $1 AND present.id = staged.id
  CROSS JOIN LATERAL (VALUES
    (staged.customer_id, staged.source_category, staged.data_source, staged.recorded_at),
    (present.customer_id, present.source_category, present.data_source, present.recorded_at)
  ) AS version (customer_id, source_category, data_source, recorded_at)
  WHERE present.content_hash IS DISTINCT FROM staged.content_hash
) AS changes`;

/** Each row compared with the row before it of the same id, and the first with what the table has. */
const COUNT = (stage: string): string => `
SELECT count(*) FILTER (WHERE before IS NULL) AS loaded, count(*) FILTER (WHERE before <> hash) AS replaced,
  count(*) FILTER (WHERE before = hash) AS unchanged, count(*) FILTER (WHERE before <> hash AND place > 1) AS within
FROM (
  SELECT staged.content_hash AS hash, row_number() OVER lines AS place,
    coalesce(lag(staged.content_hash) OVER lines, present.content_hash) AS before
  FROM ${stage} AS staged
  LEFT JOIN ${DATA_TABLE} AS present ON present.organization_id = $1 AND present.id = staged.id
  WINDOW lines AS (PARTITION BY staged.id ORDER BY staged.line)
) AS compared`;

/** One line of COPY's text format, columns in the order of `DATA_COLUMNS`, then the line. */
function copyLine(organizationId: string, row: UnifiedRow): string {
  return `${organizationId}\t${row.id}\t${row.recorded_at}\t${escaped(row.data_source)}\t${row.source_category}\t${
    row.campaign_id ?? '\\N'
  }\t${row.customer_id ?? '\\N'}\t${row.asset_id ?? '\\N'}\t${escaped(row.currency)}\t${escaped(row.data_payload)}\t${escaped(
    row.attribution_data,
  )}\t${row.content_hash}\t${row.line}\n`;
}

const SPECIAL = /[\\\t\n\r]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function escaped(value: string | null): string {
  if (value === null) return '\\N';
  return SPECIAL.test(value) ? value.replaceAll(/[\\\t\n\r]/g, (c) => ESCAPES[c] ?? c) : value;
}
