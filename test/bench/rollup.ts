/**
 * The same requests over HTTP answered from rows, and then from a rollup by day, on both engines. The answers are checked
 * to be the same, byte for byte, before they are timed.
 */
import { join } from 'node:path';
import { drainPending, Session } from 'chdb';
import pg from 'pg';
import { acrossOrganizations } from '../../src/access/tenancy/scope.js';
import type { ReportRequest } from '../../src/compiler/query/types.js';
import { parseConfig } from '../../src/config/config.js';
import { createApp } from '../../src/create-app.js';
import { startEmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { SetupService } from '../../src/setup/setup.service.js';
import { openStores } from '../../src/stores.js';
import { insertMarketingData, insertMarketingDataInPostgres, USD_ONLY } from './marketing-data.js';
import { median, progress, report, timed, withFolder } from './report.js';
import { KEY, settings } from './server.js';

const ROUNDS = 9;
const WARM_UP = 2;
const THIRTEEN_MONTHS = { from: '2025-01-01', to: '2026-01-31' };
const DEFINITION = {
  dimensions: ['data_source', 'source_category', 'campaign_id', 'campaign_name', 'currency'],
  grain: 'daily',
  time_zone: 'UTC',
};
const METRICS = ['spend', 'revenue', 'roas'];

const CASES: Readonly<Record<string, ReportRequest>> = {
  by_source: { metrics: METRICS, dimensions: ['data_source'], date_range: THIRTEEN_MONTHS },
  by_campaign: { metrics: METRICS, dimensions: ['campaign_name'], date_range: THIRTEEN_MONTHS },
  by_day: { metrics: METRICS, dimensions: [], time_grain: 'daily', date_range: THIRTEEN_MONTHS },
  by_source_and_month_with_totals: {
    metrics: ['spend', 'clicks', 'impressions', 'conversions', 'ctr', 'cpc'],
    dimensions: ['data_source'],
    time_grain: 'monthly',
    totals: true,
    date_range: THIRTEEN_MONTHS,
  },
  by_campaign_and_day: {
    metrics: METRICS,
    dimensions: ['campaign_id'],
    time_grain: 'daily',
    date_range: THIRTEEN_MONTHS,
    limit: 20_000,
  },
};

interface Listed {
  readonly data: readonly { name: string; state: string; stale_months: number; rows: number; bytes: number }[];
}

export class Door {
  private limit = 0;

  constructor(private readonly base: string) {}

  async send(path: string, body?: unknown, method = 'POST'): Promise<string> {
    const response = await fetch(new URL(path, this.base), {
      method: body === undefined ? 'GET' : method,
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status}: ${text}`);
    return text;
  }

  /** Never the same request again, since an equal one would be answered from the cache. */
  ask(request: ReportRequest): Promise<string> {
    this.limit += 1;
    return this.send('/api/query', { ...request, limit: (request.limit ?? 10_000) + this.limit });
  }

  async measure(): Promise<Map<string, { ms: number; rows: string }>> {
    const found = new Map<string, { ms: number; rows: string }>();
    for (const [name, request] of Object.entries(CASES)) {
      const { rows, totals } = JSON.parse(await this.ask(request)) as { rows: unknown; totals: unknown };
      const times: number[] = [];
      for (let round = -WARM_UP; round < ROUNDS; round++) {
        const { ms } = await timed(() => this.ask(request));
        if (round >= 0) times.push(ms);
      }
      found.set(name, { ms: median(times), rows: JSON.stringify([rows, totals]) });
    }
    return found;
  }

  async rollUp(): Promise<Listed['data'][number]> {
    await this.send('/api/marketing/rollups/bench', DEFINITION, 'PUT');
    return this.current();
  }

  /** Waits until the rollup has taken in all rows. */
  async current(): Promise<Listed['data'][number]> {
    for (;;) {
      const { data } = JSON.parse(await this.send('/api/marketing/rollups')) as Listed;
      const mine = data.find(({ name, state, stale_months }) => name === 'bench' && state === 'ready' && !stale_months);
      if (mine) return mine;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function compare(engine: string, rows: number, base: string): Promise<void> {
  const door = new Door(base);
  const before = await door.measure();
  const { ms: build, value: rollup } = await timed(() => door.rollUp());
  const after = await door.measure();
  const ratios: number[] = [];
  for (const [name, { ms, rows: fromRows }] of before) {
    const rolled = after.get(name);
    if (rolled?.rows !== fromRows) throw new Error(`${engine}, ${name}: the rollup gives another answer than rows.`);
    const ratio = ms / rolled.ms;
    ratios.push(ratio);
    report({ bench: `rollup_${engine}_${name}`, ratio, unit: 'x_faster', rows_ms: ms, rollup_ms: rolled.ms });
  }
  report({
    ...{ bench: `rollup_${engine}`, ratio: median(ratios), unit: 'x_faster', least: Math.min(...ratios) },
    ...{ rows, rollup_rows: rollup.rows, rollup_bytes: rollup.bytes, build_ms: build },
  });
}

async function overEngine(
  engine: string,
  rows: number,
  env: Record<string, string>,
  load: (organizationId: string) => Promise<void>,
): Promise<void> {
  const stores = await openStores(parseConfig({ ...env, ROLLUP_MIN_ROWS: 'off' }));
  const app = await createApp(stores);
  try {
    const { organization } = await app.get(SetupService).ensureOrganization();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { ms } = await timed(() => load(organization.id));
    progress(`rollup: ${rows} rows made in ${engine} in ${(ms / 1_000).toFixed(1)} s`);
    await compare(engine, rows, await app.getUrl());
  } finally {
    await app.close();
    await stores.close();
  }
}

export async function benchRollup(): Promise<void> {
  const large = Number(process.env.BENCH_ROWS ?? 2_000_000);
  await withFolder((folder) =>
    acrossOrganizations('benchmark', () =>
      overEngine('clickhouse', large, settings(folder), async (organizationId) => {
        const session = new Session(join(folder, 'clickhouse'));
        insertMarketingData(session, organizationId, large, USD_ONLY);
        session.query('OPTIMIZE TABLE unified_marketing_data FINAL');
        session.close();
        await drainPending();
      }),
    ),
  );
  const small = Math.round(large / 4);
  await withFolder(async (folder) => {
    const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
    const env = { ...settings(folder), DATABASE_URL: server.url, ANALYTICS_URL: server.url };
    await acrossOrganizations('benchmark', () =>
      overEngine('postgres', small, env, async (organizationId) => {
        const client = new pg.Client({ connectionString: server.url });
        await client.connect();
        await insertMarketingDataInPostgres(client, organizationId, small);
        await client.end();
      }),
    ).finally(() => server.stop());
  });
}
