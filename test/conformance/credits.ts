/**
 * Credits of a run worked out by hand over `journeyRows()`, written where runs write theirs. Anna's order of 100 has two
 * touchpoints; her order of 40, of which 15 and then 20 were given back, has all four; the tablet's 60 have none.
 */
import pg from 'pg';
import { ANNA, AUTUMN, BRAND, CAROUSEL, SPRING, TABLET, VIDEO } from './journey-rows.js';
import type { Store } from './stores.js';

export const RUN = '0000000a-0000-4000-8000-000000000001';
const id = (n: number): string => `00000009-0000-5000-8000-${String(n).padStart(12, '0')}`;

interface Touch {
  readonly touch: number;
  readonly source: string;
  readonly category: string;
  readonly campaign: string;
  readonly asset: string | null;
}
const META: Touch = { touch: 1, source: 'meta_ads', category: 'external_marketing', campaign: SPRING, asset: CAROUSEL };
const GOOGLE: Touch = { touch: 2, source: 'google_ads', category: 'external_marketing', campaign: BRAND, asset: null };
const META_AGAIN: Touch = { ...META, touch: 4, asset: null };
const MAIL: Touch = { touch: 6, source: 'newsletter', category: 'platform_native', campaign: AUTUMN, asset: VIDEO };

const MODELS = ['first_touch', 'last_touch', 'linear'];
const WHOLE = 1_000_000_000;

/** Per touchpoint the revenue by each of {@link MODELS}. */
interface Conversion {
  readonly conversion: number;
  readonly customer: string;
  readonly at: string;
  readonly revenue: string;
  readonly touches: readonly (Touch & { readonly credits: readonly number[]; readonly revenues: readonly string[] })[];
}
const CONVERSIONS: readonly Conversion[] = [
  {
    ...{ conversion: 3, customer: ANNA, at: '2026-01-03 10:00:00', revenue: '100' },
    touches: [
      { ...META, credits: [WHOLE, 0, WHOLE / 2], revenues: ['100', '0', '50'] },
      { ...GOOGLE, credits: [0, WHOLE, WHOLE / 2], revenues: ['0', '100', '50'] },
    ],
  },
  {
    ...{ conversion: 7, customer: ANNA, at: '2026-01-07 12:00:00', revenue: '5' },
    touches: [
      { ...META, credits: [WHOLE, 0, WHOLE / 4], revenues: ['5', '0', '1.25'] },
      { ...GOOGLE, credits: [0, 0, WHOLE / 4], revenues: ['0', '0', '1.25'] },
      { ...META_AGAIN, credits: [0, 0, WHOLE / 4], revenues: ['0', '0', '1.25'] },
      { ...MAIL, credits: [0, WHOLE, WHOLE / 4], revenues: ['0', '5', '1.25'] },
    ],
  },
  { conversion: 10, customer: TABLET, at: '2026-01-04 10:00:00', revenue: '60', touches: [] },
];

export async function writeCredits({ engine, url }: Store, organization: string): Promise<void> {
  const rows = CONVERSIONS.flatMap(({ conversion, customer, at, revenue, touches }): object[] => {
    const whole = {
      ...{ organization_id: organization, run_id: RUN, customer_id: customer, conversion_id: id(conversion) },
      ...{ transaction_date: at, transaction_source: 'shopify', currency: 'USD', transaction_revenue: revenue },
      models: MODELS,
    };
    const none = {
      ...{ touchpoint_id: null, touchpoint_at: null, touchpoint_sequence: 0, touchpoint_count: 0, data_source: null },
      ...{ source_category: null, channel: null, campaign_id: null, asset_id: null },
      ...{ credits: MODELS.map(() => WHOLE), revenues: MODELS.map(() => revenue) },
    };
    if (touches.length === 0) return [{ ...whole, ...none }];
    return touches.map(({ touch, source, category, campaign, asset, credits, revenues }, index) => ({
      ...whole,
      ...{ touchpoint_id: id(touch), touchpoint_at: at, touchpoint_sequence: index + 1 },
      ...{ touchpoint_count: touches.length, data_source: source, source_category: category, channel: source },
      ...{ campaign_id: campaign, asset_id: asset, credits, revenues },
    }));
  });
  const lines = rows.map((row) => JSON.stringify(row));
  if (engine.dialect === 'clickhouse') {
    const { username, password, origin, pathname } = new URL(url.replace('clickhouse://', 'http://'));
    const query = `INSERT INTO attribution_credit FORMAT JSONEachRow\n${lines.join('\n')}`;
    const answer = await fetch(`${origin}/?database=${pathname.slice(1) || 'default'}`, {
      method: 'POST',
      body: query,
      headers: {
        authorization: `Basic ${Buffer.from(`${username}:${decodeURIComponent(password)}`).toString('base64')}`,
      },
    });
    if (!answer.ok) throw new Error(await answer.text());
    return;
  }
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(
    `INSERT INTO tributary_engine.attribution_credit
     SELECT * FROM json_populate_recordset(NULL::tributary_engine.attribution_credit, $1::json)`,
    [`[${lines.join(',')}]`],
  );
  await client.end();
}
