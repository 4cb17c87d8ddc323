import type { DateRange, NamedRange } from '../compiler/query/types.js';

/** The whole period that a running one will have been: what a scheduled report is about. */
const COMPLETE: Partial<Record<NamedRange, NamedRange>> = {
  today: 'yesterday',
  this_week: 'last_week',
  week_to_date: 'last_week',
  this_month: 'last_month',
  month_to_date: 'last_month',
  this_quarter: 'last_quarter',
  quarter_to_date: 'last_quarter',
  this_year: 'last_year',
  year_to_date: 'last_year',
};

/** The last complete period in place of a running one; fixed dates and all time stay as they are. */
export function completeRange(range: DateRange | null): DateRange | null {
  if (range === null) return null;
  if (typeof range === 'string') return COMPLETE[range] ?? range;
  return 'last' in range ? { ...range, complete: true } : range;
}
