import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { collectRows } from '../../test/support/collect-rows.js';
import { generateSample } from './generate.js';

/** Several files of thousands of lines; a busy machine takes its time. */
const SLOW = 120_000;
const NOW = new Date('2026-06-10T09:30:00Z');

async function bytes(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('the sample organisation', () => {
  it(
    'comes out the same for the same seed and day',
    async () => {
      const digest = async (seed: number, now: Date): Promise<string> => {
        const hash = createHash('sha256');
        for (const { content } of generateSample({ seed, now })) hash.update(await bytes(content));
        return hash.digest('hex');
      };
      const first = await digest(1, NOW);
      expect(await digest(1, new Date('2026-06-10T23:59:00Z'))).toBe(first);
      expect(await digest(2, NOW)).not.toBe(first);
    },
    SLOW,
  );

  it(
    'imports without a single reject, in the platforms’ own formats',
    async () => {
      const seen: Record<string, { rows: number; rejects: number; warnings: object }> = {};
      const ids = new Set<string>();
      let latest = '';
      const customers: Record<string, Set<string>> = {};
      for (const { filename, preset, mapping, content } of generateSample({ seed: 1, now: NOW })) {
        const { rows, rejects, warnings } = await collectRows(preset, await bytes(content), mapping ?? {});
        seen[filename] = { rows: rows.length, rejects: rejects.length, warnings };
        for (const row of rows) {
          ids.add(row.id);
          if (row.customer_id !== null) (customers[row.data_source] ??= new Set()).add(row.customer_id);
          if (row.recorded_at > latest) latest = row.recorded_at;
        }
      }
      expect(seen).toMatchInlineSnapshot(`
     {
       "assets.csv": {
         "rejects": 0,
         "rows": 3,
         "warnings": {},
       },
       "google-ads.csv": {
         "rejects": 0,
         "rows": 4785,
         "warnings": {
           "total_rows": 2,
         },
       },
       "linkedin-ads.csv": {
         "rejects": 0,
         "rows": 335,
         "warnings": {},
       },
       "meta-ads-last-7-days.csv": {
         "rejects": 0,
         "rows": 84,
         "warnings": {
           "total_rows": 1,
         },
       },
       "meta-ads.csv": {
         "rejects": 0,
         "rows": 4569,
         "warnings": {
           "total_rows": 1,
         },
       },
       "newsletter-clicks.csv": {
         "rejects": 0,
         "rows": 1959,
         "warnings": {},
       },
       "newsletter.csv": {
         "rejects": 0,
         "rows": 62,
         "warnings": {},
       },
       "shopify-orders.csv": {
         "rejects": 0,
         "rows": 11019,
         "warnings": {},
       },
       "storefront-visits.csv": {
         "rejects": 0,
         "rows": 22023,
         "warnings": {},
       },
       "tiktok-ads.csv": {
         "rejects": 0,
         "rows": 800,
         "warnings": {
           "total_rows": 1,
         },
       },
     }
    `);
      expect(latest.slice(0, 10)).toBe('2026-06-09');
      const total = Object.values(seen).reduce((sum, { rows }) => sum + rows, 0);
      expect(total).toBeGreaterThan(30_000);
      expect(total).toBeLessThan(60_000);
      // The later export of Meta restates rows of the first one; everything else is a row of its own.
      expect(total - ids.size).toBe(seen['meta-ads-last-7-days.csv']?.rows);
      // The same person in the shop, on the site and in the mail platform.
      const shared = [...(customers['newsletter'] ?? [])].filter((id) => customers['shopify']?.has(id));
      expect(shared.length).toBeGreaterThan(500);
    },
    SLOW,
  );
});
