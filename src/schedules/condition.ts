/** Whether a schedule's condition holds. Pure; numbers are exact texts. */
import { Decimal } from 'decimal.js';
import { kept, type Kept } from '../reports/render/words/said.js';
import type { Observation, ScheduleCondition } from './schedule.entity.js';

/** What was measured for a condition: totals of now and before, or the values of past buckets, oldest first. */
export interface Measured {
  readonly label: string;
  readonly value: string | null;
  readonly previous?: string | null;
  readonly history?: readonly (string | null)[];
}
export interface Verdict {
  readonly held: boolean;
  /** In words: what was measured and how it compares. */
  readonly finding: string;
}

/** Fewer past values say nothing about what is usual. */
export const LEAST_HISTORY = 8;
/** Makes the median of absolute deviations comparable to a standard deviation of normal values (Rousseeuw and Croux, 1993). */
const MAD_TO_SIGMA = new Decimal('1.4826');

const SIDES = { gt: 'finding_above', gte: 'finding_at_least', lt: 'finding_below', lte: 'finding_at_most' } as const;
/** Not above is at or below. */
const OTHER_SIDE = { gt: 'lte', gte: 'lt', lt: 'gte', lte: 'gt' } as const;

export function judge(condition: ScheduleCondition, { label, value, previous, history }: Measured): Verdict {
  if (value === null) return { held: false, finding: kept('finding_none', { metric: label }) };
  const now = new Decimal(value);
  const found = (notice: Kept, values: Readonly<Record<string, string | number>> = {}): string =>
    kept(notice, { metric: label, now: text(now), ...values });
  if ('operator' in condition) {
    const bound = new Decimal(condition.value);
    const held = compare(now, condition.operator, bound);
    const side = SIDES[held ? condition.operator : OTHER_SIDE[condition.operator]];
    return { held, finding: found(side, { bound: text(bound) }) };
  }
  if ('change_percent' in condition) {
    if (previous == null || new Decimal(previous).isZero()) {
      return { held: false, finding: found('finding_alone') };
    }
    const before = new Decimal(previous);
    const change = now.minus(before).div(before.abs()).times(100);
    const bound = new Decimal(condition.change_percent).abs();
    const isFar = change.abs().gte(bound);
    const held =
      isFar && (condition.direction === 'either' || (condition.direction === 'up') === (change.gt(0) && isFar));
    const sign = change.gt(0) ? '+' : '';
    return {
      held,
      finding: found('finding_change', {
        change: sign + change.toDecimalPlaces(1).toString(),
        before: text(before),
      }),
    };
  }
  const past = (history ?? []).flatMap((item) => (item === null ? [] : [new Decimal(item)]));
  if (past.length < LEAST_HISTORY) {
    return {
      held: false,
      finding: found('finding_few', { count: past.length }),
    };
  }
  const usual = median(past);
  const spread = median(past.map((item) => item.minus(usual).abs())).times(MAD_TO_SIGMA);
  const distance = now.minus(usual).abs();
  const held = spread.isZero() ? distance.gt(0) : distance.div(spread).gt(condition.anomaly_sigmas);
  return { held, finding: found('finding_usual', { count: past.length, usual: text(usual) }) };
}

/** Whether to send, by what held the last time. */
export function isDue(mode: ScheduleCondition['mode'], held: boolean, before: Observation | null): boolean {
  switch (mode) {
    case 'always':
      return held;
    case 'on_breach':
      return held && !(before?.held ?? false);
    case 'on_change':
      return held !== (before?.held ?? false);
    default:
      return mode satisfies never;
  }
}

function compare(value: Decimal, operator: 'gt' | 'gte' | 'lt' | 'lte', bound: Decimal): boolean {
  switch (operator) {
    case 'gt':
      return value.gt(bound);
    case 'gte':
      return value.gte(bound);
    case 'lt':
      return value.lt(bound);
    case 'lte':
      return value.lte(bound);
    default:
      return operator satisfies never;
  }
}

function median(values: readonly Decimal[]): Decimal {
  const sorted = [...values].sort((a, b) => a.cmp(b));
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? new Decimal(0);
  return sorted.length % 2 === 1 ? upper : upper.plus(sorted[middle - 1] ?? upper).div(2);
}

const text = (value: Decimal): string => value.toDecimalPlaces(4).toString();
