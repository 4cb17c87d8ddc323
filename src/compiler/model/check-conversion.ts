/** Checks a conversion: customers who did one thing within some days after they first did another. */
import { fault, warning } from '../diagnostics/diagnostic.js';
import type { NameTable } from './names.js';
import { checkRowFilter, type CheckedFilter } from './row-filter.js';
import type { ConversionMetricMember, Diagnostic, MemberDefinition, Model, RowFilter } from './types.js';

const FIELDS = ['from', 'to', 'days', 'output'];
const MOST_DAYS = 365;
/** Stands in for a condition that could not be read; such a member is quarantined. */
const UNREADABLE: RowFilter = { and: [] };

type Checked = Pick<ConversionMetricMember, 'conversion' | 'depends_on' | 'data_type' | 'unit' | 'additivity'>;

/** @param given what the author wrote: JSON, of whatever shape */
export function checkConversion(
  definition: MemberDefinition,
  given: unknown,
  context: { readonly names: NameTable; readonly rows: Model },
  diagnostics: Diagnostic[],
): Checked {
  const fail = (pointer: string, message: string): void => {
    diagnostics.push(fault('invalid_conversion', `/conversion${pointer}`, message));
  };
  const isObject = typeof given === 'object' && given !== null && !Array.isArray(given);
  const fields: Readonly<Record<string, unknown>> = isObject ? { ...given } : {};
  if (!isObject) fail('', 'A conversion is an object with from, to, days and output.');
  for (const name of Object.keys(fields)) {
    if (FIELDS.includes(name)) continue;
    const step = name.slice(0, 63).replaceAll('~', '~0').replaceAll('/', '~1');
    fail(`/${step}`, `A conversion has ${FIELDS.join(', ')}, and nothing else.`);
  }
  const event = (which: 'from' | 'to'): CheckedFilter =>
    isObject
      ? checkRowFilter(fields[which], `/conversion/${which}`, context, diagnostics)
      : { filter: null, named: [] };
  const [from, to] = [event('from'), event('to')];
  const { days, output } = fields;
  if (isObject && !(typeof days === 'number' && Number.isInteger(days) && days >= 1 && days <= MOST_DAYS)) {
    fail('/days', `days is a whole number from 1 to ${MOST_DAYS}.`);
  }
  if (isObject && output !== 'rate' && output !== 'count') fail('/output', 'output is rate or count.');
  const isCount = output === 'count';
  const data_type = isCount ? 'integer' : 'float';
  if (definition.data_type !== data_type) {
    const what = isCount ? 'A number of customers is integer' : 'A rate is a fraction, float';
    diagnostics.push(warning('type_mismatch', '/data_type', `${what}, not ${definition.data_type}.`));
  }
  return {
    conversion: {
      from: from.filter ?? UNREADABLE,
      to: to.filter ?? UNREADABLE,
      days: typeof days === 'number' ? days : 1,
      output: isCount ? 'count' : 'rate',
    },
    depends_on: [...new Set([...from.named, ...to.named])].sort(),
    data_type,
    unit: definition.unit ?? (isCount ? null : '%'),
    // Within one answer each customer is counted once; who is in the answers of two periods is counted in each.
    additivity: 'non_additive',
  };
}
