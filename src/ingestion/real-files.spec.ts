import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../common/package-root.js';
import { collectRows } from '../../test/support/collect-rows.js';

const fixture = (name: string): Buffer => readFileSync(join(packageRoot, 'test/fixtures', name));

/** Sum of a payload field in billionths, exact. */
function sum(payloads: readonly Record<string, unknown>[], field: string): bigint {
  let total = 0n;
  for (const payload of payloads) {
    const value = payload[field];
    if (value === undefined || value === null) continue;
    const [whole = '', fraction = ''] = String(value).split('.');
    total += BigInt(whole + fraction.padEnd(9, '0'));
  }
  return total;
}

describe('files as others publish them', () => {
  it('reads every CDNOW purchase, to the cent', async () => {
    const { rows, payloads, rejects } = await collectRows('csv', fixture('cdnow-master.txt'), {
      data_source: 'cdnow',
      source_category: 'external_revenue',
      recorded_at: { column: 'date', format: 'yyyyMMdd' },
      customer_id: 'customer_id',
      fields: { orders_items: 'number_of_cds', revenue: 'dollar_value' },
      currency: 'USD',
      identity: 'line',
    });
    expect(rejects).toEqual([]);
    expect(rows).toHaveLength(69_659);
    expect(new Set(rows.map(({ id }) => id)).size).toBe(69_659);
    expect(new Set(rows.map(({ customer_id }) => customer_id)).size).toBe(23_570);
    expect(sum(payloads, 'revenue')).toBe(2_500_315_630_000_000n);
    expect(rows[0]).toMatchObject({ recorded_at: '1997-01-01T00:00:00.000Z', currency: 'USD' });
    expect(payloads[0]).toEqual({ customer_ref: '00001', orders_items: 1, revenue: '11.77' });
  });

  it('reads CDNOW by fixed widths as well', async () => {
    const { payloads } = await collectRows('csv', fixture('cdnow-master.txt'), {
      data_source: 'cdnow',
      source_category: 'external_revenue',
      recorded_at: { column: 'day', format: 'yyyyMMdd' },
      customer_id: 'customer',
      columns: [
        { name: 'customer', width: 6 },
        { name: 'day', width: 9 },
        { name: 'items', width: 3 },
        { name: 'revenue', width: 8 },
      ],
      skip_lines: 1,
      identity: 'line',
    });
    expect(sum(payloads, 'revenue')).toBe(2_500_315_630_000_000n);
  });

  it('reads the weeks of Robyn: a field for each channel, "na" is no value', async () => {
    const { rows, payloads, rejects } = await collectRows('csv', fixture('robyn-weekly.csv'), {
      data_source: 'robyn',
      source_category: 'external_marketing',
      recorded_at: 'DATE',
      currency: 'EUR',
    });
    expect(rejects).toEqual([]);
    expect(rows).toHaveLength(208);
    expect(payloads[0]).toEqual({
      revenue: '2754371.66666667',
      tv_s: '22358.346666667',
      ooh_s: 0,
      print_s: '12728.488888889',
      facebook_i: '24301284.2375304',
      search_clicks_p: 0,
      search_s: 0,
      competitor_sales_b: 8125009,
      facebook_s: '7607.132914805',
      newsletter: '19401.653846154',
    });
    expect(payloads.some((payload) => typeof payload['events'] === 'string')).toBe(true);
  });
});
