/** Questions to the engine about the money of a request: whether a rate is missing, or currencies would be mixed. */
import { DateTime } from 'luxon';
import type { ProblemItem } from '../../common/problem.js';
import { CUBE, CURRENCY_KEY, ROWS_KEY, amountsKey, currenciesKey } from '../cube/base.js';
import { behind, keysAround } from '../model/around.js';
import { moneyFields, readsAmounts } from '../model/amounts.js';
import { NO_CURRENCY } from '../model/relations.js';
import { plainKey, relationOf } from './attribution.js';
import { namesOf, type RelationKind } from './base-query.js';
import { embedded, sql, statementOf } from './fragment.js';
import type { RateGap, Target } from './money.js';
import type { Report } from './report.js';
import type { PlannedCheck, Statement } from './types.js';

/** Rows that may have no rate: what to ask the engine, and what to make of its answer. */
export interface RateGaps {
  /** Into which currency. */
  readonly currency: string;
  /** Selects UTC day, currency, and one or more numbers of amounts. */
  readonly statement: Statement;
  readonly gaps: readonly RateGap[];
  /** Whether the request is refused where there are such rows. */
  readonly refuses: boolean;
}

/** Plain metrics over amounts, by what they read. */
interface AmountsOf {
  /** Null for rows. */
  readonly relation: RelationKind | null;
  /** Keys of measures. */
  readonly keys: readonly string[];
}

/** Those that the report is made of. */
function amountsOf({ metrics, filterMetrics, top, model, attributionModel }: Report): AmountsOf[] {
  const fields = moneyFields(model.members);
  const named = [...metrics, ...filterMetrics, ...(top === null ? [] : [top.by])];
  const all = new Map(named.flatMap(({ key }) => behind(key, model)).map((member) => [member.key, member]));
  const groups = new Map<string, { relation: RelationKind | null; keys: Set<string> }>();
  for (const member of all.values()) {
    if (member.kind !== 'simple' || !readsAmounts(member, fields)) continue;
    const relation = relationOf(member, attributionModel);
    const id = JSON.stringify(relation);
    const group = groups.get(id) ?? { relation, keys: new Set() };
    groups.set(id, group);
    group.keys.add(plainKey(member.key));
  }
  return [...groups.values()].map(({ relation, keys }) => ({ relation, keys: [...keys].sort() }));
}

/** To be made when all other statements of the report are: it is about the days that they read. */
export async function rateGaps(report: Report): Promise<RateGaps[]> {
  const { money, queries } = report;
  const asked = (target: Target, { relation, keys }: AmountsOf): Promise<RateGaps[]> => {
    const gaps = money.gaps(target);
    const currency = money.currencyOf(target);
    if (currency === null || gaps.length === 0) return Promise.resolve([]);
    const first = gaps.reduce((least, { from }) => (from < least ? from : least), '9999');
    const last = gaps.reduce((most, { to }) => (to > most ? to : most), '');
    const at = (day: string): DateTime => DateTime.fromISO(day, { zone: 'UTC' });
    const codes = [...new Set(gaps.map((gap) => gap.currency))];
    const statement = queries.statement({
      metrics: keys,
      dimensions: [{ key: CURRENCY_KEY }],
      time: 'daily',
      zone: 'UTC',
      range: { from: at(first), to: at(last).plus({ days: 1 }) },
      filters: [{ member: `${CUBE}.${CURRENCY_KEY}`, operator: 'equals', values: codes }],
      ...(relation === null ? {} : { relation }),
      // A condition on an amount without a rate says nothing about its row: all rows count.
      isUnfiltered: target === 'own',
    });
    return statement.then((written) => [{ currency, statement: written, gaps, refuses: !money.flags }]);
  };
  const wanted = amountsOf(report).map(({ relation, keys }) =>
    asked(relation?.name === 'customer_journey_tracking' ? 'ever' : 'wanted', { relation, keys: keys.map(amountsKey) }),
  );
  return (await Promise.all([...wanted, asked('own', { relation: null, keys: [ROWS_KEY] })])).flat();
}

/** What the engine says of missing rates; null where none is missing. */
export function missingRates(
  { currency: into, gaps, refuses }: RateGaps,
  rows: readonly (readonly unknown[])[],
): ProblemItem | null {
  const missing = new Map<string, { amounts: number; days: string[] }>();
  for (const [time, code, ...counts] of rows) {
    const day = String(time).slice(0, 10);
    const amounts = Math.max(...counts.map(Number));
    if (amounts === 0 || !gaps.some(({ currency, from, to }) => currency === code && from <= day && day <= to))
      continue;
    const known = missing.get(String(code)) ?? { amounts: 0, days: [] };
    missing.set(String(code), { amounts: known.amounts + amounts, days: [...known.days, day] });
  }
  if (missing.size === 0) return null;
  const parts = [...missing].sort().map(([code, { amounts, days }]) => {
    const [first = '', ...others] = days.sort();
    const when = others.length === 0 ? `on ${first}` : `on ${days.length} days from ${first} to ${others.at(-1)}`;
    if (code === NO_CURRENCY)
      return `what customers whose journey began ${when} have cost or brought (${amounts} ${amounts === 1 ? 'number' : 'numbers'})`;
    return `${code} ${when} (${amounts} ${amounts === 1 ? 'row' : 'rows'})`;
  });
  const what = `There is no exchange rate into ${into} for ${parts.join('; ')}.`;
  const code = 'fx_rate_missing';
  if (!refuses) return { code, message: `${what} Numbers that need it are left empty.`, pointer: '/on_missing_rate' };
  const message =
    `${what} Import the rates (POST /api/fx/rates, or tributary fx import), ask with "on_missing_rate": "flag" to leave ` +
    'those numbers empty, or with "currency": "as_recorded" for amounts as they came.';
  return { code, message, pointer: '/currency' };
}

/** Where amounts are shown as recorded: that no number of the answer puts several currencies together. */
export async function mixtureChecks(report: Report, sums: boolean): Promise<PlannedCheck[]> {
  const { money, queries, dimensions, grain, range, compare, top, dialect, model } = report;
  if (!money.isMixed) return [];
  // What looks at other rows than its own group is only right where all rows are of one currency.
  const around = keysAround(model.members);
  const looksAround =
    compare !== null || [...report.metrics, ...report.filterMetrics].some(({ key }) => around.has(key));
  const isWhole = sums || looksAround || top !== null;
  const by = isWhole ? [] : dimensions;
  const time = isWhole ? null : grain;
  return Promise.all(
    amountsOf(report).map(async ({ relation, keys }): Promise<PlannedCheck> => {
      const measures = keys.map(currenciesKey);
      const groups = await queries.statement({
        ...{ metrics: measures, dimensions: by, time },
        range: looksAround ? null : range,
        ...(relation === null ? {} : { relation }),
      });
      const { name, list } = namesOf(dialect, time, [...by.map(({ key }) => key), ...measures], 'g');
      const most = `greatest(${measures.map((key) => `max(${name(key)})`).join(', ')})`;
      return {
        statement: statementOf(sql`SELECT ${most} FROM (${embedded(groups, dialect)}) AS g${list}`, dialect),
        most: 1,
        problem: mixture(isWhole),
      };
    }),
  );
}

const mixture = (isWhole: boolean): ProblemItem => ({
  code: 'mixed_currencies',
  message:
    'Amounts of several currencies would be put together as they are. Group by the dimension “currency”' +
    `${isWhole ? ' without totals, subtotals, comparisons, windows and top values' : ''}, filter on one, or ask for a currency to convert them into.`,
  pointer: '/currency',
  suggestions: ['currency'],
});
