/**
 * Attribution of every rule-based model in the embedded engine, against one sorted scan of the same touchpoints: what
 * any computation over journeys has to do at least. Ten touchpoints a customer, one conversion each. Then 1 % new rows, once
 * as widely spread as can be, once of 1 % of the customers, once of the newest day and as many customers as can be, each
 * restated by an update.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { RULE_MODELS } from '../../src/attribution/models/models.js';
import { DEFAULT_SETTINGS, parametersOf } from '../../src/attribution/models/settings.js';
import { RunEngine } from '../../src/attribution-runs/run-engine.js';
import { createEngine } from '../../src/engine/create-engine.js';
import { markRows } from '../../src/engine/clickhouse/journeys.js';
import type { Engine } from '../../src/engine/engine.js';
import { median, progress, report, timed, timedWhole, withFolder } from './report.js';

const SIZES = (process.env.BENCH_TOUCHPOINTS ?? '1000000,10000000').split(',').map(Number);
const TYPED = [
  { name: 'revenue', type: 'decimal' },
  { name: 'refunds', type: 'decimal' },
  { name: 'spend', type: 'decimal' },
] as const;
const MAX_SECONDS = 1_800;
const never = new AbortController().signal;

const id = (...parts: string[]): string => `reinterpret(sipHash128(${parts.join(', ')}), 'UUID')`;
const COLUMNS = `organization_id, id, recorded_at, data_source, source_category, campaign_id, customer_id, asset_id, currency, data_payload, attribution_data, content_hash, version, is_deleted`;

/** Whose the rows are: each of a customer of any, or ten of each of the first 1 %. */
const WIDE = (customers: number, mark: string): string => `sipHash64(number, 4, ${mark}) % ${customers}`;
const NARROW = (customers: number): string => `number % ${Math.round(customers / 100)}`;
type Whose = typeof WIDE;

const FROM = `toDateTime64('2026-01-01 00:00:00', 3, 'UTC')`;
const customer = (n: string): string => id(`'u'`, `toUInt64(${n})`);

/** Touches over the last of 40 days, or all of them. @param mark tells one such insert's rows from another's */
const touches = (
  organization: string,
  customers: number,
  count: number,
  mark: string,
  whose: Whose,
  days = 40,
): string =>
  `INSERT INTO unified_marketing_data (${COLUMNS}) SELECT '${organization}', ${id('number', mark)},
      ${FROM} + toIntervalMillisecond(${(40 - days) * 86_400_000} + sipHash64(number, 1, ${mark}) % ${days * 86_400_000}),
      ['meta_ads', 'google_ads', 'tiktok_ads', 'email', 'direct'][sipHash64(number, 2) % 5 + 1], 'external_marketing',
      ${id(`'c'`, 'sipHash64(number, 3) % 200')}, ${customer(whose(customers, mark))}, ${id(`'a'`, 'sipHash64(number, 5) % 500')},
      'USD', '{"clicks":1,"device":"mobile"}', '{}', 1, 1, 0 FROM numbers(${count})`;

/** One a customer, in the last 20 of the 40 days. */
const conversions = (organization: string, customers: number): string =>
  `INSERT INTO unified_marketing_data (${COLUMNS}) SELECT '${organization}', ${id('number', `'v${organization}'`)},
      ${FROM} + toIntervalMillisecond(1728000000 + sipHash64(number, 6) % 1728000000), 'shopify_orders', 'external_revenue',
      NULL, ${customer('number')}, NULL, 'USD', concat('{"revenue":"', toString(intDiv(sipHash64(number, 7) % 2000000, 100)), '.', leftPad(toString(sipHash64(number, 7) % 100), 2, '0'), '"}'),
      '{}', 1, 1, 0 FROM numbers(${customers})`;

/** Sorted in memory, and every column looked at. */
const SORTED_SCAN = `SELECT count(), sum(cityHash64(customer_id, recorded_at, id, data_source, campaign_id, asset_id)) FROM (
  SELECT customer_id, recorded_at, id, data_source, campaign_id, asset_id FROM unified_marketing_data
  WHERE source_category = 'external_marketing' AND customer_id IS NOT NULL
  ORDER BY customer_id, recorded_at, id LIMIT 1000000000)`;

/** What a question for attributed revenue and conversions by campaign asks of the engine. */
const BY_CAMPAIGN = `SELECT campaign_id, sum(revenue_amount), sum(attribution_weight) FROM revenue_attribution
  WHERE attribution_model = 'linear' GROUP BY campaign_id ORDER BY 2 DESC`;

export const benchAttribution = (): Promise<void> =>
  withFolder(async (folder) => {
    const engine = await createEngine({ url: `chdb:${join(folder, 'engine')}`, typedFields: TYPED });
    await engine.migrate();
    const before: number[] = [];
    try {
      for (const touchpoints of SIZES) before.push(await bench(engine, touchpoints, before[0] ?? null));
    } finally {
      await engine.close();
    }
  });

