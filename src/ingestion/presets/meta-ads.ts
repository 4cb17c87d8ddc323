/** Meta Ads Manager: the currency stands in the header, the totals in a line without a name. */
import type { AdsExport } from './ads.js';

const SPEND = [/^amount spent( \([a-z]{3}\))?$/];

export const META_ADS: AdsExport = {
  title: 'a Meta Ads export',
  data_source: 'meta_ads',
  required: [
    { label: 'Campaign name', names: ['campaign name'] },
    { label: 'Amount spent', names: SPEND },
    { label: 'Day', names: ['day', 'date', 'reporting starts'] },
  ],
  columns: {
    date: ['day', 'date', 'reporting starts'],
    campaign: ['campaign name'],
    campaign_id: ['campaign id'],
    ad_set: ['ad set name'],
    ad_set_id: ['ad set id'],
    ad: ['ad name'],
    ad_id: ['ad id'],
    currency: ['currency', 'account currency'],
    numbers: {
      spend: SPEND,
      impressions: ['impressions'],
      reach: ['reach'],
      frequency: ['frequency'],
      clicks: ['link clicks', 'clicks (all)', 'clicks'],
      conversions: ['purchases', 'website purchases', 'conversions', 'results'],
      revenue: [/^(website )?purchases? conversion value( \([a-z]{3}\))?$/, 'conversion value', 'results value'],
    },
  },
  dropped: ['reporting starts', 'reporting ends'],
  period_end: ['reporting ends'],
  currencyInHeader: /^Amount spent \(([A-Z]{3})\)$/i,
  namelessIsTotal: true,
};
