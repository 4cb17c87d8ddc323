/** Exchange rates in the system of record: an organisation's own, and the operator's for all organisations. */
import type { EntityManager } from 'typeorm';
import type { GivenRate } from './read-rates.js';

/** Postgres takes the rates of one statement as lists. */
const RATES_PER_STATEMENT = 10_000;

export interface StoredCounts {
  readonly read: number;
  readonly loaded: number;
  readonly restated: number;
  readonly unchanged: number;
}

/**
 * Stores all of them; a rate of the same pair and day is restated, and of several in one body the last one counts.
 * @param organizationId null for the operator's
 */
export async function storeRates(
  manager: EntityManager,
  organizationId: string | null,
  given: readonly GivenRate[],
): Promise<StoredCounts> {
  const rates = [...new Map(given.map((rate) => [`${rate.base}/${rate.quote}/${rate.day}`, rate])).values()];
  const [table, own] = organizationId === null ? ['installation_fx_rates', ''] : ['fx_rates', 'organization_id, '];
  const owner = organizationId === null ? '' : '$7::uuid, ';
  let loaded = 0;
  let restated = 0;
  for (let from = 0; from < rates.length; from += RATES_PER_STATEMENT) {
    const part = rates.slice(from, from + RATES_PER_STATEMENT);
    const list = (field: keyof GivenRate): (string | null)[] => part.map((rate) => rate[field]);
    const changed = await manager.query<{ is_new: boolean }[]>(
      `INSERT INTO ${table} AS known (${own}base, quote, day, rate, source, as_of)
       SELECT ${owner}base, quote, day, rate, source, coalesce(as_of, now())
       FROM unnest($1::text[], $2::text[], $3::date[], $4::numeric[], $5::text[], $6::timestamptz[])
         AS given (base, quote, day, rate, source, as_of)
       ON CONFLICT (${own}base, quote, day) DO UPDATE
         SET rate = excluded.rate, source = excluded.source, as_of = excluded.as_of
         WHERE (known.rate, known.source) IS DISTINCT FROM (excluded.rate, excluded.source)
       RETURNING xmax = 0 AS is_new`,
      [
        ...(['base', 'quote', 'day', 'rate', 'source', 'as_of'] as const).map(list),
        ...(organizationId === null ? [] : [organizationId]),
      ],
    );
    loaded += changed.filter(({ is_new: isNew }) => isNew).length;
    restated += changed.filter(({ is_new: isNew }) => !isNew).length;
  }
  return { read: given.length, loaded, restated, unchanged: given.length - loaded - restated };
}

/** What an audit entry says of an import. */
export const importFacts = (counts: StoredCounts, rates: readonly GivenRate[]): Record<string, unknown> => ({
  ...counts,
  sources: [...new Set(rates.map(({ source }) => source))].sort().slice(0, 20),
});

/**
 * The rates that count for the organisation `$1`, as a relation: its own, and the operator's for those pairs and days for
 * which it has none, neither way round.
 */
export const EFFECTIVE_RATES = `(
  SELECT base, quote, day, rate, source, as_of, 'organization' AS origin FROM fx_rates WHERE organization_id = $1
  UNION ALL
  SELECT base, quote, day, rate, source, as_of, 'installation' FROM installation_fx_rates AS given WHERE NOT EXISTS (
    SELECT FROM fx_rates AS own WHERE own.organization_id = $1 AND own.day = given.day
      AND (own.base, own.quote) IN ((given.base, given.quote), (given.quote, given.base))
  )
)`;