/** @returns seconds of the whole run per million touchpoints */
async function bench(engine: Engine, touchpoints: number, perMillionBefore: number | null): Promise<number> {
  const organizationId = randomUUID();
  const customers = touchpoints / 10;
  const runs = new RunEngine(engine);
  const work = (sql: string): Promise<void> =>
    engine.work({ organization_id: organizationId, sql, max_seconds: MAX_SECONDS });
  await work(touches(organizationId, customers, touchpoints, `'${organizationId}'`, WIDE));
  await work(conversions(organizationId, customers));
  await quiet();
  const idle = process.memoryUsage().rss / 1e6;
  progress(`attribution: ${touchpoints} touchpoints are there`);
  const scans: number[] = [];
  for (let n = 0; n < 3; n++) scans.push((await timed(() => runs.read(organizationId, SORTED_SCAN, [], never))).ms);
  const scan = median(scans);

  let peak = 0;
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss / 1e6)), 100);
  const settings = { ...DEFAULT_SETTINGS, direct: ['direct'] };
  const parameters = parametersOf(settings, RULE_MODELS, null);
  const first = randomUUID();
  const whole = await timedWhole(async () => {
    const sizes = await runs.sizes(organizationId, null, never);
    const job = { organizationId, rowsId: first, parameters, isUpdate: false, sizes, signal: never };
    for (let chunk = 0; chunk < sizes.chunks; chunk++) await runs.compute(job, chunk);
    return sizes.chunks;
  });
  clearInterval(watch);
  progress(`attribution: run ${Math.round(whole.ms)} ms, scan ${Math.round(scan)} ms`);
  await reconcile(engine, organizationId, [first], customers);

  const chain = [first];
  const update = async (whose: Whose, days = 40): Promise<{ customers: number; ms: number; processorMs: number }> => {
    const [change, second] = [randomUUID(), randomUUID()];
    const [count, mark] = [Math.round(touchpoints / 100), `'${change}'`];
    await work(touches(organizationId, customers, count, mark, whose, days));
    const added = `SELECT ${id('number', mark)} FROM numbers(${count})`;
    const rows = `(SELECT * FROM unified_marketing_data WHERE organization_id = '${organizationId}' AND id IN (${added}))`;
    await work(markRows(organizationId, change, rows));
    await quiet();
    const { ms, processorMs } = await timedWhole(async () => {
      await runs.supersede({ organization: organizationId, run: second, chain, changes: [change], parameters }, never);
      const sizes = await runs.sizes(organizationId, second, never);
      const job = { organizationId, rowsId: second, parameters, isUpdate: true, sizes, signal: never };
      for (let chunk = 0; chunk < sizes.chunks; chunk++) await runs.compute(job, chunk);
    });
    const [row] = await runs.read(
      organizationId,
      `SELECT uniqExact(customer_id) FROM attribution_superseded WHERE by_run = '${second}'`,
      [second],
      never,
    );
    chain.push(second);
    await reconcile(engine, organizationId, chain, customers);
    return { customers: Number(row?.[0]), ms, processorMs };
  };
  const [wide, narrow, newest] = [await update(WIDE), await update(NARROW), await update(WIDE, 1)];
  const byCampaign = await timedWhole(() => runs.read(organizationId, BY_CAMPAIGN, chain, never));
  const perMillion = whole.ms / 1_000 / (touchpoints / 1e6);
  report({
    bench: `attribution_${touchpoints / 1e6}m`,
    ratio: whole.ms / scan,
    unit: 'x_sorted_scan',
    touchpoints,
    customers,
    models: RULE_MODELS.length,
    chunks: whole.value,
    scan_seconds: scan / 1_000,
    run_seconds: whole.ms / 1_000,
    seconds_per_million: perMillion,
    ...(perMillionBefore === null ? {} : { growth_per_touchpoint: perMillion / perMillionBefore }),
    idle_mb: idle,
    peak_mb: peak,
    run_processor_seconds: whole.processorMs / 1_000,
    wide_update_customers: wide.customers,
    wide_update_seconds: wide.ms / 1_000,
    wide_update_share_of_run: wide.processorMs / whole.processorMs,
    narrow_update_customers: narrow.customers,
    narrow_update_seconds: narrow.ms / 1_000,
    narrow_update_share_of_run: narrow.processorMs / whole.processorMs,
    newest_update_customers: newest.customers,
    newest_update_seconds: newest.ms / 1_000,
    newest_update_share_of_run: newest.processorMs / whole.processorMs,
    by_campaign_seconds: byCampaign.ms / 1_000,
    by_campaign_processor_seconds: byCampaign.processorMs / 1_000,
  });
  return perMillion;
}

/** Until the engine has merged what was written, so that its processor time is not counted with what comes next. */
async function quiet(): Promise<void> {
  for (let idleTimes = 0; idleTimes < 3;) {
    const before = process.cpuUsage();
    await sleep(500);
    const { user, system } = process.cpuUsage(before);
    idleTimes = user + system < 50_000 ? idleTimes + 1 : 0;
  }
}

/** Every model gives every conversion a credit of 1 and all of its revenue, or the numbers above are worth nothing. */
async function reconcile(
  engine: Engine,
  organizationId: string,
  runs: readonly string[],
  conversions: number,
): Promise<void> {
  const ask = async (sql: string): Promise<string> => {
    const { batches } = await engine.query({
      sql,
      params: [],
      organization_id: organizationId,
      attribution_runs: runs,
      max_seconds: MAX_SECONDS,
    });
    const all: string[] = [];
    for await (const batch of batches) for (const row of batch) all.push(row.map(String).join(' '));
    return all.join('; ');
  };
  const revenue = await ask(
    `SELECT sum(data_payload.revenue) FROM unified_marketing_data WHERE source_category = 'external_revenue'`,
  );
  const models = await ask(
    'SELECT uniqExact(c), uniqExact(r), any(c), any(r) FROM (SELECT attribution_model, sum(attribution_weight) AS c, sum(revenue_amount) AS r FROM revenue_attribution GROUP BY attribution_model)',
  );
  const [sums, amounts, credit, total] = models.split(' ');
  if (sums !== '1' || amounts !== '1' || Number(credit) !== conversions || Number(total) !== Number(revenue))
    throw new Error(`Attribution does not add up: ${models} against ${conversions} ${revenue}`);
}
