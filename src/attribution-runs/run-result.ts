import { Decimal } from 'decimal.js';
import type { EngineValue } from '../engine/engine.js';
import type { ModelResult, Revenue, RunResult } from './run-row.js';

const Exact = Decimal.clone({ precision: 60, toExpNeg: -60, toExpPos: 60 });

/** A row of `totalsSql`. */
interface Total {
  readonly model: string;
  readonly value: string | null;
  /** Conversions without a touch. */
  readonly isAlone: boolean;
  readonly credit: Decimal;
  readonly revenue: Decimal;
  readonly currency: string;
}

const totalOf = (row: readonly EngineValue[], own: string): Total => ({
  model: String(row[0]),
  isAlone: [true, 1, '1', 't', 'true'].includes(row[1] as never),
  value: row[2] == null ? null : String(row[2]),
  credit: new Exact(String(row[3])),
  revenue: new Exact(String(row[4])),
  currency: row[6] == null ? own : String(row[6]),
});

/**
 * What a run has found, by model. Amounts in several currencies are never added up: each stands by itself.
 * @param rows of `totalsSql`
 * @param currencies that the conversions are in
 * @param own the organisation's currency, which amounts without one are in
 */
export function resultOf(
  rows: readonly (readonly EngineValue[])[],
  models: readonly string[],
  by: string,
  { currencies, own }: { readonly currencies: readonly string[]; readonly own: string },
): RunResult {
  const totals = rows.map((row) => totalOf(row, own));
  const isSeveral = currencies.length > 1;
  const results: Record<string, ModelResult> = {};
  for (const key of models) {
    const all = totals.filter(({ model }) => model === key);
    const alone = all.filter(({ isAlone }) => isAlone);
    const touched = all.filter(({ isAlone }) => !isAlone);
    results[key] = {
      credited: creditOf(touched).toNumber(),
      unattributed: creditOf(alone).toNumber(),
      rows: [...byValue(touched), ...byValue(alone)].map((parts) => ({
        value: parts[0]?.isAlone ? 'unattributed' : (parts[0]?.value ?? null),
        conversions: creditOf(parts).toFixed(),
        ...revenueOf(parts, isSeveral),
      })),
    };
  }
  const last = totals.filter(({ model }) => model === models.at(-1));
  const warnings = isSeveral
    ? [
        {
          code: 'several_currencies',
          message: `Conversions are in ${currencies.join(', ')}, so their revenue is given by currency and not added up. A query converts it: POST /api/query with attributed_revenue.`,
        },
      ]
    : [];
  return {
    conversions: creditOf(last).toNumber(),
    ...revenueOf(last, isSeveral),
    ...{ by, currencies, warnings, models: results },
  };
}

const sum = (amounts: readonly Decimal[]): Decimal => amounts.reduce((all, each) => all.plus(each), new Exact(0));
const creditOf = (totals: readonly Total[]): Decimal => sum(totals.map(({ credit }) => credit));

/** The totals of each value, in the order in which values come first. */
function byValue(totals: readonly Total[]): Total[][] {
  const found = new Map<string | null, Total[]>();
  for (const total of totals) found.set(total.value, [...(found.get(total.value) ?? []), total]);
  return [...found.values()];
}

function revenueOf(totals: readonly Total[], isSeveral: boolean): Revenue {
  if (!isSeveral) return { revenue: sum(totals.map(({ revenue }) => revenue)).toFixed() };
  const codes = [...new Set(totals.map(({ currency }) => currency))].sort();
  const amounts = codes.map((code): [string, string] => [
    code,
    sum(totals.flatMap(({ currency, revenue }) => (currency === code ? [revenue] : []))).toFixed(),
  ]);
  return { revenue: null, revenue_by_currency: Object.fromEntries(amounts) };
}
