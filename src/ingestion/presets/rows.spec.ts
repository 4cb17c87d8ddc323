import fc from 'fast-check';
import { collectRows } from '../../../test/support/collect-rows.js';

const row = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  recorded_at: '2026-01-05T00:00:00Z',
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  data_payload: { spend: '1.50' },
  ...changes,
});
const lines = (...rows: unknown[]): string => rows.map((entry) => JSON.stringify(entry)).join('\n');
const payloadText = async (payload: string): Promise<string | undefined> => {
  const { rows, rejects } = await collectRows('rows', lines(row({ data_payload: 0 })).replace('0}', `${payload}}`));
  return rows[0]?.data_payload ?? rejects[0]?.reason;
};

describe('rows, one JSON object a line', () => {
  it('keeps every digit of a number', async () => {
    expect(
      await payloadText('{"z":1.10,"a":12345678901234567890.5,"b":9007199254740993,"c":-0,"d":1e2,"e":"1.10"}'),
    ).toBe('{"a":"12345678901234567890.5","b":"9007199254740993","c":0,"d":100,"e":"1.10","z":"1.1"}');
    expect(await payloadText('{"n":0.1234567895,"t":": 1.5","m":"\\u00011.5","deep":[{"x":2.50}]}')).toBe(
      '{"deep":[{"x":"2.5"}],"m":"\\u00011.5","n":"0.12345679","t":": 1.5"}',
    );
    expect(await payloadText('{"n":1e999}')).toBe('data_payload: a number has more than 20 digits before the point');
    expect(await payloadText('{"n":01.5}')).toContain('not JSON');
  });

  it('has one canonical text for a payload, however it was written', async () => {
    const text = fc.string().filter((value) => !value.includes('\u0000'));
    const payload = fc.dictionary(
      fc.stringMatching(/^[a-z_]{1,8}$/).map((key) => `x_${key}`),
      fc.oneof(text, fc.boolean(), fc.constant(null), fc.integer(), fc.double({ noNaN: true, min: -1e9, max: 1e9 })),
    );
    await fc.assert(
      fc.asyncProperty(payload, async (value) => {
        const shuffled = Object.fromEntries(Object.entries(value).reverse());
        const first = await collectRows('rows', lines(row({ data_payload: value })));
        const second = await collectRows('rows', lines(row({ data_payload: shuffled })).replaceAll('":', '" : '));
        if (!JSON.stringify(value).includes('":')) expect(second.rows[0]).toEqual(first.rows[0]);
        const written = first.rows[0]?.data_payload ?? '';
        const again = await collectRows(
          'rows',
          `${lines(row({ data_payload: 0 })).replace('0}', () => `${written}}`)}`,
        );
        expect(again.rows[0]?.data_payload).toBe(written);
      }),
    );
  });

  it('replaces by external_id, else by source, time and dimensions', async () => {
    const id = async (changes: Record<string, unknown>): Promise<string | undefined> =>
      (await collectRows('rows', lines(row(changes)))).rows[0]?.id;
    const natural = await id({ data_payload: { device: 'mobile', spend: '1.50', score: 3 } });
    expect(await id({ data_payload: { spend: '9.99', score: 4, device: 'mobile' } })).toBe(natural);
    expect(await id({ data_payload: { device: 'tablet', spend: '1.50', score: 3 } })).not.toBe(natural);
    expect(await id({ recorded_at: '2026-01-05T01:00:00+01:00', data_payload: { device: 'mobile' } })).toBe(natural);
    expect(await id({ data_source: 'google_ads', data_payload: { device: 'mobile' } })).not.toBe(natural);
    const external = await id({ external_id: 'x', data_payload: { device: 'mobile' } });
    expect(await id({ external_id: 'x', recorded_at: '2026-02-01', data_payload: {} })).toBe(external);
    expect(external).not.toBe(natural);
  });

  it('makes UUIDs of other ids and keeps the original readable', async () => {
    const uuid = '3F333DF6-90A4-4FDA-8DD3-9485D27CEE36';
    const { rows, payloads } = await collectRows(
      'rows',
      lines(
        row({ campaign_id: 'Spring sale', customer_id: 'C-17', asset_id: uuid }),
        row({ campaign_id: 'Spring sale', data_payload: { campaign_name: 'Own name' }, customer_id: 'Ann@x.org' }),
      ),
    );
    expect(rows[0]?.asset_id).toBe(uuid.toLowerCase());
    expect(rows[0]?.campaign_id).toBe(rows[1]?.campaign_id);
    expect(payloads).toEqual([
      { campaign_name: 'Spring sale', customer_ref: 'C-17', spend: '1.5' },
      { campaign_name: 'Own name' },
    ]);
  });

  it.each([
    ['nonsense', 'invalid_json', 'one whole JSON object'],
    ['[1]', 'not_an_object', 'not a JSON object'],
    [lines({ ...row(), recorded: 1 }), 'unknown_field', 'did you mean recorded_at?'],
    [lines(row({ recorded_at: 'yesterday' })), 'bad_recorded_at', 'no ISO 8601'],
    [lines(row({ data_source: 'Meta Ads' })), 'bad_data_source', '[a-z][a-z0-9_]{0,62}'],
    [lines(row({ source_category: 'ads' })), 'bad_source_category', 'platform_native, external_marketing'],
    [lines(row({ currency: 'Euro' })), 'bad_currency', 'ISO 4217'],
    [lines(row({ currency: 'ZZZ' })), 'bad_currency', 'currency: "ZZZ" is no ISO 4217 code'],
    [lines(row({ campaign_id: 5 })), 'bad_id', 'must be a text or null'],
    [lines(row({ data_payload: [] })), 'bad_data_payload', 'must be a JSON object'],
    [lines(row({ data_payload: { spend: 'abc' } })), 'not_a_number', 'spend: "abc" is not a number'],
    [lines(row({ data_payload: { spend: true } })), 'not_a_number', 'spend: true is not a number'],
    [lines(row({ data_payload: { spend: '18,50' } })), 'not_a_number', 'spend: "18,50" is not a number'],
    [lines(row({ data_payload: { clicks: 1.5 } })), 'not_a_whole_number', 'clicks: 1.5 is not a whole number'],
    [lines(row({ data_payload: { 'a.b': 1 } })), 'bad_field_name', 'no dot'],
    [lines(row({ data_payload: { a: 'x\u0000' } })), 'invalid_text', 'U+0000'],
    [lines(row()).replace('"spend":"1.50"', '"x":"\\ud800"'), 'invalid_text', 'surrogate'],
    [lines(row({ data_payload: { a: 'x'.repeat(300_000) } })), 'payload_too_large', '256 KiB'],
    [
      lines(row({ data_payload: Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`f${i}`, i])) })),
      'too_many_fields',
      '256',
    ],
    [
      lines(row())
        .replace('"1.50"', `${'['.repeat(9)}${']'.repeat(9)}`)
        .replace('spend', 'x'),
      'too_deep',
      '8 levels',
    ],
    ['x'.repeat(1_100_000), 'line_too_long', '1 MiB'],
  ])('rejects a bad line and takes the next one: %#', async (line, code, reason) => {
    const { rows, rejects } = await collectRows('rows', `${line}\n${lines(row())}\n`);
    expect(rejects).toMatchObject([{ line: 1, code, reason: expect.stringContaining(reason) as string }]);
    expect(rows.map(({ line: number }) => number)).toEqual([2]);
  });

  it('rejects only the line that is not UTF-8, and shows cut lines as cut', async () => {
    const content = Buffer.concat([
      Buffer.from([0x7b, 0xff, 0x0a]),
      Buffer.from(`${lines(row())}\n${'y'.repeat(20_000)}`),
    ]);
    const { rows, rejects } = await collectRows('rows', content);
    expect(rows).toHaveLength(1);
    expect(rejects).toMatchObject([
      { line: 1, code: 'invalid_encoding', is_cut: false },
      { line: 3, code: 'invalid_json', is_cut: true },
    ]);
    expect(rejects[1]?.content).toHaveLength(10_000);
  });

  it('keeps a bound as text and no value as null', async () => {
    const { payloads } = await collectRows('rows', lines(row({ data_payload: { spend: '< 10', clicks: '--' } })));
    expect(payloads).toEqual([{ spend: null, spend_text: '< 10', clicks: null }]);
  });

  it('refuses a file without any line', async () => {
    await expect(collectRows('rows', '\n \r\n')).rejects.toMatchObject({ code: 'empty_file' });
  });

  it('never takes __proto__ for anything but a name', async () => {
    expect(await payloadText('{"__proto__":{"x":1.5},"constructor":2}')).toBe(
      '{"__proto__":{"x":"1.5"},"constructor":2}',
    );
  });
});
