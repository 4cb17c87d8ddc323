/** TikTok Ads Manager: decimal commas occur; the currency is often missing; `Total of n results` at the end. */
import type { AdsExport } from './ads.js';

const DATE = ['date', 'day', 'by day', 'stat time day'];

export const TIKTOK_ADS: AdsExport = {
  title: 'a TikTok Ads export by day',
  data_source: 'tiktok_ads',
  required: [
    { label: 'Campaign name', names: ['campaign name'] },
    { label: 'Cost', names: ['cost', 'spend', 'total cost'] },
    { label: 'Date', names: DATE },
  ],
  columns: {
    date: DATE,
    campaign: ['campaign name'],
    campaign_id: ['campaign id'],
    ad_set: ['ad group name'],
    ad_set_id: ['ad group id'],
    ad: ['ad name'],
    ad_id: ['ad id'],
    currency: ['currency'],
    numbers: {
      spend: ['cost', 'spend', 'total cost'],
      impressions: ['impressions', 'impression'],
      reach: ['reach'],
      frequency: ['frequency'],
      clicks: ['clicks (destination)', 'clicks', 'clicks (all)'],
      conversions: ['conversions', 'results', 'complete payment', 'total complete payment', 'purchases'],
      revenue: ['total complete payment value', 'complete payment value', 'total purchase value', 'conversion value'],
      video_views: ['video views'],
    },
  },
  dropped: [],
  namelessIsTotal: false,
};
