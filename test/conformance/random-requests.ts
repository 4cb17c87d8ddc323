/** Random requests from a seed, for checks that need no expected numbers. */
import type { Filter, ReportRequest } from '../../src/compiler/query/types.js';

/** Adds up over any partition of the rows. */
export const ADDITIVE = ['spend', 'revenue', 'clicks', 'rows', 'scored'] as const;
const OTHERS = ['devices', 'customers', 'average_spend', 'roas', 'weighted_score', 'margin'] as const;
const DIMENSIONS = ['device', 'channel', 'position', 'is_new', 'landed', 'price', 'currency', 'customer_id'] as const;
const SOURCES = ['mixed', 'filtered', 'periods', 'groups', 'calendar', 'letters', 'nested'] as const;
const CONDITIONS: readonly Filter[] = [
  { member: 'device', operator: 'contains', values: ['a'] },
  { member: 'device', operator: 'set' },
  { member: 'position', operator: 'gt', values: [2] },
  { member: 'is_new', operator: 'equals', values: [true] },
  { member: 'landed', operator: 'beforeDate', values: ['2026-01-15'] },
  { member: 'price', operator: 'lte', values: ['8'] },
  { member: 'data_source', operator: 'equals', values: ['periods', 'groups'] },
  { member: 'recorded_at', operator: 'gte', values: ['2026-02-01'] },
];
/** The exact opposite of each, rows without a value included. */
const OPPOSITES: readonly Filter[] = [
  { member: 'device', operator: 'notContains', values: ['a'] },
  { member: 'device', operator: 'notSet' },
  {
    or: [
      { member: 'position', operator: 'lte', values: [2] },
      { member: 'position', operator: 'notSet' },
    ],
  },
  { member: 'is_new', operator: 'notEquals', values: [true] },
  {
    or: [
      { member: 'landed', operator: 'gte', values: ['2026-01-15'] },
      { member: 'landed', operator: 'notSet' },
    ],
  },
  {
    or: [
      { member: 'price', operator: 'gt', values: ['8'] },
      { member: 'price', operator: 'notSet' },
    ],
  },
  { member: 'data_source', operator: 'notEquals', values: ['periods', 'groups'] },
  { member: 'recorded_at', operator: 'lt', values: ['2026-02-01'] },
];

/** Numbers in [0, 1) from a seed: mulberry32. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface RandomRequest {
  readonly request: ReportRequest;
  /** A condition on rows and its opposite. */
  readonly split: readonly [Filter, Filter];
}

export function randomRequest(random: () => number): RandomRequest {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  const some = <T>(values: readonly T[], most: number): T[] => [
    ...new Set(Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(values))),
  ];
  const which = Math.floor(random() * CONDITIONS.length);
  const ranged = random() < 0.6;
  const grain = pick([null, 'daily', 'weekly', 'monthly', 'yearly'] as const);
  const layered = pick(['none', 'none', 'fill', 'compare', 'top'] as const);
  const dimensions = some(DIMENSIONS, 2);
  const [first] = dimensions;
  return {
    request: {
      metrics: [pick(ADDITIVE), ...some(OTHERS, 2)],
      dimensions,
      filters: [{ member: 'data_source', operator: 'equals', values: [pick(SOURCES), pick(SOURCES), 'periods'] }],
      time_zone: pick(['UTC', 'America/New_York', 'Asia/Kolkata']),
      ...(ranged ? { date_range: { from: '2025-12-15', to: '2026-03-15' } } : {}),
      ...(grain === null ? {} : { time_grain: grain }),
      ...(layered === 'fill' && ranged && grain !== null ? { fill: 'zero' } : {}),
      ...(layered === 'compare' && ranged ? { compare: pick(['previous_period', 'previous_year'] as const) } : {}),
      ...(layered === 'top' && first !== undefined ? { top: { limit: 2, by: 'spend', dimension: first } } : {}),
    },
    split: [CONDITIONS[which] as Filter, OPPOSITES[which] as Filter],
  };
}
