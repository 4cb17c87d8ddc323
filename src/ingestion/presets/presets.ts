import { nearestNames } from '../../common/nearest.js';
import { badRequest } from '../../common/problem.js';
import type { RowSource, SourceOptions } from '../row-source.js';
import { openAds } from './ads.js';
import { openCsv } from './csv.js';
import { GOOGLE_ADS } from './google-ads.js';
import { META_ADS } from './meta-ads.js';
import { RowsSource } from './rows.js';
import { openShopifyOrders } from './shopify-orders.js';
import { TIKTOK_ADS } from './tiktok-ads.js';

/** Kinds of export that `POST /api/integrations/import` reads. */
export const PRESETS = ['meta_ads', 'google_ads', 'tiktok_ads', 'shopify_orders', 'csv'] as const;
export type PresetName = (typeof PRESETS)[number];

/** @throws Problem `unknown_preset` */
export function parsePreset(name: string | undefined): PresetName {
  if (name !== undefined && (PRESETS as readonly string[]).includes(name)) return name as PresetName;
  const near = name === undefined ? [] : nearestNames(name, PRESETS);
  throw badRequest(
    'unknown_preset',
    `${name === undefined ? 'The preset is missing' : `There is no preset "${name.slice(0, 60)}"`}; say ?preset= one of ${PRESETS.join(', ')}.`,
    [{ code: 'unknown_preset', message: `preset must be one of ${PRESETS.join(', ')}`, suggestions: near }],
  );
}

/** Opens the reader of a kind of file. */
export function openSource(preset: PresetName | 'rows', options: SourceOptions): RowSource {
  switch (preset) {
    case 'rows':
      return new RowsSource(options);
    case 'meta_ads':
      return openAds(META_ADS, options);
    case 'google_ads':
      return openAds(GOOGLE_ADS, options);
    case 'tiktok_ads':
      return openAds(TIKTOK_ADS, options);
    case 'shopify_orders':
      return openShopifyOrders(options);
    case 'csv':
      return openCsv(options);
    default:
      return preset satisfies never;
  }
}
