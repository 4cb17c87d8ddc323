import type { Filter, FilterOperator } from '../../../src/compiler/query/types.js';
import { ANNA } from '../rows.js';
import { ask, type ConformanceCase } from './case.js';

type Value = string | number | boolean;
const only = (member: string, operator: FilterOperator, ...values: Value[]): Filter =>
  values.length === 0 ? { member, operator } : { member, operator, values };

const sixty = Array.from({ length: 60 }, (_, index) => index);
const none = sixty.map((index) => `none ${index}`);
/** 2, 3 … 61 without 3, as numbers and texts. */
const numbers = sixty.map((index) => (index === 1 ? '70.50' : index + 2));
const uuids = sixty.map((index) => `bbbbbbbb-0000-4000-8000-0000000000${index + 10}`);
const days = sixty.map((index) =>
  index < 28 ? `2026-02-${String(index + 1).padStart(2, '0')}` : `20${index + 10}-05-05`,
);

/** Spends in this scenario are powers of two: the sum names the rows that pass. */
const passes = (filter: Filter, sum: number | null, scenario = 'filtered'): ConformanceCase => ({
  name: JSON.stringify(filter),
  request: ask(scenario, { metrics: ['spend'], filters: filter }),
  rows: [[sum === null ? null : sum.toFixed(2)]],
  now: '2026-02-15T12:00:00Z',
});

const clicks = (filter: Filter, sum: number, time_zone = 'UTC'): ConformanceCase => ({
  name: `${JSON.stringify(filter)} in ${time_zone}`,
  request: ask('calendar', { metrics: ['clicks'], filters: filter, time_zone }),
  rows: [[sum]],
});

