/**
 * The story of a dashboard: what it can be made of, made, opened with all its numbers, shared, broken in parts without a
 * loss of the rest, exported, and sent by mail at its time. Over a real server; a mail host outside of it takes the mails.
 */
import { randomBytes } from 'node:crypto';
import PostalMime from 'postal-mime';
import { MOST_ATTACHED_BYTES } from '../../src/delivery/report-files.js';
import { Guide } from '../support/guide.js';
import { catchMails, type MailCatcher } from '../support/mail-catcher.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Widget {
  readonly id: string;
  readonly type: string;
  readonly title: string | null;
  readonly state: string;
  readonly data: {
    rows: Record<string, unknown>[];
    totals: Record<string, unknown> | null;
    meta: { warnings: { code: string; message: string }[] };
  } | null;
  readonly problem: { code: string; detail: string } | null;
}
interface Dashboard {
  readonly id: string;
  readonly widgets: Widget[];
  readonly warnings: { code: string; message: string; pointer: string }[];
  readonly meta: { failed: number; is_one_version: boolean };
  readonly errors?: { code: string; pointer: string; message: string }[];
  readonly code?: string;
}

const DAY_MS = 86_400_000;
const day = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);
const SOURCES = ['meta_ads', 'google_ads'];

describe('dashboards', () => {
  let server: TestServer;
  let view: string;
  let dashboard: string;
  const keys = new Map<string, string>();
  let mails: MailCatcher['mails'];
  let host: MailCatcher;

  beforeAll(async () => {
    host = await catchMails();
    ({ mails } = host);
    server = await TestServer.start({
      env: { SMTP_URL: host.url, MAIL_FROM: 'reports@example.com', SCHEDULE_SPREAD_SECONDS: '0' },
    });
    const rows = SOURCES.flatMap((data_source, index) =>
      [1, 2, 3, 40].map((ago) => ({
        external_id: `${data_source} ${ago}`,
        recorded_at: `${day(ago)}T12:00:00Z`,
        data_source,
        source_category: 'external_marketing',
        currency: 'USD',
        data_payload: { spend: String(100 * (index + 1)), revenue: String(500 * ago), clicks: 10 * ago },
      })),
    );
    expect(await server.rows(rows)).toMatchObject({ status: 201, body: { loaded: 8 } });
    const created = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Spend by source',
      metrics: ['spend', 'clicks'],
      dimensions: ['data_source'],
      time_zone: 'UTC',
      visibility: 'organization',
    });
    view = created.body.id;
    for (const role of ['analyst', 'viewer', 'campaign_manager']) {
      const { body } = await server.json<{ key: string }>('/api/keys', { name: role, role });
      keys.set(role, body.key);
    }
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await host.close();
  });

  const DEFINITION = {
    dashboard_name: 'Marketing overview',
    description: 'What we spend and what comes back.',
    visibility: 'organization',
    time_zone: 'UTC',
    date_range: { last: 7, unit: 'day', complete: true },
  };
  const widgets = (): Record<string, unknown>[] => [
    { type: 'text', text: 'All in US dollars.' },
    { type: 'tiles', query: { metrics: ['spend', 'revenue', 'roas'], dimensions: [], compare: 'previous_period' } },
    {
      type: 'line',
      width: 'two_thirds',
      query: { metrics: ['spend'], dimensions: ['data_source'], time_grain: 'daily' },
    },
    { type: 'donut', view_id: view, metrics: ['spend'] },
    {
      id: 'ever',
      type: 'table',
      title: 'Since ever',
      own_period: true,
      query: { metrics: ['spend'], dimensions: ['data_source'] },
    },
  ];
  const open = async (id: string, key?: string): Promise<Dashboard> =>
    (await server.json<Dashboard>(`/api/dashboard/${id}`, undefined, 'GET', key)).body;

  it('says what it can be made of', async () => {
    const { status, body } = await server.json<{
      data: { type: string; needs: string }[];
      views: { view_id: string; types: string[] }[];
    }>('/api/dashboard/widgets');
    expect(status).toBe(200);
    expect(body.data.find(({ type }) => type === 'scatter')?.needs).toMatch(/^two metrics for the axes/);
    expect(body.data.find(({ type }) => type === 'pivot')?.needs).toBe(
      'two keys (dimensions or the time grain) and a metric',
    );
    const [spend] = body.views;
    expect(spend?.view_id).toBe(view);
    expect(spend?.types).toEqual(expect.arrayContaining(['bar', 'donut', 'table', 'scatter', 'funnel']));
    expect(spend?.types).not.toContain('line');
  });

  it('is made, and opened with the numbers of all its widgets over one version of the data', async () => {
    const { status, body } = await server.json<Dashboard>('/api/dashboard/create', {
      ...DEFINITION,
      widgets: widgets(),
    });
    expect([status, body]).toEqual([201, expect.objectContaining({ warnings: [] })]);
    dashboard = body.id;
    const loaded = await open(dashboard);
    expect(loaded.meta).toMatchObject({ failed: 0, is_one_version: true });
    expect(loaded.widgets.map(({ id, state, title }) => [id, state, title])).toEqual([
      ['w1', 'text', null],
      ['w2', 'ready', 'Spend, Revenue and ROAS'],
      ['w3', 'ready', 'Spend by date and data source'],
      ['w4', 'ready', 'Spend by source'],
      ['ever', 'ready', 'Since ever'],
    ]);
    // Three days of the last week: 3 × (100 + 200) and 2 × 500 × (1 + 2 + 3).
    expect(loaded.widgets[1]?.data?.rows).toEqual([
      expect.objectContaining({ spend: '900.00', revenue: '6000.00', spend__previous: null }),
    ]);
    expect(loaded.widgets[3]?.data?.totals).toMatchObject({ spend: '900.00' });
    expect(loaded.widgets[4]?.data?.totals).toMatchObject({ spend: '1200.00' });
    const listed = await server.json<{ data: object[]; next_cursor: null }>('/api/dashboard');
    expect(listed.body).toMatchObject({ data: [{ id: dashboard, widgets: 5 }], next_cursor: null });
    const alone = await server.json<Dashboard>(`/api/dashboard/${dashboard}?data=false`);
    expect(alone.body.widgets[1]).not.toHaveProperty('data');
  });

  it('names every mistake and where it is', async () => {
    const create = (body: object): Promise<{ status: number; body: Dashboard }> =>
      server.json<Dashboard>('/api/dashboard/create', { ...DEFINITION, ...body });
    const shape = await create({
      visibilty: 'public',
      widgets: [
        { type: 'pi' },
        { type: 'bar', query: { metrics: ['spend'], date_range: 'last_weak' } },
        { type: 'text' },
      ],
    });
    expect(shape).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(shape.body.errors?.map(({ pointer }) => pointer).sort()).toEqual([
      '/visibilty',
      '/widgets/0/type',
      '/widgets/1/query/date_range',
      '/widgets/2/text',
    ]);
    const sense = await create({
      widgets: [
        { type: 'line', query: { metrics: ['spend'], dimensions: ['data_source'] } },
        { type: 'bar', query: { metrics: ['spennd'], dimensions: ['data_source'] } },
        { type: 'table', view_id: '00000000-0000-4000-8000-000000000000' },
        { type: 'bar', view_id: view, metrics: ['revenue'] },
      ],
    });
    expect(sense).toMatchObject({ status: 422, body: { code: 'widgets_refused' } });
    expect(sense.body.errors).toMatchObject([
      { code: 'widget_needs_more', pointer: '/widgets/0/type', message: expect.stringContaining('a time grain') },
      { code: 'unknown_metric', pointer: '/widgets/1/query/metrics/0' },
      { code: 'not_found', pointer: '/widgets/2/view_id' },
      { code: 'unknown_metric', pointer: '/widgets/3/metrics/0' },
    ]);
  });

  it('shows to each role what a report would, and tells of reports that its readers don’t see', async () => {
    expect((await open(dashboard, keys.get('analyst'))).widgets).toHaveLength(5);
    expect((await open(dashboard, keys.get('viewer'))).code).toBe('not_found');
    const { body } = await server.json<Dashboard>(`/api/dashboard/${dashboard}`, { visibility: 'public' }, 'PATCH');
    expect(body.warnings).toMatchObject([{ code: 'narrower_view', pointer: '/widgets/3/view_id' }]);
    const seen = await open(dashboard, keys.get('viewer'));
    expect(seen.meta.failed).toBe(1);
    expect(seen.widgets.map(({ state }) => state)).toEqual(['text', 'ready', 'ready', 'failed', 'ready']);
    expect(seen.widgets[3]?.problem?.detail).toContain('you may not see it');
    // A key that is limited to no campaign sees no rows, also within a dashboard.
    const none = await open(dashboard, keys.get('campaign_manager'));
    expect(none.widgets[4]?.data?.rows).toEqual([]);
    const refused = await server.json(
      `/api/dashboard/${dashboard}`,
      { dashboard_name: 'Mine' },
      'PATCH',
      keys.get('analyst'),
    );
    expect(refused).toMatchObject({ status: 404 });
  });

  it('loses nothing silently when a metric goes or a report is deleted', async () => {
    const metric = await server.json<{ id: string }>('/api/marketing/metrics', {
      ...{ metric_key: 'margin', display_label: 'Margin', category: 'calculated', metric_type: 'metric' },
      ...{ data_type: 'currency', formula: 'revenue - spend' },
    });
    const other = await server.json<{ id: string }>('/api/reports/views', {
      ...{ report_name: 'Margins', metrics: ['margin'], dimensions: ['data_source'], visibility: 'organization' },
    });
    const { body: made } = await server.json<Dashboard>('/api/dashboard/create', {
      ...{ ...DEFINITION, dashboard_name: 'Margins', visibility: 'private' },
      widgets: [
        { type: 'tiles', query: { metrics: ['margin'], dimensions: [] } },
        { type: 'table', view_id: other.body.id },
        { type: 'bar', view_id: view },
        { type: 'table', query: { metrics: ['spend', 'margin'], dimensions: ['data_source'] } },
      ],
    });
    const gone = await server.json(`/api/marketing/metrics/${metric.body.id}`, undefined, 'DELETE');
    expect(gone.body).toMatchObject({
      dashboards: [{ id: made.id, dashboard_name: 'Margins', effect: 'stops', widgets: ['w1', 'w2', 'w4'] }],
    });
    const loaded = await open(made.id);
    expect(loaded.widgets.map(({ state }) => state)).toEqual(['failed', 'failed', 'ready', 'ready']);
    expect(loaded.widgets[0]?.problem?.detail).toContain('was deactivated on');
    // A widget with other metrics shows those, and says what is missing.
    expect(Object.keys(loaded.widgets[3]?.data?.rows[0] ?? {})).toEqual(['data_source', 'spend']);
    expect(loaded.widgets[3]?.data?.meta.warnings[0]?.message).toMatch(/“Margin” was deactivated on .* without it\./);
    expect(loaded.warnings.map(({ pointer }) => pointer)).toEqual([
      ...['/widgets/0/query/metrics/0', '/widgets/1/view_id', '/widgets/3/query/metrics/1'],
    ]);
    // What is broken does not keep the owner from changing the rest.
    const renamed = await server.json(`/api/dashboard/${made.id}`, { dashboard_name: 'Margins, still' }, 'PATCH');
    expect(renamed.status).toBe(200);
    const kept = await server.json<Dashboard>(`/api/reports/views/${other.body.id}`, undefined, 'DELETE');
    expect(kept).toMatchObject({ status: 409, body: { code: 'view_in_use' } });
    expect((await server.json(`/api/reports/views/${other.body.id}?force=true`, undefined, 'DELETE')).status).toBe(204);
    expect((await open(made.id)).widgets[1]?.problem?.detail).toContain('was deleted');
    // Its readers are told in their language, in the mail and on the page.
    const wanted = { cron: '0 9 1 1 *', formats: ['csv'], recipients: ['reader@example.com'], locale: 'de-DE' };
    const { body: schedule } = await server.json<{ id: string }>(`/api/dashboard/${made.id}/schedule`, wanted);
    await server.json(`/api/reports/schedules/${schedule.id}/run`, {});
    const { text = '' } = await PostalMime.parse(
      await until(() => Promise.resolve(mails.get('reader@example.com')?.[0]), { seconds: 30 }),
    );
    expect(text).toMatch(/„Margin“ wurde am \d{4}-\d\d-\d\d deaktiviert\. Der Bericht enthält es nicht/);
    const page = await (await fetch(linkIn(text, 'r'))).text();
    expect(page).toMatch(/„Margin“ \(margin\) wurde am \d{4}-\d\d-\d\d deaktiviert\.</);
    expect(page).toContain('Die Ansicht, die hier gezeigt wird, wurde gelöscht, oder Sie dürfen sie nicht sehen.');
    expect(`${text}${page}`).not.toMatch(/was deactivated|was deleted/);
    expect((await server.json(`/api/dashboard/${made.id}`, undefined, 'DELETE')).status).toBe(204);
  });

  it('is the same over GraphQL', async () => {
    const { data, errors } = await server.graphql<{
      loadDashboard: { meta: { failed: number }; widgets: { id: string; state: string }[] };
      dashboards: { data: { id: string }[] };
    }>(
      `query Q($id: ID!) { loadDashboard(id: $id) { meta { failed } widgets { id state } } dashboards { data { id } } }`,
      { id: dashboard },
    );
    expect(errors).toBeUndefined();
    expect(data?.loadDashboard).toEqual({
      meta: { failed: 0 },
      widgets: ['w1', 'w2', 'w3', 'w4', 'ever'].map((id) => ({ id, state: id === 'w1' ? 'text' : 'ready' })),
    });
    expect(data?.dashboards.data).toEqual([{ id: dashboard }]);
    const input = { ...DEFINITION, dashboard_name: 'By GraphQL', widgets: [{ type: 'text', text: 'Hello' }] };
    const made = await server.graphql<{ createDashboard: { id: string } }>(
      'mutation M($input: JSON!) { createDashboard(input: $input) { id } }',
      { input },
    );
    const id = made.data?.createDashboard.id ?? '';
    const removed = await server.graphql('mutation M($id: ID!) { deleteDashboard(id: $id) }', { id });
    expect(removed).toMatchObject({ data: { deleteDashboard: true } });
  });

  /** The link in a mail to a page (`r`) or a file (`f`), at this server. */
  const linkIn = (text: string | undefined, kind: 'r' | 'f'): string =>
    new RegExp(`http\\S+/${kind}/\\S+`).exec(text ?? '')?.[0].replace(/^https?:\/\/[^/]+/, server.base) ?? '';

  const exported = async (id: string, format: string, key?: string): Promise<{ response: Response; bytes: Buffer }> => {
    const response = await server.fetch(
      `/api/dashboard/${id}/export`,
      { method: 'POST', body: JSON.stringify({ format }), headers: { 'content-type': 'application/json' } },
      key,
    );
    return { response, bytes: Buffer.from(await response.arrayBuffer()) };
  };

  it('is a file in every form, and says in it what is missing', async () => {
    const pdf = await exported(dashboard, 'pdf');
    expect(pdf.response.headers.get('content-disposition')).toBe('attachment; filename="Marketing-overview.pdf"');
    expect(pdf.bytes.subarray(0, 5).toString()).toBe('%PDF-');
    const png = await exported(dashboard, 'png');
    expect(png.bytes.subarray(1, 4).toString()).toBe('PNG');
    const html = (await exported(dashboard, 'html', keys.get('viewer'))).bytes.toString('utf8');
    expect(html).toContain('Marketing overview');
    expect(html).toContain('you may not see it');
    const csv = await exported(dashboard, 'csv', keys.get('viewer'));
    expect(csv.response.headers.get('content-type')).toBe('application/zip');
    const names = [...csv.bytes.toString('latin1').matchAll(/[a-z0-9-]+\.(?:csv|txt)/g)].map(([name]) => name);
    expect([...new Set(names)]).toEqual([
      '01-spend-revenue-and-roas.csv',
      '02-spend-by-date-and-data-source.csv',
      '03-since-ever.csv',
      'notes.txt',
    ]);
    const xlsx = await exported(dashboard, 'xlsx');
    expect(xlsx.bytes.subarray(0, 2).toString()).toBe('PK');
  }, 60_000);

  it('goes out by mail like a report, is read in the browser, and stands in the same ledger', async () => {
    const schedule = {
      cron: '0 9 1 1 *',
      time_zone: 'UTC',
      formats: ['pdf', 'csv', 'xlsx'],
      recipients: ['ann@example.com'],
      subject: '{{report}}: {{metric.spend}}',
      condition: { metric: 'spend', operator: 'gt', value: 1, mode: 'always' },
    };
    const preview = await server.json<{
      verdict: string;
      subject: string;
      html: string;
      attachments: { filename: string; bytes: number }[];
    }>(`/api/dashboard/${dashboard}/schedule/preview`, schedule);
    expect(preview).toMatchObject({ status: 200, body: { verdict: 'send', subject: 'Marketing overview: $900.00' } });
    expect(preview.body.attachments.map(({ filename }) => filename.replace(/-\d{4}-\d\d-\d\d/, ''))).toEqual([
      'marketing-overview.pdf',
      'marketing-overview.csv.zip',
      'marketing-overview.xlsx',
    ]);
    const { status, body } = await server.json<{ id: string; dashboard_id: string; view_id: null }>(
      `/api/dashboard/${dashboard}/schedule`,
      schedule,
    );
    expect([status, body.dashboard_id, body.view_id]).toEqual([201, dashboard, null]);
    const listed = await server.json<{ data: object[] }>(`/api/reports/schedules?dashboard_id=${dashboard}`);
    expect(listed.body.data).toMatchObject([{ id: body.id }]);
    const run = await server.json<{ occurrence_id: string }>(`/api/reports/schedules/${body.id}/run`, {});
    const [sent] = await until(
      async () => {
        const path = `/api/reports/deliveries?dashboard_id=${dashboard}&occurrence_id=${run.body.occurrence_id}`;
        const { data } = (await server.json<{ data: { state: string; report_name: string }[] }>(path)).body;
        return data[0] && !['pending', 'sending'].includes(data[0].state) ? data : undefined;
      },
      { seconds: 30 },
    );
    expect(sent).toMatchObject({ state: 'accepted', report_name: 'Marketing overview', view_id: null });
    const mail = await PostalMime.parse(mails.get('ann@example.com')?.[0] ?? '');
    expect(mail.subject).toBe('Marketing overview: $900.00');
    expect(mail.text).not.toContain('No data');
    expect(mail.attachments.map(({ mimeType }) => mimeType)).toEqual([
      'image/png',
      'application/pdf',
      'application/zip',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ]);
    const page = await fetch(linkIn(mail.text, 'r'));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('Since ever');
    expect((await server.json(`/api/dashboard/${dashboard}`, undefined, 'DELETE')).status).toBe(204);
    expect((await server.json(`/api/reports/schedules/${body.id}`)).status).toBe(404);
  }, 60_000);

  it('is a link in the mail where its tables are too large for one', async () => {
    // Names that don't compress, so that the zip is larger than what mail hosts take.
    const rows = Array.from({ length: 16_000 }, (_value, at) => ({
      external_id: `large ${at}`,
      recorded_at: '2026-01-05T12:00:00Z',
      data_source: 'large',
      source_category: 'external_marketing',
      campaign_id: randomBytes(740).toString('base64url'),
      currency: 'USD',
      data_payload: { clicks: 1 },
    }));
    for (let at = 0; at < rows.length; at += 4_000) {
      expect(await server.rows(rows.slice(at, at + 4_000))).toMatchObject({ status: 201 });
    }
    const { body: large } = await server.json<{ id: string }>('/api/dashboard/create', {
      dashboard_name: 'Large',
      widgets: [
        {
          type: 'table',
          query: {
            metrics: ['clicks'],
            dimensions: ['campaign_name'],
            filters: { and: [{ member: 'data_source', operator: 'equals', values: ['large'] }] },
            date_range: { from: '2026-01-01', to: '2026-01-31' },
          },
        },
      ],
    });
    const asked = { recipients: ['large@example.com'], formats: ['csv'] };
    expect((await server.json(`/api/dashboard/${large.id}/deliver`, asked)).status).toBe(202);
    const raw = await until(() => Promise.resolve(mails.get('large@example.com')?.[0]), { seconds: 60 });
    const mail = await PostalMime.parse(raw);
    expect(mail.attachments.map(({ mimeType }) => mimeType)).not.toContain('application/zip');
    const at = linkIn(mail.text, 'f');
    const file = await fetch(at);
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/zip']);
    const zip = Buffer.from(await file.arrayBuffer());
    expect(zip.length).toBeGreaterThan(MOST_ATTACHED_BYTES);
    expect(zip.subarray(0, 2).toString()).toBe('PK');
    expect(zip.length).toBe(Number(file.headers.get('content-length')));
    expect((await fetch(`${at}x`)).status).toBe(404);
  }, 120_000);

  it('does what the guide says', async () => {
    const guide = await Guide.read('reports.md');
    const [example, ...more] = guide.of('view').map((text) => JSON.parse(text) as object);
    expect(more).toEqual([]);
    const { body: made } = await server.json<{ id: string }>('/api/reports/views', example);
    const path = `/api/reports/views/${made.id}/schedule`;
    const examples = guide.of('schedule');
    expect(examples.length).toBeGreaterThan(3);
    for (const text of examples) {
      const { status, body } = await server.json<{ next_runs: string[] }>(path, JSON.parse(text));
      expect({ text, status, body }).toMatchObject({ text, status: 201, body: { next_runs: { length: 5 } } });
    }
    const only = (role: string): object => JSON.parse(guide.of(role)[0] ?? '') as object;
    expect((await server.json(path, only('refused'))).body).toMatchObject(only('problem'));
    expect((await server.json(`${path}/preview`, only('preview'))).body).toMatchObject(only('previewed'));
    expect(await server.json('/api/reports/bounces', only('bounce'))).toMatchObject({ body: { suppressed: true } });
    const { status, body } = await server.json<Dashboard>('/api/dashboard/create', only('dashboard'));
    expect([status, body.warnings]).toEqual([201, []]);
    expect((await open(body.id)).meta).toMatchObject({ failed: 0 });
  }, 60_000);

  it('takes no mail host in a private network, nor a port that is none of mail’s', async () => {
    const put = (body: object): Promise<{ status: number; body: { code?: string; errors?: { pointer: string }[] } }> =>
      server.json('/api/reports/mail-host', { from: 'Ann <ann@example.com>', ...body }, 'PUT');
    expect(await put({ host: 'localhost', port: 587 })).toMatchObject({
      status: 422,
      body: { code: 'host_not_allowed' },
    });
    expect(await put({ host: '169.254.169.254', port: 25 })).toMatchObject({ body: { code: 'host_not_allowed' } });
    expect(await put({ host: '8.8.8.8', port: 5432 })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/port' }] },
    });
    const clear = await put({ host: '8.8.8.8', port: 25, security: 'none', username: 'ann', password: 'x' });
    expect(clear).toMatchObject({ status: 400, body: { errors: [{ pointer: '/security' }] } });
    expect((await server.json('/api/reports/mail-host')).body).toEqual({ mail_host: null });
  });
});
