/**
 * The sample organisation: thirteen months of a home-furnishing shop, as the exports of its platforms, made from a seed.
 * Equal seed and equal day give equal files, byte for byte.
 */
import { Readable } from 'node:stream';
import type { PresetName } from '../ingestion/presets/presets.js';
import { ASSET_MAPPING, assetExport } from './assets.js';
import { LINKEDIN_MAPPING, googleExport, linkedinExport, metaExport, tiktokExport } from './ads.js';
import { MAIL_CLICKS_MAPPING, MAIL_MAPPING, VISITS_MAPPING, mailExport } from './mail.js';
import { sampleDays } from './season.js';
import { shopFiles } from './shop.js';

export interface SampleFile {
  readonly filename: string;
  readonly preset: PresetName;
  /** As a user would send it. */
  readonly mapping?: unknown;
  readonly content: Readable;
}

/** @param now the files end with the last full UTC day before it */
export function* generateSample({ seed, now }: { seed: number; now: Date }): Generator<SampleFile> {
  const days = sampleDays(now);
  const file = (filename: string, preset: PresetName, content: Buffer, mapping?: unknown): SampleFile => ({
    filename,
    preset,
    content: Readable.from([content]),
    ...(mapping === undefined ? {} : { mapping }),
  });
  yield file('meta-ads.csv', 'meta_ads', metaExport(seed, days, 0.7));
  // Meta goes on counting conversions for a week; the later export restates those days.
  yield file('meta-ads-last-7-days.csv', 'meta_ads', metaExport(seed, days.slice(-7), 1));
  yield file('google-ads.csv', 'google_ads', googleExport(seed, days));
  yield file('tiktok-ads.csv', 'tiktok_ads', tiktokExport(seed, days), { currency: 'USD' });
  yield file('linkedin-ads.csv', 'csv', linkedinExport(seed, days), LINKEDIN_MAPPING);
  yield file('newsletter.csv', 'csv', mailExport(seed, days), MAIL_MAPPING);
  yield file('assets.csv', 'csv', assetExport(days), ASSET_MAPPING);
  const shop = shopFiles(seed, days);
  yield file('newsletter-clicks.csv', 'csv', shop.mailClicks, MAIL_CLICKS_MAPPING);
  yield file('storefront-visits.csv', 'csv', shop.visits, VISITS_MAPPING);
  yield file('shopify-orders.csv', 'shopify_orders', shop.orders);
}