export const FILTER_CASES: readonly ConformanceCase[] = [
  // Text
  passes(only('device', 'equals', 'apple'), 16),
  passes(only('device', 'equals', 'Apple'), null),
  passes(only('device', 'equals', 'apple', 'Banana'), 48),
  passes(only('device', 'equals', 'O\'Brien "q" \\ back'), 2),
  passes(only('device', 'equals', 'Ünïcode 日本'), 1),
  passes(only('device', 'equals', "x' OR 1=1 --", '$1', '?', '\\'), null),
  passes(only('device', 'notEquals', 'apple'), 111),
  passes(only('device', 'notEquals', 'apple', 'Banana'), 79),
  passes(only('device', 'contains', 'ÜNÏ'), 1),
  passes(only('device', 'contains', '本'), 1),
  passes(only('device', 'contains', 'a'), 50),
  passes(only('device', 'contains', '%'), 4),
  passes(only('device', 'contains', '_'), 4),
  passes(only('device', 'contains', '\\'), 2),
  passes(only('device', 'contains', "'"), 2),
  passes(only('device', 'contains', '100', 'APPLE'), 28),
  passes(only('device', 'notContains', '100'), 115),
  passes(only('device', 'notContains', '100', 'apple'), 99),
  passes(only('device', 'startsWith', 'BAN', "o'b"), 34),
  passes(only('device', 'startsWith', 'ü'), 1),
  passes(only('device', 'endsWith', 'CENT'), 8),
  passes(only('device', 'endsWith', '日本'), 1),
  passes(only('device', 'gt', 'apple'), 1),
  passes(only('device', 'gte', 'apple'), 17),
  passes(only('device', 'lt', 'B'), 12),
  passes(only('device', 'lte', 'Banana'), 44),
  passes(only('device', 'set'), 63),
  passes(only('device', 'notSet'), 64),
  // Letters whose case is not a matter of one letter to one
  passes(only('device', 'startsWith', 'i\u0307STANBUL'), 1, 'letters'),
  passes(only('device', 'contains', 'istanbul'), null, 'letters'),
  passes(only('device', 'endsWith', 'οδος'), 2, 'letters'),
  passes(only('device', 'startsWith', 'οδο'), 2, 'letters'),
  passes(only('device', 'contains', 'STRAßE', 'STRASSE'), 4, 'letters'),
  passes(only('device', 'equals', 'ΟΔΟΣ', 'çağri'), 2, 'letters'),
  passes(only('device', 'contains', 'çağ'), 8, 'letters'),
  passes(only('device', 'contains', 'é'), null, 'letters'),
  passes(only('device', 'endsWith', '\u0301'), 16, 'letters'),
  // Numbers, never as floats
  passes(only('position', 'equals', 10), 24),
  passes(only('position', 'equals', '10'), 24),
  passes(only('position', 'equals', 1, 2), 3),
  passes(only('position', 'notEquals', 10), 103),
  passes(only('position', 'gt', 2), 28),
  passes(only('position', 'gte', 2), 30),
  passes(only('position', 'lt', 2), 1),
  passes(only('position', 'lte', 2), 3),
  passes(only('position', 'set'), 31),
  passes(only('position', 'notSet'), 96),
  passes(only('bid', 'gt', 2), 20),
  passes(only('bid', 'gte', '2.000000001'), 20),
  passes(only('bid', 'equals', '2.000000001'), 4),
  passes(only('bid', 'equals', 1.5), 1),
  passes(only('bid', 'lt', 0), 8),
  passes(only('price', 'gte', 16), 112),
  passes(only('price', 'equals', '16.00', 1), 17),
  // True and false
  passes(only('is_new', 'equals', true), 37),
  passes(only('is_new', 'equals', 'false'), 10),
  passes(only('is_new', 'equals', true, false), 47),
  passes(only('is_new', 'notEquals', true), 90),
  passes(only('is_new', 'notSet'), 80),
  // Days in the payload
  passes(only('landed', 'equals', '2026-01-31'), 2),
  passes(only('landed', 'notEquals', '2026-01-01'), 126),
  passes(only('landed', 'inDateRange', '2026-01-01', '2026-01-31'), 3),
  passes(only('landed', 'inDateRange', '2026-02-01'), 4),
  passes(only('landed', 'inDateRange', 'last_month'), 3),
  passes(only('landed', 'inDateRange', 'month_to_date'), 4),
  passes(only('landed', 'notInDateRange', '2026-01-01', '2026-01-31'), 124),
  passes(only('landed', 'beforeDate', '2026-01-31'), 1),
  passes(only('landed', 'afterDate', '2026-01-31'), 4),
  passes(only('landed', 'gt', '2026-01-01'), 6),
  passes(only('landed', 'gte', '2026-01-31'), 6),
  passes(only('landed', 'lt', '2026-02-01'), 3),
  passes(only('landed', 'lte', '2026-01-31'), 3),
  passes(only('landed', 'set'), 7),
  // Ids
  passes(only('customer_id', 'equals', ANNA), 0.3, 'mixed'),
  passes(only('customer_id', 'equals', ANNA.toUpperCase(), 'no uuid'), 0.3, 'mixed'),
  passes(only('customer_id', 'equals', 'no uuid'), null, 'mixed'),
  passes(only('customer_id', 'notEquals', ANNA), 0.2, 'mixed'),
  passes(only('customer_id', 'notEquals', 'no uuid'), 0.5, 'mixed'),
  passes(only('customer_id', 'startsWith', 'AAAAAAAA'), 0.5, 'mixed'),
  passes(only('customer_id', 'endsWith', '2'), 0.2, 'mixed'),
  passes(only('customer_id', 'notSet'), null, 'mixed'),
  passes(only('channel', 'contains', 'MIX'), 0.5, 'mixed'),
  // Long lists
  { ...passes(only('device', 'equals', ...none, 'apple', 'O\'Brien "q" \\ back'), 18), name: 'a long list of texts' },
  { ...passes(only('device', 'notEquals', ...none, 'apple'), 111), name: 'a long list of texts to leave out' },
  { ...passes(only('bid', 'equals', ...numbers, '2.000000001'), 22), name: 'a long list of numbers' },
  { ...passes(only('position', 'notEquals', ...numbers), 101), name: 'a long list of numbers to leave out' },
  { ...passes(only('customer_id', 'equals', ...uuids, ANNA), 0.3, 'mixed'), name: 'a long list of ids' },
  { ...passes(only('landed', 'equals', ...days), 4), name: 'a long list of days' },
  // And, or
  passes({ or: [only('device', 'equals', 'apple'), only('position', 'lt', 2)] }, 17),
  passes(
    { or: [only('device', 'equals', 'apple'), { and: [only('position', 'gt', 1), only('is_new', 'equals', true)] }] },
    20,
  ),
  passes({ and: [only('position', 'gt', 1), { or: [only('bid', 'lt', 0), only('bid', 'gt', 9)] }] }, 24),
  passes({ or: [{ or: [only('bid', 'lt', 0)] }, { and: [{ and: [only('device', 'notSet')] }] }] }, 72),
  // Instants
  clicks(only('recorded_at', 'inDateRange', '2026-01-01', '2026-01-04'), 14),
  clicks(only('recorded_at', 'inDateRange', '2026-01-01T00:00:00Z', '2026-01-03T12:00:00Z'), 2),
  clicks(only('recorded_at', 'notInDateRange', '2026-01-01', '2026-01-04'), 241),
  clicks(only('recorded_at', 'beforeDate', '2026-01-01'), 129),
  clicks(only('recorded_at', 'afterDate', '2026-01-04'), 112),
  clicks(only('recorded_at', 'gt', '2026-01-04T12:00:00Z'), 112),
  clicks(only('recorded_at', 'gte', '2026-01-04T12:00:00Z'), 120),
  clicks(only('recorded_at', 'lt', '2026-01-01T01:00:00+01:00'), 129),
  clicks(only('recorded_at', 'lte', '2026-01-01T00:00:00Z'), 131),
  clicks(only('recorded_at', 'lte', '2026-01-01'), 131),
  clicks(only('recorded_at', 'equals', '2026-01-04'), 8),
  clicks(only('recorded_at', 'notEquals', '2026-01-04'), 247),
  clicks(only('recorded_at', 'equals', '2026-01-04T12:00:00Z', '2026-01-05T12:00:00Z'), 24),
  clicks(only('recorded_at', 'equals', '2025-12-31'), 3, 'America/New_York'),
  clicks(only('recorded_at', 'gte', '2026-03-31T19:00:00'), 96, 'America/New_York'),
];

