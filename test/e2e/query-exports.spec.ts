/** One answer in every format: the same rows, whichever door and format. */
import { inflateRawSync } from 'node:zlib';
import { tableFromIPC } from 'apache-arrow';
import type { PlannedColumn } from '../../src/compiler/query/types.js';
import { csvOf } from '../../src/reports/render/csv.js';
import type { CellValue } from '../../src/reports/render/document.js';
import { TestServer } from '../support/server.js';

const ROWS = 3_000;
const REQUEST = {
  metrics: ['spend', 'clicks'],
  dimensions: ['campaign_name'],
  order: [{ member: 'campaign_name', direction: 'asc' }],
};

type Row = Record<string, CellValue>;
/** What quotes, formulas, spaces of all kinds and other scripts begin, end and are made of. */
const UNRULY = [
  'a',
  '=',
  '+',
  '-',
  '@',
  '\t',
  '\r',
  '\n',
  '"',
  ',',
  ' ',
  "'",
  '\u00a0',
  '\u3000',
  '\u2028',
  '＝',
  'é',
  '\\',
  '.',
  '😀',
];

async function* batchOf(rows: CellValue[][]): AsyncGenerator<CellValue[][]> {
  yield rows;
}

describe('exports', () => {
  let server: TestServer;
  let names: string[];
  beforeAll(async () => {
    server = await TestServer.start();
    const rows = Array.from({ length: ROWS }, (_, index) => ({
      external_id: String(index),
      recorded_at: '2026-01-05T00:00:00Z',
      data_source: 'meta_ads',
      source_category: 'external_marketing',
      campaign_id: `=Campaign ${String(index).padStart(5, '0')}`,
      data_payload: { spend: `${index}.25`, clicks: index },
    }));
    names = rows.map((row) => row.campaign_id);
    await server.rows(rows);
  }, 120_000);
  afterAll(() => server?.stop());

  const send = async (query: string, accept: string): Promise<Response> => {
    const response = await server.fetch(`/api/query${query}`, {
      method: 'POST',
      body: JSON.stringify(REQUEST),
      headers: { 'content-type': 'application/json', accept },
    });
    expect(response.status).toBe(200);
    return response;
  };

  it('streams an Arrow table that other tools read', async () => {
    const type = 'application/vnd.apache.arrow.stream';
    const response = await send('', type);
    expect(response.headers.get('content-type')).toBe(type);
    const table = tableFromIPC(new Uint8Array(await response.arrayBuffer()));
    expect([...(table.getChild('campaign_name') ?? [])]).toEqual(names);
    expect([...(table.getChild('clicks') ?? [])].map(Number)).toEqual(names.map((_, index) => index));
    expect(String(table.schema.fields[1]?.type)).toContain('Decimal');
  });

  it('streams a workbook, by ?format= as well', async () => {
    const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
    for (const response of [await send('', type), await send('?format=xlsx', '*/*')]) {
      expect(response.headers.get('content-type')).toBe(type);
      const file = Buffer.from(await response.arrayBuffer());
      expect(file.subarray(0, 4).toString('latin1')).toBe('PK\u0003\u0004');
      // The first entry is the sheet; its content begins after its name.
      const sheet = inflateRawSync(file.subarray(30 + file.readUInt16LE(26))).toString('utf8');
      expect(sheet.match(/<row /g)).toHaveLength(ROWS + 1);
      expect(sheet).toContain(
        '<t xml:space="preserve">=Campaign 02999</t></is></c><c r="B3001" s="3"><v>2999.25</v></c><c r="C3001" s="4"><v>2999</v></c></row>',
      );
    }
  });

  it('says which formats there are when it has not the one', async () => {
    const response = await server.fetch('/api/query', {
      method: 'POST',
      body: JSON.stringify(REQUEST),
      headers: { 'content-type': 'application/json', accept: 'application/pdf' },
    });
    expect(response.status).toBe(406);
    expect(await response.json()).toMatchObject({
      code: 'not_acceptable',
      detail: expect.stringContaining('?format='),
    });
  });

  it('refuses with a status what fails before the first row', async () => {
    const response = await server.fetch('/api/query?format=arrow', {
      method: 'POST',
      body: JSON.stringify({ metrics: ['spent'], dimensions: [] }),
      headers: { 'content-type': 'application/json' },
    });
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ code: 'unknown_metric' });
  });

  it('gives a saved report as the page that is mailed, in HTML and PDF', async () => {
    const view = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Spend by campaign',
      report_category: 'campaign_performance',
      ...REQUEST,
      limit: 5,
      visibility: 'organization',
    });
    const html = await server.fetch(`/api/reports/views/${view.body.id}/data?format=html`);
    expect(html.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await html.text()).toContain('=Campaign 00004');
    const pdf = await server.fetch(`/api/reports/views/${view.body.id}/data?format=pdf`);
    expect(pdf.headers.get('content-type')).toBe('application/pdf');
    expect(pdf.headers.get('content-disposition')).toBe('attachment; filename="Spend-by-campaign.pdf"');
    expect(
      Buffer.from(await pdf.arrayBuffer())
        .subarray(0, 5)
        .toString(),
    ).toBe('%PDF-');
    const xlsx = await server.fetch(`/api/reports/views/${view.body.id}/data?format=xlsx`);
    expect(xlsx.headers.get('content-disposition')).toBe('attachment; filename="Spend-by-campaign.xlsx"');
    await xlsx.arrayBuffer();
  }, 90_000);

  // Late: the rows that it brings are in everyone's answers.
  it('writes CSV that is the same to the byte, whoever writes it', async () => {
    const texts = UNRULY.flatMap((first) => UNRULY.map((second) => `${first}${second}x${first}`.slice(0, 4)));
    const rows = texts.map((text, index) => ({
      external_id: `unruly-${index}`,
      recorded_at: new Date(Date.UTC(2025, 0, 1, 0, index, 0, index)).toISOString(),
      data_source: 'unruly',
      source_category: 'external_marketing',
      ...(index % 11 === 0 ? {} : { campaign_id: text.trim() === '' ? `-${text}` : text }),
      data_payload: {
        // No text, and the empty one.
        ...(index % 7 === 0 ? {} : { device: index % 13 === 0 ? '' : text }),
        ...(index % 5 === 0
          ? {}
          : { spend: `${index % 2 === 0 ? '-' : ''}${index * 7919}.${'129000000'.slice(index % 9)}` }),
        clicks: index % 3 === 0 ? 0 : index,
        revenue: `${10 ** (index % 16)}.${index % 10}5`,
      },
    }));
    await server.rows(rows);
    const dimensions = ['recorded_at', 'campaign_name', 'device'];
    const metrics = ['spend', 'clicks', 'revenue', 'roas', 'ctr', 'cpc'];
    const filters = [{ member: 'data_source', operator: 'equals', values: ['unruly'] }];
    const requests = [
      { metrics, dimensions, filters },
      {
        metrics,
        dimensions: ['device'],
        filters,
        time_grain: 'hourly',
        date_range: { from: '2025-01-01', to: '2025-01-02' },
      },
      { metrics, dimensions: [], filters, time_grain: 'daily', limit: 1 },
      { metrics, dimensions: [], filters: [{ member: 'data_source', operator: 'equals', values: ['nobody'] }] },
      {
        metrics: ['clicks'],
        dimensions: ['campaign_name'],
        filters,
        limit: 10,
        compare: 'previous_year',
        date_range: { from: '2025-01-01', to: '2025-12-31' },
      },
    ];
    for (const request of requests) {
      const [csv, ndjson] = await Promise.all(
        ['csv', 'ndjson'].map(async (format) => {
          const response = await server.fetch(`/api/query?format=${format}`, {
            method: 'POST',
            body: JSON.stringify(request),
            headers: { 'content-type': 'application/json' },
          });
          expect(response.status).toBe(200);
          return response.text();
        }),
      );
      const answer = (await server.json<{ columns: PlannedColumn[] }>('/api/query', request)).body;
      const lines = (ndjson ?? '').split('\n').slice(0, -1);
      const values = lines.map((line) => answer.columns.map(({ name }) => (JSON.parse(line) as Row)[name] ?? null));
      let expected = '';
      for await (const part of csvOf(answer.columns, batchOf(values))) expected += part;
      expect(csv).toBe(expected);
    }
  }, 60_000);

  it('says beside the rows what JSON says of them: gaps, and what was left out', async () => {
    await server.rows([
      {
        ...{ recorded_at: '2026-01-06T00:00:00Z', data_source: 'line_ads', source_category: 'external_marketing' },
        ...{ currency: 'JPY', data_payload: { spend: '900' } },
      },
    ]);
    const request = { metrics: ['spend'], dimensions: ['data_source'], on_missing_rate: 'flag' };
    const { body } = await server.json<{ meta: { warnings: { code: string; message: string }[] } }>(
      '/api/query',
      request,
    );
    expect(body.meta.warnings).toMatchObject([{ code: 'fx_rate_missing' }]);
    const view = await server.json<{ id: string }>('/api/reports/views', { report_name: 'With a gap', ...request });
    const asked = async (path: string, init: RequestInit): Promise<string | null> => {
      const response = await server.fetch(path, init);
      await response.arrayBuffer();
      return response.headers.get('x-tributary-warnings');
    };
    const post = (of: object): RequestInit => ({
      ...{ method: 'POST', body: JSON.stringify(of), headers: { 'content-type': 'application/json' } },
    });
    for (const format of ['csv', 'ndjson', 'xlsx', 'arrow']) {
      const header = await asked(`/api/query?format=${format}`, post(request));
      expect([format, JSON.parse(header ?? '[]')]).toEqual([format, body.meta.warnings]);
      expect(await asked(`/api/reports/views/${view.body.id}/data?format=${format}`, {})).toBe(header);
      expect(await asked(`/api/query?format=${format}`, post({ ...request, metrics: ['clicks'] }))).toBeNull();
    }
    const document = await server.json<{ paths: Record<string, { post: { responses: Record<string, object> } }> }>(
      '/api/openapi.json',
    );
    const answer = document.body.paths['/api/query']?.post.responses['200'];
    expect(Object.keys((answer as { headers: object }).headers)).toEqual(['X-Tributary-Warnings']);
  });
});
