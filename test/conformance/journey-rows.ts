/** Three customers whose journeys can be worked out by hand. */
import { createHash } from 'node:crypto';
import type { SourceCategory, UnifiedRow } from '../../src/engine/engine.js';

const id = (kind: number, n: number): string => `0000000${kind}-0000-5000-8000-${String(n).padStart(12, '0')}`;
export const [ANNA, PHONE, TABLET, NEWCOMER] = [id(1, 1), id(1, 2), id(1, 3), id(1, 4)] as const;
export const [SPRING, BRAND, AUTUMN] = [id(2, 1), id(2, 2), id(2, 3)] as const;
export const [CAROUSEL, VIDEO] = [id(3, 1), id(3, 2)] as const;

interface Draft {
  readonly at: string;
  readonly source: string;
  readonly category: SourceCategory;
  readonly customer?: string;
  readonly campaign?: string;
  readonly asset?: string;
  readonly payload: Readonly<Record<string, string | number>>;
}

export function rowsOf(drafts: readonly Draft[]): UnifiedRow[] {
  return drafts.map(({ at, source, category, customer, campaign, asset, payload }, index): UnifiedRow => {
    const sorted = Object.fromEntries(Object.entries(payload).sort(([a], [b]) => (a < b ? -1 : 1)));
    const content = {
      id: id(9, index + 1),
      recorded_at: at,
      data_source: source,
      source_category: category,
      campaign_id: campaign ?? null,
      customer_id: customer ?? null,
      asset_id: asset ?? null,
      currency: 'revenue' in payload || 'spend' in payload ? 'USD' : null,
      data_payload: JSON.stringify(sorted),
      attribution_data: null,
    };
    const content_hash = createHash('sha256').update(JSON.stringify(content)).digest('hex').slice(0, 16);
    return { ...content, content_hash, line: index + 1 };
  });
}

const touch = (at: string, source: string, customer: string, campaign: string, rest: Partial<Draft> = {}): Draft => ({
  at,
  source,
  category: 'external_marketing',
  customer,
  campaign,
  ...rest,
  payload: rest.payload ?? {},
});

export const journeyRows = (): UnifiedRow[] =>
  rowsOf([
    touch('2026-01-01T10:00:00.000Z', 'meta_ads', ANNA, SPRING, {
      asset: CAROUSEL,
      payload: { campaign_name: 'Spring', spend: '2.5', device: 'mobile' },
    }),
    // At the very instant of the conversion: it counts, before it.
    touch('2026-01-03T10:00:00.000Z', 'google_ads', ANNA, BRAND, {
      payload: { campaign_name: 'Brand', spend: '0.5', device: 'desktop' },
    }),
    {
      at: '2026-01-03T10:00:00.000Z',
      source: 'shopify',
      category: 'external_revenue',
      customer: ANNA,
      payload: { revenue: 100 },
    },
    touch('2026-01-05T10:00:00.000Z', 'meta_ads', ANNA, SPRING, { payload: { campaign_name: 'Spring', spend: '9' } }),
    {
      at: '2026-01-06T10:00:00.000Z',
      source: 'crm_salesforce',
      category: 'external_operational',
      customer: ANNA,
      payload: { lead_stage: 'customer' },
    },
    touch('2026-01-07T10:00:00.000Z', 'newsletter', ANNA, AUTUMN, {
      category: 'platform_native',
      asset: VIDEO,
      payload: { campaign_name: 'Autumn', channel: 'email' },
    }),
    {
      at: '2026-01-07T12:00:00.000Z',
      source: 'shopify',
      category: 'external_revenue',
      customer: ANNA,
      payload: { revenue: '40', refunds: '15' },
    },
    // A refund of its own.
    {
      at: '2026-01-08T10:00:00.000Z',
      source: 'shopify',
      category: 'external_revenue',
      customer: ANNA,
      payload: { revenue: '-20' },
    },
    touch('2026-01-02T10:00:00.000Z', 'google_ads', PHONE, BRAND, {
      payload: { campaign_name: 'Brand', spend: '1.25', device: 'mobile' },
    }),
    {
      at: '2026-01-04T10:00:00.000Z',
      source: 'shopify',
      category: 'external_revenue',
      customer: TABLET,
      payload: { revenue: '60' },
    },
    // Nobody's rows: what the platforms report.
    {
      at: '2026-01-02T00:00:00.000Z',
      source: 'google_ads',
      category: 'external_marketing',
      campaign: BRAND,
      payload: { campaign_name: 'Brand', spend: '30', device: 'mobile' },
    },
  ]);
