import fc from 'fast-check';
import { collectRows, ORGANIZATION } from '../../../test/support/collect-rows.js';
import { uuidV5 } from '../../common/uuid.js';

const ids = async (...args: Parameters<typeof collectRows>): Promise<string[]> =>
  (await collectRows(...args)).rows.map(({ id }) => id);

describe('Meta Ads', () => {
  const header =
    'Campaign name,Ad set name,Ad name,Amount spent (EUR),Impressions,Link clicks,Purchases,Purchases conversion value,Day';
  const file = `\ufeff${header}\r\n,,,"1,320.50",,,,,\r\n"Spring, sale",Broad,Video,"1,200.00","10,300",40,2,"150.20",2026-05-01\r\nBrand,Broad,Video,120.50,900,7,,,2026-05-01\r\n`;

  it('reads currency from the header, grouped numbers, and leaves the totals out', async () => {
    const { rows, payloads, warnings, rejects } = await collectRows('meta_ads', file);
    expect(rejects).toEqual([]);
    expect(rows[0]).toMatchObject({
      recorded_at: '2026-05-01T00:00:00.000Z',
      data_source: 'meta_ads',
      source_category: 'external_marketing',
      currency: 'EUR',
      campaign_id: uuidV5('meta_ads:Spring, sale', ORGANIZATION),
      line: 3,
    });
    expect(payloads).toEqual([
      {
        ad_name: 'Video',
        ad_set_name: 'Broad',
        asset_name: 'Video',
        campaign_name: 'Spring, sale',
        spend: 1200,
        impressions: 10300,
        clicks: 40,
        conversions: 2,
        revenue: '150.2',
      },
      {
        ad_name: 'Video',
        ad_set_name: 'Broad',
        asset_name: 'Video',
        campaign_name: 'Brand',
        spend: '120.5',
        impressions: 900,
        clicks: 7,
      },
    ]);
    expect(warnings).toEqual({ total_rows: 1 });
  });

  it('lets a later export restate a day: same rows, other figures', async () => {
    const restated = file.replace('"150.20"', '"175.20"').replace('"10,300"', '"10,310"');
    const [before, after] = [await collectRows('meta_ads', file), await collectRows('meta_ads', restated)];
    expect(after.rows.map(({ id }) => id)).toEqual(before.rows.map(({ id }) => id));
    expect(after.rows[0]?.content_hash).not.toBe(before.rows[0]?.content_hash);
    expect(after.rows[1]?.content_hash).toBe(before.rows[1]?.content_hash);
  });

  it('takes the first day of a period and says so', async () => {
    const { rows, payloads, warnings } = await collectRows(
      'meta_ads',
      'Campaign name,Amount spent (USD),Reporting starts,Reporting ends\nA,10.50,2026-05-01,2026-05-07\nB,4.25,2026-05-01,2026-05-01\n',
    );
    expect(rows.map(({ recorded_at }) => recorded_at.slice(0, 10))).toEqual(['2026-05-01', '2026-05-01']);
    expect(payloads.map(({ period_end }) => period_end)).toEqual(['2026-05-07', undefined]);
    expect(warnings).toEqual({ long_periods: 1 });
  });

  it('refuses a file of another kind and names what is missing and what is near', async () => {
    await expect(
      collectRows('meta_ads', 'Campagn name,Amount spend (USD),Day\nA,1,2026-01-01\n'),
    ).rejects.toMatchObject({
      code: 'unrecognized_export',
      errors: [
        { message: 'no column "Campaign name" (nearest: "Campagn name")' },
        { message: expect.stringContaining('no column "Amount spent"') as string },
      ],
    });
  });
});

describe('Google Ads', () => {
  const lines = [
    'Campaign report',
    'May 1, 2026 - May 2, 2026',
    'Day\tCampaign\tCurrency code\tCost\tImpr.\tClicks\tConversions\tCTR\tSearch impr. share',
    '2026-05-01\tBrand\tUSD\t1,234.56\t10,000\t250\t12.50\t2.50%\t< 10%',
    '2026-05-02\tBrand\tUSD\t0.00\t0\t0\t --\t --\t --',
    'Total: Campaigns\t --\tUSD\t1,234.56\t10,000\t250\t12.50\t2.50%\t --',
    'Total: Account\t --\tUSD\t1,234.56\t10,000\t250\t12.50\t2.50%\t --',
  ];
  it('finds the header below title and dates, in UTF-16 with tabs as well as in UTF-8 with commas', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(lines.join('\n'), 'utf16le')]);
    const commas = lines
      .map((line) =>
        line
          .split('\t')
          .map((cell) => (cell.includes(',') ? `"${cell}"` : cell))
          .join(','),
      )
      .join('\r');
    for (const content of [utf16, Buffer.from(commas)]) {
      const { payloads, rejects, warnings } = await collectRows('google_ads', content);
      expect(rejects).toEqual([]);
      expect(warnings).toEqual({ total_rows: 2 });
      expect(payloads).toEqual([
        {
          campaign_name: 'Brand',
          spend: '1234.56',
          impressions: 10000,
          clicks: 250,
          conversions: '12.5',
          ctr: '2.5',
          search_impr_share_text: '< 10%',
        },
        { campaign_name: 'Brand', spend: 0, impressions: 0, clicks: 0 },
      ]);
    }
  });

  it('keeps devices of a day apart', async () => {
    const rows = await ids(
      'google_ads',
      'Day,Campaign,Device,Currency code,Cost\n2026-05-01,A,Mobile,USD,1\n2026-05-01,A,Tablet,USD,1\n',
    );
    expect(new Set(rows).size).toBe(2);
  });
});

