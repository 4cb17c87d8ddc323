/** What rollups an organisation is to have: those it asked for, and one by default once it has many rows. */
import type { DialectName } from '../compiler/dialect/types.js';
import type { RollupDefinition, RollupGrain } from '../compiler/rollup/types.js';

export const DEFAULT_NAME = 'default';

/** What most reports are by. A campaign's name costs next to nothing beside its id. */
const DEFAULT_DIMENSIONS = ['data_source', 'source_category', 'campaign_id', 'campaign_name', 'currency'] as const;

/** Rows from which on an organisation has the default rollup, unless the environment says otherwise. */
export const DEFAULT_MIN_ROWS: Readonly<Record<DialectName, number>> = { clickhouse: 1_000_000, postgres: 50_000 };

/** Each costs time after every import. */
export const MOST_ROLLUPS = 8;
export const MOST_DIMENSIONS = 12;

/** A row of `rollup_configs`. */
export interface RollupConfig {
  readonly name: string;
  readonly dimensions: readonly string[];
  readonly grain: RollupGrain;
  /** Null for the organisation's. */
  readonly time_zone: string | null;
  /** Only the default is kept to say that it is not wanted. */
  readonly is_on: boolean;
}

export interface Wishes {
  readonly configs: readonly RollupConfig[];
  /** The organisation's. */
  readonly timeZone: string;
  /** Whether it has so many rows that it gets the default rollup. */
  readonly isLarge: boolean;
}

export const defaultDefinition = (timeZone: string): RollupDefinition => ({
  name: DEFAULT_NAME,
  dimensions: DEFAULT_DIMENSIONS,
  grain: 'daily',
  time_zone: timeZone,
});

export function wantedRollups({ configs, timeZone, isLarge }: Wishes): RollupDefinition[] {
  const own = configs
    .filter(({ is_on }) => is_on)
    .map(({ name, dimensions, grain, time_zone }) => ({ name, dimensions, grain, time_zone: time_zone ?? timeZone }));
  const isDecided = configs.some(({ name }) => name === DEFAULT_NAME);
  return isDecided || !isLarge ? own : [...own, defaultDefinition(timeZone)];
}
