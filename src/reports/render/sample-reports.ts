import type { PlannedColumn } from '../../compiler/query/types.js';
import type { ReportDocument, ReportRow } from './document.js';

/** Reports with the shapes that come up in practice, for specs and for looking at the page. */

export const column = (name: string, label: string, rest: Partial<PlannedColumn> = {}): PlannedColumn => ({
  name,
  label,
  role: 'metric',
  type: 'float',
  unit: null,
  description: null,
  lineage: [],
  ...rest,
});

const DATE = column('recorded_at', 'Month', { role: 'time', type: 'date' });
const SOURCE = column('data_source', 'Source', { role: 'dimension', type: 'string' });
const CAMPAIGN = column('campaign_name', 'Campaign', { role: 'dimension', type: 'string' });
const SPEND = column('spend', 'Spend', { type: 'currency', unit: 'USD' });
const REVENUE = column('revenue', 'Revenue', { type: 'currency', unit: 'USD' });
const CLICKS = column('clicks', 'Clicks', { type: 'integer' });
const CTR = column('ctr', 'CTR', { unit: '%' });
const ROAS = column('roas', 'ROAS');
const PROFIT = column('profit', 'Profit', { type: 'currency', unit: 'USD' });

export const report = (rest: Partial<ReportDocument>): ReportDocument => ({
  title: 'Spend and return by source',
  organization: 'Northwind Outdoor',
  period: {
    from: '2025-01-01T05:00:00Z',
    to: '2026-02-01T05:00:00Z',
    time_zone: 'America/New_York',
    label: 'Last 13 months',
  },
  filtersText: [],
  columns: [],
  rows: [],
  totals: null,
  additive: ['spend', 'revenue', 'clicks', 'profit'],
  generatedAt: '2026-02-02T14:00:00Z',
  dataAsOf: {
    meta_ads: '2026-02-02T04:00:00Z',
    google_ads: '2026-02-02T04:00:00Z',
    tiktok_ads: '2026-02-01T22:00:00Z',
    klaviyo: '2026-02-02T04:00:00Z',
  },
  snapshot: '9f2c41d07ab35e8810c6b2f4d95a7713e6a0c1ffb2d3e4958617a0b9c8d7e6f5',
  warnings: [],
  truncated: false,
  locale: 'en-US',
  currency: 'USD',
  ...rest,
});

const cents = (value: number): string => value.toFixed(2);
/** A smooth, repeatable stand-in for chance, from 0 to 1. */
const wobble = (seed: number): number => (Math.sin(seed * 12.9898) * 43758.5453) % 1;

const SOURCES = ['google_ads', 'meta_ads', 'tiktok_ads', 'klaviyo'] as const;

export const thirteenMonths = report({
  timeGrain: 'monthly',
  filtersText: ['Source is google_ads, meta_ads, tiktok_ads or klaviyo', 'Spend is greater than 0'],
  columns: [DATE, SOURCE, SPEND, REVENUE, CLICKS, CTR, ROAS],
  rows: Array.from({ length: 13 }, (_month, month) =>
    SOURCES.map((source, index): ReportRow => {
      const season = 1 + 0.45 * Math.exp(-((month - 10.5) ** 2) / 2);
      const spend = [41_200, 33_800, 14_900, 3_100][index]! * season * (1 + 0.12 * wobble(month * 7 + index));
      const roas = [3.9, 3.1, 1.8, 9.4][index]! * (1 + 0.1 * wobble(month * 3 + index * 5));
      return {
        recorded_at: new Date(Date.UTC(2025, month, 1)).toISOString().slice(0, 10),
        data_source: source,
        spend: cents(spend),
        revenue: cents(spend * roas),
        clicks: Math.round(spend / 1.37),
        ctr: 0.021 + 0.004 * index,
        roas: Math.round(roas * 1e9) / 1e9,
      };
    }),
  ).flat(),
  totals: { spend: '1352904.18', revenue: '4681220.44', clicks: 987521, ctr: 0.0261, roas: 3.460127 },
});

export const totalsOverTime = report({
  title: 'Blended return on ad spend',
  timeGrain: 'monthly',
  columns: [DATE, SPEND, REVENUE, ROAS],
  rows: Array.from({ length: 13 }, (_month, month): ReportRow => {
    const spend = 93_000 + 9_000 * wobble(month) + (month > 9 ? 30_000 : 0);
    const roas = 3.4 + 0.5 * wobble(month * 5);
    return {
      recorded_at: new Date(Date.UTC(2025, month, 1)).toISOString().slice(0, 10),
      spend: month === 4 ? null : cents(spend),
      revenue: month === 4 ? null : cents(spend * roas),
      roas: month === 4 ? null : roas,
    };
  }),
  totals: { spend: '1352904.18', revenue: '4681220.44', roas: 3.460127 },
});

export const manyCampaigns = report({
  title: 'Campaign profitability',
  subtitle: 'All paid campaigns with spend in the period, by profit',
  columns: [CAMPAIGN, SOURCE, SPEND, REVENUE, PROFIT, CLICKS, CTR, ROAS],
  rows: Array.from({ length: 60 }, (_campaign, index): ReportRow => {
    const spend = 48_000 / (1 + index * 0.35);
    const roas = 4.2 - index * 0.09 + wobble(index);
    return {
      campaign_name:
        index === 3
          ? 'US_Prospecting_Broad_Advantage+_Shopping_2025-Q4_HolidayGiftGuide_Video+Carousel_v17_retargeting-excluded_final_FINAL2'
          : index === 7
            ? null
            : `${['Brand search', 'Spring sale', 'Retargeting', 'Lookalike 1 %', 'Trail shoes'][index % 5]} ${index + 1}`,
      data_source: SOURCES[index % 4] ?? null,
      spend: cents(spend),
      revenue: index % 11 === 5 ? null : cents(spend * roas),
      profit: cents(spend * (roas - 1.6)),
      clicks: Math.round(spend / 1.2),
      ctr: index % 11 === 5 ? null : 0.031 - index * 0.0003,
      roas: index % 11 === 5 ? null : roas,
    };
  }),
  totals: { spend: '214332.87', revenue: '611092.05', profit: '-18240.55', clicks: 178611, ctr: 0.0248, roas: 2.851 },
  warnings: ['tiktok_ads has no rows after January 30; the last two days are missing.'],
  truncated: true,
});

export const singleRow = report({
  title: 'Yesterday at a glance',
  period: {
    from: '2026-02-01T05:00:00Z',
    to: '2026-02-02T05:00:00Z',
    time_zone: 'America/New_York',
    label: 'Yesterday',
  },
  columns: [SPEND, REVENUE, CLICKS, ROAS],
  rows: [{ spend: '3120.50', revenue: '10455.12', clicks: 2811, roas: 3.350462 }],
});

export const fewCategories = report({
  title: 'Spend and return by source',
  columns: [SOURCE, SPEND, REVENUE, ROAS],
  rows: [
    { data_source: 'google_ads', spend: '612903.11', revenue: '2390321.40', roas: 3.9 },
    { data_source: 'meta_ads', spend: '488210.90', revenue: '1513454.02', roas: 3.1 },
    { data_source: 'tiktok_ads', spend: '211455.17', revenue: '380618.11', roas: 1.8 },
    { data_source: 'klaviyo', spend: '40335.00', revenue: '396826.91', roas: 9.838278 },
  ],
  totals: { spend: '1352904.18', revenue: '4681220.44', roas: 3.460127 },
});
