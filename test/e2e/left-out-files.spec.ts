/** A saved report and a dashboard whose metric was deactivated, as files: each is without it, and says so. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PDFiumLibrary } from '@hyzyla/pdfium';
import { tableFromIPC } from 'apache-arrow';
import PostalMime from 'postal-mime';
import readXlsxFile from 'read-excel-file/node';
import { TestServer } from '../support/server.js';
import { unzip } from '../support/unzip.js';
import { until } from '../support/until.js';

const TOLD = /“Margin” was deactivated on \d{4}-\d\d-\d\d\. The report is without it\./;
const ROWS = ['meta_ads', 'tiktok_ads'].map((data_source) => ({
  ...{ external_id: data_source, recorded_at: '2026-01-05T00:00:00Z', data_source },
  ...{ source_category: 'external_marketing', data_payload: { spend: '100.00', revenue: '250.00', clicks: 7 } },
}));
const ASKED = { metrics: ['spend', 'margin', 'clicks'], dimensions: ['data_source'] };

describe('a metric that went away', () => {
  let server: TestServer;
  let view: string;
  let dashboard: string;
  let pdfium: PDFiumLibrary;
  beforeAll(async () => {
    pdfium = await PDFiumLibrary.init();
    server = await TestServer.start();
    expect((await server.rows(ROWS)).status).toBe(201);
    const made = async (path: string, body: unknown): Promise<string> => {
      const answer = await server.json<{ id: string }>(path, body);
      expect(answer.status).toBe(201);
      return answer.body.id;
    };
    const margin = await made('/api/marketing/metrics', {
      ...{ metric_key: 'margin', display_label: 'Margin', metric_type: 'metric', data_type: 'currency' },
      formula: 'revenue - spend',
    });
    view = await made('/api/reports/views', { report_name: 'Margins', ...ASKED });
    dashboard = await made('/api/dashboard/create', {
      dashboard_name: 'Overview',
      widgets: [
        { type: 'table', title: 'By source', query: ASKED },
        { type: 'tiles', title: 'Only margin', query: { metrics: ['margin'], dimensions: [] } },
      ],
    });
    expect((await server.json(`/api/marketing/metrics/${margin}`, undefined, 'DELETE')).status).toBe(200);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    pdfium?.destroy();
  });

  const file = async (format: string): Promise<{ bytes: Buffer; warnings: string }> => {
    const response = await server.fetch(`/api/reports/views/${view}/data?format=${format}`);
    expect(response.status).toBe(200);
    const warnings = response.headers.get('x-tributary-warnings') ?? '';
    return { bytes: Buffer.from(await response.arrayBuffer()), warnings };
  };
  const exported = async (format: string): Promise<Buffer> => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ format });
    const response = await server.fetch(`/api/dashboard/${dashboard}/export`, { method: 'POST', body, headers });
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };
  /** Rows of each sheet by its name. */
  const sheets = async (bytes: Buffer): Promise<Record<string, unknown[][]>> => {
    const read = (await readXlsxFile(bytes)) as unknown as { sheet: string; data: unknown[][] }[];
    return Object.fromEntries(read.map(({ sheet, data }) => [sheet, data]));
  };
  const printed = async (bytes: Buffer): Promise<string> => {
    const document = await pdfium.loadDocument(bytes);
    const text = [...document.pages()].map((page) => page.getText()).join(' ');
    document.destroy();
    return text.replaceAll(/\s+/g, ' ');
  };
  /** By the label of each column, of a view's own file. */
  const LABELS = ['Data source', 'Spend', 'Clicks'];

  it('is left out of every file of a report, and told in its header', async () => {
    const csv = await file('csv');
    expect(csv.bytes.toString('utf8')).toBe('data_source,spend,clicks\r\nmeta_ads,100.00,7\r\ntiktok_ads,100.00,7\r\n');
    const ndjson = await file('ndjson');
    expect(JSON.parse(ndjson.bytes.toString('utf8').split('\n')[0] ?? '')).toEqual({
      ...{ data_source: 'meta_ads', spend: '100.00', clicks: 7 },
    });
    const xlsx = await file('xlsx');
    const [[labels, first] = []] = Object.values(await sheets(xlsx.bytes));
    expect([labels, first]).toEqual([LABELS, ['meta_ads', 100, 7]]);
    const arrow = await file('arrow');
    const table = tableFromIPC(new Uint8Array(arrow.bytes));
    expect([table.schema.fields.map(({ name }) => name), table.numRows]).toEqual([
      ['data_source', 'spend', 'clicks'],
      2,
    ]);
    for (const { warnings } of [csv, ndjson, xlsx, arrow]) {
      expect(JSON.parse(warnings)).toEqual([
        { code: 'metric_left_out', message: expect.stringMatching(TOLD), pointer: '/metrics/1' },
      ]);
    }
  });

  it('is left out of the page of a report, on the screen and on paper, which says so', async () => {
    const page = (await file('html')).bytes.toString('utf8');
    expect(page).toMatch(TOLD);
    const paper = await printed((await file('pdf')).bytes);
    expect(paper).toMatch(TOLD);
    expect(paper).toContain('$100.00');
    expect(paper).not.toContain('$150.00');
  }, 60_000);

  it('is told of in every file of a dashboard, as is a widget that has nothing left to show', async () => {
    const nothingLeft = /Only margin: .*“margin” \(Margin\) was deactivated on/;
    expect(await printed(await exported('pdf'))).toMatch(TOLD);
    const html = (await exported('html')).toString('utf8');
    expect(html).toMatch(TOLD);
    const csv = await unzip([await exported('csv')]);
    expect([...csv.keys()]).toEqual(['01-by-source.csv', 'notes.txt']);
    expect(csv.get('01-by-source.csv')).toContain('meta_ads,100.00,7');
    expect(csv.get('notes.txt')).toMatch(nothingLeft);
    expect(csv.get('notes.txt')).toMatch(TOLD);
    const workbook = await sheets(await exported('xlsx'));
    expect(Object.keys(workbook)).toEqual(['Note', 'By source']);
    expect(workbook['By source']?.slice(0, 2)).toEqual([LABELS, ['meta_ads', 100, 7]]);
    const notes = (workbook.Note ?? []).flat().join('\n');
    expect(notes).toMatch(nothingLeft);
    expect(notes).toMatch(TOLD);
  }, 60_000);

  it('is told of in the mail, whose files are without it', async () => {
    const body = { recipients: ['boss@example.com'], formats: ['pdf', 'csv', 'xlsx'] };
    expect((await server.json(`/api/reports/views/${view}/deliver`, body)).status).toBe(202);
    const outbox = join(server.dataDir, 'outbox');
    const found = (): string | undefined =>
      existsSync(outbox) ? readdirSync(outbox).find((each) => each.endsWith('.eml')) : undefined;
    const name = await until(found, { what: 'the mail', seconds: 60 });
    const mail = await PostalMime.parse(readFileSync(join(outbox, name)));
    expect(mail.text).toMatch(TOLD);
    const attached = (type: string): Buffer => {
      const found = mail.attachments.find(({ mimeType }) => mimeType.includes(type));
      return Buffer.from((found?.content ?? '') as ArrayBuffer);
    };
    expect(await printed(attached('pdf'))).toMatch(TOLD);
    expect(attached('csv').toString('utf8')).toContain('meta_ads,100.00,7');
    const [[labels] = []] = Object.values(await sheets(attached('spreadsheet')));
    expect(labels).toEqual(LABELS);
  }, 90_000);
});