describe('TikTok Ads', () => {
  it('reads decimal commas by the evidence of the file, and says when there is no currency', async () => {
    const { payloads, warnings, rejects } = await collectRows(
      'tiktok_ads',
      'Campaign name,Ad group name,Cost,Impressions,Clicks (destination),Date\nA,G,"18,50",1.200,30,2026-05-01\nB,G,"1.200,00","12.345",31,2026-05-01\nC,G,"1,200",5,1,2026-05-01\nD,G,18.50,5,1,2026-05-01\nTotal of 4 results,,,,,\n',
    );
    expect(payloads.map(({ spend, impressions }) => [spend, impressions])).toEqual([
      ['18.5', 1200],
      [1200, 12345],
      ['18.5', 5],
    ]);
    // A column that is written both ways tells nothing, so `1,200` is not guessed at.
    expect(rejects).toMatchObject([{ line: 4, code: 'ambiguous_number' }]);
    expect(warnings).toEqual({ total_rows: 1, no_currency: 1 });
  });

  it('asks for the decimal mark where nothing tells it, and takes it from the mapping', async () => {
    const file = 'Campaign name;Ad group name;Cost;Date\nA;G;1,200;2026-05-01\n';
    const { rejects } = await collectRows('tiktok_ads', file);
    expect(rejects).toMatchObject([
      { code: 'ambiguous_number', reason: expect.stringContaining('"decimal"') as string },
    ]);
    const declared = await collectRows('tiktok_ads', file, { decimal: ',', currency: 'EUR' });
    expect(declared.payloads[0]).toMatchObject({ spend: '1.2' });
    expect(declared.rows[0]?.currency).toBe('EUR');
  });
});

describe('Shopify orders', () => {
  const header =
    'Name,Email,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,Lineitem quantity,Lineitem name,Lineitem price,Billing Name,Refunded Amount,Id';
  const file = [
    header,
    "#1002,Ann@Example.com,partially_refunded,2026-05-14 11:24:00 +0100,GBP,100.00,5.00,20.00,125.00,2026-05-14 11:23:45 +0100,2,Chair,40.00,Ann Smith,15.50,'5512345678901",
    '#1002,ann@example.com,,,,,,,,,1,Lamp,20.00,,,',
    '#1001,bob@example.com,pending,,GBP,10.00,0.00,0.00,10.00,2026-05-13 09:00:00 +0100,1,Mug,10.00,Bob,0.00,5512345678900',
  ].join('\n');

  it('makes one row an order, revenue before refunds, and keeps no address', async () => {
    const { rows, payloads, rejects } = await collectRows('shopify_orders', file);
    expect(rejects).toEqual([]);
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      recorded_at: '2026-05-14T10:23:45.000Z',
      source_category: 'external_revenue',
      currency: 'GBP',
      customer_id: uuidV5('email:ann@example.com', ORGANIZATION),
    });
    expect(payloads).toEqual([
      {
        order_name: '#1002',
        financial_status: 'partially_refunded',
        orders: 1,
        revenue: 125,
        refunds: '15.5',
        subtotal: 100,
        shipping: 5,
        taxes: 20,
        quantity: 3,
        line_items: 2,
        product: 'Chair',
      },
      {
        order_name: '#1001',
        financial_status: 'pending',
        orders: 0,
        unpaid_amount: 10,
        refunds: 0,
        quantity: 1,
        line_items: 1,
        product: 'Mug',
      },
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/ann|smith|bob/i);
  });

  it('lets a later export, with the order paid, replace it', async () => {
    const paid = file.replace('pending,,', 'paid,2026-05-15 09:00:00 +0100,');
    expect(await ids('shopify_orders', paid)).toEqual(await ids('shopify_orders', file));
    expect((await collectRows('shopify_orders', paid)).payloads[1]).toMatchObject({ orders: 1, revenue: 10 });
  });

  it('keeps the address only when the mapping says so', async () => {
    const { payloads } = await collectRows('shopify_orders', file, { keep_email: true });
    expect(payloads[0]).toMatchObject({ customer_ref: 'ann@example.com' });
  });

  it('rejects an order whole, and a line item that stands alone', async () => {
    const broken = file
      .replace(',125.00,', ',12x,')
      .replace(/#1001.*/, '#0900,eve@example.com,,,,,,,,,1,Lamp,20.00,,,');
    const { rows, rejects } = await collectRows('shopify_orders', broken);
    expect(rows).toEqual([]);
    expect(rejects.map(({ line, code }) => `${line} ${code}`).sort()).toEqual(['2 not_a_number', '4 stray_line_item']);
    expect(rejects.find(({ line }) => line === 2)?.content).toContain('Lamp');
  });
});

