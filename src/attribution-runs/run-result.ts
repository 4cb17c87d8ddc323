import { Decimal } from 'decimal.js';
import type { EngineValue } from '../engine/engine.js';
import type { ModelResult, RunResult } from './run-row.js';

const Exact = Decimal.clone({ precision: 60, toExpNeg: -60, toExpPos: 60 });

/** Plain notation without trailing zeros. */
const plain = (value: Decimal): string => value.toFixed();

/** @param totals rows of `totalsSql` */
export function resultOf(
  totals: readonly (readonly EngineValue[])[],
  models: readonly string[],
  by: string,
  currencies: readonly string[],
): RunResult {
  const results: Record<string, ModelResult> = {};
  let conversions = 0;
  let revenue = new Exact(0);
  for (const key of models) {
    const own = totals.filter(([model]) => model === key);
    const isAlone = (row: readonly EngineValue[]): boolean => [true, 1, '1', 't', 'true'].includes(row[1] as never);
    const sum = (rows: typeof own, column: number): Decimal =>
      rows.reduce((all, row) => all.plus(String(row[column])), new Exact(0));
    const alone = own.filter(isAlone);
    const credited = sum(own, 3).minus(sum(alone, 3));
    results[key] = {
      credited: credited.toNumber(),
      unattributed: sum(alone, 3).toNumber(),
      rows: own.map((row) => ({
        value: isAlone(row) ? 'unattributed' : row[2] === null ? null : String(row[2]),
        conversions: plain(new Exact(String(row[3]))),
        revenue: plain(new Exact(String(row[4]))),
      })),
    };
    conversions = sum(own, 3).toNumber();
    revenue = sum(own, 4);
  }
  const mixed =
    currencies.length > 1
      ? [
          {
            code: 'mixed_currencies',
            message: `Revenue here adds up amounts in ${currencies.join(', ')}. Ask by currency in a query, or of one source.`,
          },
        ]
      : [];
  return { conversions, revenue: plain(revenue), by, currencies, warnings: mixed, models: results };
}
