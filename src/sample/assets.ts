/** What the asset library knows of the creatives that the shop shows on Meta. */
import type { Day } from './season.js';

const ASSETS = [
  ['Carousel | bestsellers', 'carousel', '1850.00'],
  ['Video | 15s', 'video', '4200.00'],
  ['Static | sofa', 'image', '640.00'],
] as const;

export function assetExport(days: readonly Day[]): Buffer {
  const [first] = days;
  const lines = ASSETS.map(([name, type, cost]) => `"${name}",${type},${first?.iso ?? ''},${cost},USD`);
  return Buffer.from(['Asset,Type,Finished,Cost,Currency', ...lines, ''].join('\n'), 'utf8');
}

export const ASSET_MAPPING = {
  data_source: 'platform_dam',
  source_category: 'platform_native',
  recorded_at: 'Finished',
  asset_id: 'Asset',
  currency: 'USD',
  fields: { asset_type: 'Type', creation_cost: 'Cost' },
  identity: ['Asset'],
} as const;
