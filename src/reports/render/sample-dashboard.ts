import type { DashboardDocument, ReportRow } from './document.js';
import { column, fewCategories, report, thirteenMonths, totalsOverTime } from './sample-reports.js';

/** A dashboard with every kind of picture, and reports in other scripts, for specs and for looking at the page. */

const COUNTRY = column('country', 'Country', { role: 'dimension', type: 'string' });
const DEVICE = column('device', 'Device', { role: 'dimension', type: 'string' });
const CAMPAIGN = column('campaign_name', 'Campaign', { role: 'dimension', type: 'string' });
const COHORT = column('recorded_at', 'First order', { role: 'time', type: 'date' });
const AGE = column('age', 'Months since', { role: 'dimension', type: 'integer' });
const SPEND = column('spend', 'Spend', { type: 'currency', unit: 'USD' });
const REVENUE = column('revenue', 'Revenue', { type: 'currency', unit: 'USD' });
const ROAS = column('roas', 'ROAS');
const RETAINED = column('retained', 'Retention', { unit: '%' });
const twins = (name: string, label: string, unit: string) => [
  column(name, label, { type: 'currency', unit }),
  column(`${name}__previous`, `${label} (previous)`, { type: 'currency', unit }),
  column(`${name}__change`, `${label} (change)`, { unit: '%' }),
];

export const compared = report({
  title: 'This month against the last',
  columns: [
    ...twins('spend', 'Spend', 'USD'),
    ...twins('revenue', 'Revenue', 'USD'),
    column('orders', 'Orders', { type: 'integer' }),
    column('orders__previous', 'Orders (previous)', { type: 'integer' }),
    column('orders__change', 'Orders (change)', { unit: '%' }),
    ROAS,
    column('roas__previous', 'ROAS (previous)'),
    column('roas__change', 'ROAS (change)', { unit: '%' }),
  ],
  rows: [
    {
      spend: '92110.40',
      spend__previous: '81940.15',
      spend__change: '0.124118',
      revenue: '331204.00',
      revenue__previous: '339001.20',
      revenue__change: '-0.023001',
      orders: 4211,
      orders__previous: 4211,
      orders__change: 0,
      roas: 3.5957,
      roas__previous: 4.1372,
      roas__change: '-0.130886',
    },
  ],
  dashboardConfig: { chart: 'tiles' },
});

export const funnelOfMetrics = report({
  title: 'From impression to order',
  columns: [
    column('impressions', 'Impressions', { type: 'integer' }),
    column('clicks', 'Clicks', { type: 'integer' }),
    column('carts', 'Carts', { type: 'integer' }),
    column('orders', 'Orders', { type: 'integer' }),
  ],
  rows: [{ impressions: 1_204_882, clicks: 402_118, carts: 151_300, orders: 48_911 }],
  additive: ['impressions', 'clicks', 'carts', 'orders'],
  dashboardConfig: { chart: 'funnel', metrics: ['impressions', 'clicks', 'carts', 'orders'] },
});

const NAMES = [
  'Brand search',
  'Spring sale',
  'Retargeting',
  'Lookalike',
  'Trail shoes',
  'Gift guide',
  'Outlet',
  'Newsletter',
];
export const scattered = report({
  title: 'Return over spend',
  columns: [CAMPAIGN, SPEND, ROAS, REVENUE],
  rows: Array.from({ length: 26 }, (_point, index): ReportRow => {
    const spend = 1_500 + ((index * 7_919) % 41_000);
    const roas = 6.4 - spend / 9_500 + ((index * 37) % 11) / 5;
    return {
      campaign_name: `${NAMES[index % NAMES.length]} ${1 + Math.floor(index / NAMES.length)}`,
      spend: spend.toFixed(2),
      roas,
      revenue: (spend * roas).toFixed(2),
    };
  }),
  dashboardConfig: { chart: 'scatter', metrics: ['spend', 'roas', 'revenue'] },
});

export const cohorts = report({
  title: 'Who comes back',
  timeGrain: 'monthly',
  columns: [COHORT, AGE, RETAINED],
  rows: Array.from({ length: 8 }, (_cohort, month) =>
    Array.from({ length: 8 - month }, (_age, age): ReportRow => ({
      recorded_at: new Date(Date.UTC(2025, 5 + month, 1)).toISOString().slice(0, 10),
      age,
      retained: age === 0 ? 1 : 0.46 / (1 + age * 0.35) + ((month * 5 + age * 3) % 7) / 100,
    })),
  ).flat(),
  additive: [],
  dashboardConfig: { chart: 'cohort' },
});

const COUNTRIES = ['United States', 'Germany', 'Japan', 'Brazil', 'Egypt'];
const DEVICES = ['mobile', 'desktop', 'tablet'];
export const byCountryAndDevice = report({
  title: 'Spend by country and device',
  columns: [COUNTRY, DEVICE, SPEND],
  rows: COUNTRIES.flatMap((country, place) =>
    DEVICES.map((device, index): ReportRow => ({
      country,
      device,
      spend: ((61_000 / (place + 1)) * [1, 0.62, 0.14][index]!).toFixed(2),
    })),
  ),
  totals: { spend: '245109.33' },
});

