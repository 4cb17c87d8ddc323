/** How finely a select looks at the time: which buckets are enough to answer it. */
import type { TimeGrain } from '../../compiler/query/types.js';
import { as, constantText, datedIn, functionName, list, type Node } from '../ast.js';

/** `instant` where nothing coarser will do. */
export type TimeUnit = 'instant' | 'day' | 'week' | 'month' | 'quarter' | 'year';

const TRUNCATED: Readonly<Record<string, TimeUnit>> = {
  day: 'day',
  week: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
};
const OF_A_DAY = new Set(['isoyear', 'week', 'day', 'doy', 'dow', 'isodow']);
const OF_A_MONTH = new Set(['month', 'quarter', 'year', 'decade', 'century']);
/** What a format of `to_char` may be made of, so that it says nothing finer than the month, or than the day. */
const FORMAT_OF_A_MONTH = /FM|YYYY|YY|MONTH|Month|month|MON|Mon|mon|MM|Q|"[^"\\]*"|[-/ .,:_]/g;
const FORMAT_OF_A_DAY = /IYYY|DAY|Day|day|DY|Dy|dy|DDD|DD|ID|D|WW|IW/g;

/**
 * The unit of a node that looks at the time through a bucket: `date_trunc('month', recorded_at)`, `recorded_at::date`,
 * `extract(dow FROM recorded_at)`, `to_char(recorded_at, 'YYYY-MM')`. Such a node has the same value for an instant and for the start of its bucket.
 */
export function bucketOf(node: Node, isTime: (node: unknown) => boolean): TimeUnit | undefined {
  const dated = datedIn(node);
  if (dated && isTime(dated)) return 'day';
  const call = as(node, 'FuncCall');
  if (!call || call.over) return undefined;
  const { name } = functionName(call);
  const [first, second, ...others] = list(call.args);
  if (others.length > 0) return undefined;
  if (name === 'to_char' && isTime(first)) return unitOfFormat(constantText(second) ?? '');
  if (!isTime(second)) return undefined;
  const word = (constantText(first) ?? '').toLowerCase();
  if (name === 'date_trunc') return TRUNCATED[word];
  if (name !== 'extract' && name !== 'date_part') return undefined;
  return OF_A_DAY.has(word) ? 'day' : OF_A_MONTH.has(word) ? 'month' : undefined;
}

function unitOfFormat(format: string): TimeUnit | undefined {
  if (format === '') return undefined;
  const [daily, rest] = [format.match(FORMAT_OF_A_DAY), format.replaceAll(FORMAT_OF_A_DAY, ' ')];
  if (rest.replaceAll(FORMAT_OF_A_MONTH, '') !== '') return undefined;
  return daily ? 'day' : 'month';
}

export interface Calendar {
  readonly weekStart: number;
  readonly fiscalYearStart: number;
}

/** Of several; weeks lie across all but days. */
function finest(units: readonly TimeUnit[]): TimeUnit {
  if (units.includes('instant')) return 'instant';
  if (units.includes('day') || units.includes('week')) return 'day';
  return units.includes('month') ? 'month' : 'quarter';
}

/** The unit whose buckets each of `units` can be told from, as coarse as may be; and the grain that gives them. */
export function commonUnit(
  units: readonly TimeUnit[],
  calendar: Calendar,
): { unit: TimeUnit; grain: TimeGrain | null } {
  const [first = 'instant'] = units;
  const unit = units.every((each) => each === first) ? first : finest(units);
  switch (unit) {
    case 'instant':
      return { unit, grain: null };
    case 'day':
      return { unit, grain: 'daily' };
    case 'week':
      // Postgres' weeks start on Monday.
      return calendar.weekStart === 1 ? { unit, grain: 'weekly' } : { unit: 'day', grain: 'daily' };
    case 'month':
      return { unit, grain: 'monthly' };
    case 'quarter':
      return calendar.fiscalYearStart % 3 === 1 ? { unit, grain: 'quarterly' } : { unit: 'month', grain: 'monthly' };
    case 'year':
      return calendar.fiscalYearStart === 1 ? { unit, grain: 'yearly' } : { unit: 'month', grain: 'monthly' };
    default:
      return unit satisfies never;
  }
}
