/** Google Ads: a title and a date range above the header, ` --` for none, `< 10%`, `Total: …` at the end, UTF-16 at times. */
import type { AdsExport } from './ads.js';

export const GOOGLE_ADS: AdsExport = {
  title: 'a Google Ads report by day',
  data_source: 'google_ads',
  required: [
    { label: 'Day', names: ['day', 'date'] },
    { label: 'Campaign', names: ['campaign', 'campaign name'] },
    { label: 'Cost', names: ['cost'] },
  ],
  columns: {
    date: ['day', 'date'],
    campaign: ['campaign', 'campaign name'],
    campaign_id: ['campaign id'],
    ad_set: ['ad group', 'ad group name'],
    ad_set_id: ['ad group id'],
    ad: ['ad', 'ad name'],
    ad_id: ['ad id'],
    currency: ['currency code', 'currency'],
    numbers: {
      spend: ['cost'],
      impressions: ['impr.', 'impressions'],
      clicks: ['clicks'],
      conversions: ['conversions'],
      revenue: ['conv. value', 'conversion value', 'total conv. value'],
    },
  },
  dropped: [],
  namelessIsTotal: false,
};