export const dashboard: DashboardDocument = {
  ...report({ title: 'Marketing at a glance', subtitle: 'All channels, every morning' }),
  widgets: [
    { title: 'This month', width: 'full', report: compared },
    {
      title: 'Spend and return',
      width: 'two_thirds',
      report: { ...totalsOverTime, dashboardConfig: { chart: 'combo', metrics: ['spend', 'revenue', 'roas'] } },
    },
    {
      title: 'Where the money goes',
      width: 'third',
      report: { ...fewCategories, dashboardConfig: { chart: 'donut', metrics: ['spend'] } },
    },
    { title: 'From impression to order', width: 'half', report: funnelOfMetrics },
    {
      title: 'Country and device',
      width: 'half',
      report: { ...byCountryAndDevice, dashboardConfig: { chart: 'stacked' } },
    },
    {
      title: 'Spend by source',
      width: 'half',
      report: { ...thirteenMonths, dashboardConfig: { chart: 'area', metrics: ['spend'] } },
    },
    { title: 'Return over spend', width: 'half', report: scattered },
    { title: 'Who comes back', width: 'two_thirds', report: cohorts },
    {
      title: 'Note',
      width: 'third',
      report: null,
      text: 'Retention counts customers with at least one order in the month.\n\nTikTok has been paused since the middle of January.',
    },
    {
      title: 'Spend by device in each country',
      width: 'two_thirds',
      report: { ...byCountryAndDevice, dashboardConfig: { chart: 'pivot', rows: 'country', columns: 'device' } },
    },
    {
      title: 'Margin',
      width: 'third',
      report: null,
      problem: 'There is no metric “margin” any more; choose another one for this widget.',
    },
  ],
};

export const arabic = report({
  ...fewCategories,
  title: 'أداء الحملات الإعلانية حسب القناة',
  organization: 'متجر الشمال للرحلات',
  subtitle: 'جميع القنوات المدفوعة خلال الفترة',
  locale: 'ar-EG',
  period: { ...fewCategories.period, label: '' },
  currency: 'EGP',
  columns: [
    column('channel', 'القناة', { role: 'dimension', type: 'string' }),
    column('campaign_name', 'الحملة', { role: 'dimension', type: 'string' }),
    column('spend', 'الإنفاق', { type: 'currency', unit: 'EGP' }),
    column('revenue', 'الإيرادات', { type: 'currency', unit: 'EGP' }),
    column('ctr', 'نسبة النقر', { unit: '%' }),
  ],
  rows: [
    ['بحث جوجل', 'تخفيضات الربيع', '612903.11', '2390321.40', 0.0312],
    ['فيسبوك', 'حملة رمضان 2026 — Ramadan', '488210.90', '1513454.02', 0.0244],
    ['تيك توك', 'إعادة الاستهداف (تجريبية)', '211455.17', '-380618.11', 0.0181],
    ['البريد', 'Newsletter الأسبوعية', '40335.00', '396826.91', 0.0983],
  ].map(
    ([channel, campaign_name, spend, revenue, ctr]) => ({ channel, campaign_name, spend, revenue, ctr }) as ReportRow,
  ),
  totals: { spend: '1352904.18', revenue: '4681220.44', ctr: 0.0431 },
  dashboardConfig: { chart: 'bar', metrics: ['spend', 'revenue'] },
});

export const japanese = report({
  ...thirteenMonths,
  title: '媒体別の広告費と売上',
  organization: '株式会社ノースウィンド',
  subtitle: '「春のキャンペーン」を含む全媒体。絵文字も印字されます 🌸',
  locale: 'ja-JP',
  period: { ...thirteenMonths.period, label: '' },
  currency: 'JPY',
  filtersText: ['媒体 = 検索広告、ＳＮＳ広告またはメール'],
  columns: [
    column('recorded_at', '月', { role: 'time', type: 'date' }),
    column('media', '媒体', { role: 'dimension', type: 'string' }),
    column('spend', '広告費', { type: 'currency', unit: 'JPY' }),
    column('revenue', '売上', { type: 'currency', unit: 'JPY' }),
    column('ctr', 'クリック率', { unit: '%' }),
  ],
  rows: thirteenMonths.rows.map(({ data_source, spend, revenue, ...rest }) => ({
    ...rest,
    media:
      { google_ads: '検索広告', meta_ads: 'ＳＮＳ広告', tiktok_ads: '動画広告（縦型）' }[String(data_source)] ??
      'メール',
    spend: String(Math.round(Number(spend) * 150)),
    revenue: String(Math.round(Number(revenue) * 150)),
  })),
  totals: { spend: '202935627', revenue: '702183066', ctr: 0.0261 },
});