const groups = (
  filters: Filter | readonly Filter[],
  rows: readonly (readonly [string, string])[],
): ConformanceCase => ({
  name: `on metrics: ${JSON.stringify(filters)}`,
  request: ask('groups', { metrics: ['spend'], dimensions: ['device'], filters }),
  rows,
});

/** Device dN has N+1 rows of spend 1 and revenue N, so its ROAS is N. */
export const GROUP_FILTER_CASES: readonly ConformanceCase[] = [
  groups(only('spend', 'gte', 9), [
    ['d9', '10.00'],
    ['d8', '9.00'],
  ]),
  groups(only('roas', 'lt', 2), [
    ['d1', '2.00'],
    ['d0', '1.00'],
  ]),
  groups(only('roas', 'equals', 3, 5), [
    ['d5', '6.00'],
    ['d3', '4.00'],
  ]),
  groups({ or: [only('spend', 'gt', 9), only('roas', 'equals', 0)] }, [
    ['d9', '10.00'],
    ['d0', '1.00'],
  ]),
  groups({ and: [only('device', 'notEquals', 'd9'), only('spend', 'gt', 8)] }, [['d8', '9.00']]),
  groups([only('spend', 'gt', 2), only('cost', 'lte', 3), { or: [only('device', 'contains', 'D')] }], [['d2', '3.00']]),
  groups(only('fees', 'set'), []),
  groups([only('fees', 'notSet'), only('spend', 'equals', 1)], [['d0', '1.00']]),
  groups([only('fees', 'notEquals', 1), only('spend', 'equals', 1)], [['d0', '1.00']]),
];
