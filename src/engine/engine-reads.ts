import type { DialectName } from '../compiler/dialect/types.js';
import type { Engine, EngineValue } from './engine.js';

const MOST_SECONDS = 30;

/** The few words in which the dialects differ where our own doors read the engine's tables. */
export interface Words {
  readonly dialect: DialectName;
  /** A UUID as text. */
  readonly uuid: (column: string) => string;
  /** An instant as ISO 8601 text. */
  readonly instant: (column: string) => string;
  /** Placeholders for a list of UUIDs; their values are parameters. */
  readonly list: (values: readonly string[]) => string;
  /** Behind the name of a table that keeps the latest version of each row. */
  readonly final: string;
  /** A placeholder for one more text. */
  readonly next: () => string;
}

/** Reads the engine's own tables for doors that are no report: always of one organisation, values as parameters. */
export class EngineReads {
  constructor(private readonly engine: Engine) {}

  get dialect(): DialectName {
    return this.engine.dialect;
  }

  async rows(
    organizationId: string,
    sql: (words: Words) => string,
    params: readonly (string | number)[] = [],
    attributionRuns: readonly string[] = [],
  ): Promise<(readonly EngineValue[])[]> {
    const { batches } = await this.engine.query({
      sql: sql(words(this.engine.dialect)),
      params,
      organization_id: organizationId,
      attribution_runs: attributionRuns,
      max_seconds: MOST_SECONDS,
    });
    const found: (readonly EngineValue[])[] = [];
    for await (const batch of batches) found.push(...batch);
    return found;
  }
}

function words(dialect: DialectName): Words {
  if (dialect === 'clickhouse') {
    return {
      dialect,
      uuid: (column) => `toString(${column})`,
      instant: (column) => `concat(replaceOne(toString(${column}), ' ', 'T'), 'Z')`,
      list: (values) => values.map(() => 'toUUID(?)').join(', '),
      final: ' FINAL',
      next: () => '?',
    };
  }
  let count = 0;
  const next = (): string => `$${(count += 1)}`;
  return {
    dialect,
    uuid: (column) => `${column}::text`,
    instant: (column) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`,
    list: (values) => values.map(() => `${next()}::uuid`).join(', '),
    final: '',
    next,
  };
}