describe('any CSV', () => {
  const base = { data_source: 'pos', source_category: 'external_revenue', recorded_at: 'day' };

  it('makes fields of all columns: numbers where cells are numbers, text elsewhere', async () => {
    const { payloads } = await collectRows(
      'csv',
      'day;Store name;Zip;Umsatz (€);Share;Ad ID;Ratio\n2026-01-01;Köln;00501;1.200,50;3,5%;120210001234567890;1.2e-05\n2026-01-02;Bonn;n/a;-;;1;\n',
      base,
    );
    expect(payloads).toEqual([
      {
        store_name: 'Köln',
        zip: '00501',
        umsatz: '1200.5',
        share: '3.5',
        ad_id: '120210001234567890',
        ratio: '0.000012',
      },
      { store_name: 'Bonn', ad_id: '1' },
    ]);
  });

  it('keeps equal lines apart when lines are events, and merges nothing else', async () => {
    const file = 'day,item,price\n2026-01-01,A,1\n2026-01-01,A,1\n';
    expect(new Set(await ids('csv', file, base)).size).toBe(1);
    expect(new Set(await ids('csv', file, { ...base, identity: 'line' })).size).toBe(2);
    expect(await ids('csv', file, { ...base, identity: 'line' })).toEqual(
      await ids('csv', file, { ...base, identity: 'line' }),
    );
  });

  it('takes a header that is not there from the mapping', async () => {
    const { payloads } = await collectRows('csv', '2026-01-01|5\n2026-01-02|6', {
      ...base,
      columns: ['day', 'orders'],
    });
    expect(payloads).toEqual([{ orders: 5 }, { orders: 6 }]);
  });

  it('rejects a line that is cut off, and a field of the wrong type', async () => {
    const { rejects } = await collectRows('csv', 'day,spend,x\n2026-01-01,abc,1\n2026-01-02,5\n31.12.2026,1,1\n', base);
    expect(rejects.map(({ code, reason }) => `${code}: ${reason}`)).toEqual([
      'not_a_number: spend: "abc" is not a number',
      'wrong_cell_count: the line has 2 cells, the header has 3',
      'bad_recorded_at: day: "31.12.2026" is no ISO 8601 date or time such as 2026-01-31 or 2026-01-31T09:30:00Z',
    ]);
  });

  it('says everything that is wrong with a mapping, with pointers', async () => {
    await expect(
      collectRows('csv', 'a\n1', { ...base, data_source: 'My Shop', fields: { x: { colum: 'a' } }, decimal: ';' }),
    ).rejects.toMatchObject({
      code: 'invalid_mapping',
      errors: [
        { pointer: '/data_source' },
        { pointer: '/fields/x/colum', suggestions: ['column'] },
        { pointer: '/fields/x/column' },
        { pointer: '/decimal' },
      ],
    });
    await expect(collectRows('csv', 'a,b\n1,2', base)).rejects.toMatchObject({ code: 'unrecognized_export' });
  });

  it('gives the same rows however the bytes are cut', async () => {
    const file = Buffer.from('\ufeffday;näme;value\r\n2026-01-01;"a;\r\nb";1,5\r\n2026-01-02;€;2,25\r\n');
    const whole = await collectRows('csv', file, base);
    expect(whole.rows).toHaveLength(2);
    const bytes = [...file].map((byte) => Buffer.from([byte]));
    expect((await collectRows('csv', bytes, base)).rows).toEqual(whole.rows);
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length), async (cut) => {
        const cutRows = await collectRows('csv', [file.subarray(0, cut), file.subarray(cut)], base);
        expect(cutRows.rows).toEqual(whole.rows);
      }),
    );
  });
});
