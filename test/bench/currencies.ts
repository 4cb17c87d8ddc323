/** What converting amounts costs: the same rows in three currencies, and as if all were in one. */
import { DataSource } from 'typeorm';
import { ask, overRows, plannedSql, runOnEngine, USUAL_ROWS } from './over-rows.js';
import { DAYS, THREE_CURRENCIES } from './marketing-data.js';
import { median, report, timed } from './report.js';
import { KEY } from './server.js';

const ROUNDS = 15;
const WARM_UP = 3;
const FIRST_DAY = Date.UTC(2025, 0, 1);

const REQUESTS = {
  one_metric_by_month: { metrics: ['spend'], dimensions: ['data_source'], time_grain: 'monthly' },
  roas_by_campaign: { metrics: ['spend', 'revenue', 'roas'], dimensions: ['campaign_name'] },
} as const;

export const benchCurrencies = (): Promise<void> =>
  overRows(
    USUAL_ROWS,
    async ({ app, base, session, organizationId }) => {
      await storeRates(base);
      // The engine was filled without an import, which would have told of the currencies.
      await app.get(DataSource).query(
        `INSERT INTO data_sources (organization_id, data_source, source_category, latest_recorded_at, last_import_rows, last_import_at, currencies)
         VALUES ($1, 'meta_ads', 'external_marketing', now(), 1, now(), '{EUR,GBP,USD}')`,
        [organizationId],
      );
      for (const [name, asked] of Object.entries(REQUESTS)) {
        const request = { ...asked, date_range: { from: '2025-01-01', to: '2026-01-31' } };
        const plain = await plannedSql(app, organizationId, request);
        const times = { converted: [] as number[], plain: [] as number[] };
        for (let round = -WARM_UP; round < ROUNDS; round++) {
          const converted = await timed(() => ask(base, { ...request, limit: 10_000 + WARM_UP + 1 + round }));
          const unconverted = await timed(() => runOnEngine(session, plain));
          if (round < 0) continue;
          times.converted.push(converted.ms);
          times.plain.push(unconverted.ms);
        }
        report({
          bench: `currencies_${name}`,
          ratio: median(times.converted) / median(times.plain),
          unit: 'x_engine_unconverted',
          request_ms: median(times.converted),
          engine_unconverted_ms: median(times.plain),
          rows: USUAL_ROWS,
        });
      }
    },
    THREE_CURRENCIES,
  );

async function storeRates(base: string): Promise<void> {
  const days = Array.from({ length: DAYS }, (_, index) =>
    new Date(FIRST_DAY + index * 86_400_000).toISOString().slice(0, 10),
  );
  const rates = days.flatMap((day, index) => [
    { base: 'EUR', quote: 'USD', day, rate: (1.05 + index / 10_000).toFixed(4) },
    { base: 'EUR', quote: 'GBP', day, rate: (0.85 + index / 20_000).toFixed(5) },
  ]);
  const response = await fetch(new URL('/api/fx/rates', base), {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(rates),
  });
  if (response.status !== 201) throw new Error(await response.text());
}
