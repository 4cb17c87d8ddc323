/**
 * An organisation's definitions over their life: renamed, broken, restored, exported and taken over from files. Over a
 * real server with its embedded stores.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { packageRoot } from '../../src/common/package-root.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Metric {
  id: string;
  metric_key: string;
  display_label: string;
  status: string;
  alias_keys: string[];
  expression: string | null;
  diagnostics: { code: string }[];
  breaks: string[];
  views: { id: string; report_name: string; effect: string; reasons: string[] }[];
  notices: { code: string }[];
}
interface Diff {
  from: string | null;
  to: string;
  added: { key: string }[];
  removed: { key: string }[];
  changed: { key: string; fields: { field: string; before: unknown; after: unknown }[] }[];
}
interface History {
  data: { snapshot: string; reason: string; changes: Record<string, number>; is_live: boolean }[];
  next_cursor: string | null;
}
interface Imported {
  valid: boolean;
  snapshot: string;
  created: string[];
  updated: { metric_key: string; fields: { field: string }[] }[];
  unchanged: string[];
  deactivated: string[];
  reactivated: string[];
  diagnostics: { code: string; message: string; line: number; column: number }[];
  views: { effect: string }[];
}
interface Problem {
  code: string;
  detail: string;
  errors: { code: string; message: string; pointer: string }[];
}
interface Rows {
  rows: Record<string, unknown>[];
  columns: { name: string }[];
  meta: { aliases: Record<string, string>; cached: boolean; warnings: { code: string; message: string }[] };
}

const ROW = {
  external_id: 'row-1',
  recorded_at: '2026-01-05T00:00:00Z',
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  data_payload: { spend: '100.00', revenue: '250.00', refunds: '50.00', footfall: 12 },
};

const mails = (dataDir: string): Buffer[] =>
  readdirSync(dataDir).includes('outbox')
    ? readdirSync(join(dataDir, 'outbox'))
        .filter((name) => name.endsWith('.eml'))
        .map((name) => readFileSync(join(dataDir, 'outbox', name)))
    : [];

const formula = (metric_key: string, text: string): Record<string, unknown> => ({
  metric_key,
  display_label: metric_key,
  metric_type: 'metric',
  data_type: 'float',
  formula: text,
});

describe('definitions', () => {
  let server: TestServer;
  const folder = mkdtempSync(join(tmpdir(), 'tributary-definitions-'));

  beforeAll(async () => {
    server = await TestServer.start();
    expect((await server.rows([ROW])).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const create = async (body: unknown): Promise<Metric> => {
    const answer = await server.json<Metric>('/api/marketing/metrics', body);
    expect(answer).toMatchObject({ status: 201, body: { status: 'valid' } });
    return answer.body;
  };
  const patch = (id: string, body: unknown) =>
    server.json<Metric & Problem>(`/api/marketing/metrics/${id}`, body, 'PATCH');
  const remove = (id: string) =>
    server.json<{ metric: Metric } & Pick<Metric, 'breaks' | 'views' | 'notices'>>(
      `/api/marketing/metrics/${id}`,
      undefined,
      'DELETE',
    );
  const view = async (report_name: string, metrics: string[], more: object = {}): Promise<string> => {
    const answer = await server.json<{ id: string }>('/api/reports/views', { report_name, metrics, ...more });
    expect(answer.status).toBe(201);
    return answer.body.id;
  };
  const run = (id: string) => server.json<Rows & Problem>(`/api/reports/views/${id}/data`);
  const live = async (): Promise<string> =>
    (await server.json<{ snapshot: string }>('/api/marketing/model')).body.snapshot;
  const yaml = async (query: string, body: string) => {
    const response = await server.fetch(`/api/marketing/metrics/import?${query}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/yaml' },
    });
    return { status: response.status, body: (await response.json()) as Imported & Problem };
  };
  const exported = async (): Promise<string> => (await server.fetch('/api/marketing/metrics/export')).text();
  const cli = (...args: string[]): Promise<{ code: number; out: string; err: string }> =>
    new Promise((resolve) => {
      const env = { ...process.env, TRIBUTARY_URL: server.base, TRIBUTARY_API_KEY: ADMIN_KEY };
      execFile(process.execPath, [join(packageRoot, 'dist/app/cli.js'), ...args], { env }, (error, out, err) =>
        resolve({ code: error ? Number(error.code) : 0, out, err }),
      );
    });

  describe('what a change does to others', () => {
    let margin: Metric;
    let viewId: string;
    beforeAll(async () => {
      margin = await create(formula('margin', 'revenue - spend'));
      await create(formula('margin_share', 'margin / revenue'));
      viewId = await view('Margins', ['spend', 'margin', 'margin_share']);
    });

    it('is told before it is made', async () => {
      const ask = (body: unknown) =>
        server.json<Metric & { valid: boolean; dependants: string[] }>(
          `/api/marketing/metrics/validate?id=${margin.id}`,
          body,
          'POST',
        );
      const off = await ask({ is_active: false });
      expect(off).toMatchObject({
        status: 200,
        body: {
          valid: true,
          dependants: ['margin_share'],
          breaks: ['margin_share'],
          views: [
            {
              ...{ id: viewId, report_name: 'Margins', effect: 'changes' },
              reasons: [
                expect.stringMatching(/“margin” is gone.*without it/),
                expect.stringContaining('“margin_share” is set aside'),
              ],
            },
          ],
        },
      });
      const other = await ask({ formula: 'revenue - spend - coalesce(refunds, 0)' });
      expect(other.body).toMatchObject({
        valid: true,
        breaks: [],
        views: [{ id: viewId, effect: 'changes', reasons: [expect.stringContaining('margin'), expect.anything()] }],
      });
      const wrong = await ask({ formula: 'revenue - spendd' });
      expect(wrong.body).toMatchObject({
        valid: false,
        diagnostics: [{ code: 'unknown_member', suggestions: expect.arrayContaining(['spend']) }],
        breaks: ['margin_share'],
        views: [{ effect: 'changes' }],
      });
      const label = await ask({ display_label: 'Margin of all' });
      expect(label.body).toMatchObject({ valid: true, breaks: [], views: [] });
      expect((await run(viewId)).body.rows).toEqual([{ spend: '100.00', margin: 150, margin_share: 0.6 }]);
    });

    it('names the schedules that send a view', async () => {
      const schedule = { cron: '0 9 * * 1', time_zone: 'UTC', formats: ['csv'], recipients: ['a@example.com'] };
      const { status, body } = await server.json<{ id: string }>(`/api/reports/views/${viewId}/schedule`, schedule);
      expect(status).toBe(201);
      const off = await server.json(`/api/marketing/metrics/validate?id=${margin.id}`, { is_active: false }, 'POST');
      expect(off.body).toMatchObject({ views: [{ id: viewId, schedules: [body.id] }] });
    });

    it('can be traced: an explained answer says what its columns are made of', async () => {
      const request = { metrics: ['margin_share'], dimensions: ['data_source'] };
      const { body } = await server.json<{ meta: { sql: string; lineage: unknown[] } }>(
        '/api/query?explain=true',
        request,
      );
      expect(body.meta.sql).toContain('SELECT');
      expect(body.meta.lineage).toMatchObject([
        { key: 'data_source', kind: 'dimension', reads: 'data_source' },
        { key: 'margin', formula: 'revenue - spend', depends_on: ['revenue', 'spend'] },
        { key: 'margin_share', formula: 'margin / revenue', depends_on: ['margin', 'revenue'] },
        { key: 'revenue', aggregation: 'sum', reads: 'data_payload.revenue' },
        { key: 'spend', aggregation: 'sum', reads: 'data_payload.spend' },
      ]);
    });

    it('says so of a new definition that takes the place of a standard one', async () => {
      const roasView = await view('Standard ROAS', ['roas']);
      const { body } = await server.json<Metric>('/api/marketing/metrics/validate', formula('roas', 'spend / revenue'));
      expect(body).toMatchObject({ valid: true, views: [{ id: roasView, effect: 'changes' }] });
      const missing = await server.json<Problem>('/api/marketing/metrics/validate', { metric_key: 'x' });
      expect(missing).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    });

    it('answers a view without a metric that was deactivated, and says so at every door', async () => {
      const [file, page] = await Promise.all([
        view('Margins of sources', ['margin', 'spend', 'clicks'], { dimensions: ['data_source'], limit: 5 }),
        view('Best margins', ['spend', 'margin'], { dimensions: ['data_source'], top: { limit: 3, by: 'margin' } }),
      ]);
      const gone = await remove(margin.id);
      expect(gone).toMatchObject({ status: 200, body: { metric: { status: 'inactive' }, breaks: ['margin_share'] } });
      const effects = new Map(gone.body.views.map(({ id, effect }) => [id, effect]));
      expect([viewId, file, page].map((id) => effects.get(id))).toEqual(['changes', 'changes', 'stops']);

      const without = await run(viewId);
      expect(without.status).toBe(200);
      expect(without.body.rows).toEqual([{ spend: '100.00' }]);
      const told = expect.stringMatching(/^“margin” was deactivated on \d{4}-\d\d-\d\d\. The report is without it\.$/);
      expect(without.body.meta.warnings).toEqual([
        { code: 'metric_left_out', message: told, pointer: '/metrics/1' },
        {
          code: 'metric_left_out',
          message: expect.stringContaining('“margin_share” is set aside'),
          pointer: '/metrics/2',
        },
      ]);
      expect((await run(viewId)).body.meta).toMatchObject({ cached: true, warnings: without.body.meta.warnings });
      const sorted = (await run(file)).body.meta.warnings[0]?.message;
      expect(sorted).toContain('Rows are in the order of “Spend” in its place.');
      const csv = await server.fetch(`/api/reports/views/${viewId}/data?format=csv`);
      expect(await csv.text()).toBe('spend\r\n100.00\r\n');
      expect(csv.headers.get('x-tributary-warnings')).toContain('metric_left_out');
      const html = await server.fetch(`/api/reports/views/${viewId}/data?format=html`);
      expect(await html.text()).toContain('was deactivated on');
      const query = '{ runReportView(id: "ID") { rows meta { warnings } } }'.replace('ID', viewId);
      const { data } = await server.graphql<{ runReportView: Rows }>(query);
      expect(data?.runReportView).toMatchObject({
        rows: [{ spend: '100.00' }],
        meta: { warnings: [{ message: told }, {}] },
      });
      await server.json(`/api/reports/views/${viewId}/deliver`, { recipients: ['boss@example.com'], formats: ['csv'] });
      const mail = await until(() => mails(server.dataDir)[0], { what: 'the mail' });
      expect((await PostalMime.parse(mail)).text).toMatch(/Note: “margin” was deactivated on .* without it\./);

      const ranked = await run(page);
      expect(ranked).toMatchObject({ status: 422, body: { code: 'unknown_metric', errors: [{ pointer: '/top/by' }] } });
      const asked = await server.json<Problem>('/api/query', { metrics: ['spend', 'margin'] });
      expect(asked).toMatchObject({ status: 422, body: { code: 'unknown_metric' } });
      const saved = await server.json(`/api/reports/views/${viewId}`, { report_name: 'Margins!' }, 'PATCH');
      expect(saved).toMatchObject({ status: 422, body: { code: 'unknown_metric' } });
      expect((await patch(margin.id, { is_active: true })).status).toBe(200);
      expect((await run(viewId)).body).toMatchObject({ rows: [{ margin: 150 }], meta: { warnings: [] } });
    });

    it('refuses a view of which no metric remains, says what to do, and runs it once that is done', async () => {
      const only = await view('Margins only', ['margin', 'margin_share']);
      const gone = await remove(margin.id);
      expect(gone.body.views).toContainEqual(expect.objectContaining({ id: only, effect: 'stops' }));
      const refused = await run(only);
      expect(refused.status).toBe(422);
      expect(refused.body.code).toBe('unknown_metric');
      expect(refused.body.errors[0]).toMatchObject({ code: 'unknown_metric', pointer: '/metrics/0' });
      expect(refused.body.detail).toMatch(/“margin” \(margin\) was deactivated on \d{4}-\d\d-\d\d\. .*PATCH/);
      expect(refused.body.detail).toContain(margin.id);
      expect(refused.body.errors[1]).toMatchObject({ code: 'member_quarantined', pointer: '/metrics/1' });
      const inactive = await server.json<{ data: Metric[] }>('/api/marketing/metrics?is_active=false');
      expect(inactive.body.data).toMatchObject([{ id: margin.id, metric_key: 'margin', status: 'inactive' }]);
      expect((await patch(margin.id, { is_active: true })).status).toBe(200);
      expect((await run(only)).body.rows).toEqual([{ margin: 150, margin_share: 0.6 }]);
    });

    it('says of a metric that what it is made of was deactivated, and how to get it back, wherever it is told', async () => {
      const text = { metric_type: 'dimension', data_type: 'string', display_label: 'Group' };
      const group = await create({ ...text, metric_key: 'adset_group', expression: 'adset_group' });
      await create({
        ...formula('margin_so_far', ''),
        formula: null,
        window: { kind: 'cumulative', metric: 'margin' },
      });
      await create({
        ...{ metric_key: 'grouped_spend', display_label: 'Grouped', metric_type: 'metric', data_type: 'currency' },
        ...{ aggregation: 'sum', expression: 'spend', filter: [{ member: 'adset_group', operator: 'set' }] },
      });
      const doubled = await create(formula('double_share', 'margin_share * 2'));
      await Promise.all([remove(margin.id), remove(group.id)]);

      const gone = ({ id, metric_key: key, display_label: label }: Metric): RegExp =>
        new RegExp(
          `“${key}” \\(${label}\\), which it is made of, was deactivated on \\d{4}-\\d\\d-\\d\\d\\. .*PATCH /api/marketing/metrics/${id} with`,
        );
      const made = { margin_share: margin, double_share: margin, margin_so_far: margin, grouped_spend: group };
      for (const [key, base] of Object.entries(made)) {
        const request = { metrics: [key], date_range: { from: '2026-01-01', to: '2026-01-31' } };
        const asked = await server.json<Problem>('/api/query', request);
        expect(asked).toMatchObject({ status: 422, body: { code: 'member_quarantined' } });
        expect(asked.body.detail).toMatch(gone(base));
        expect(asked.body.detail).not.toMatch(/is called/);
        const { errors } = await server.graphql('query ($request: JSON!) { query(request: $request) { rows } }', {
          request,
        });
        expect(errors?.[0]?.message).toMatch(gone(base));
      }
      const saved = (await run(viewId)).body.meta.warnings[1];
      expect(saved?.message).toMatch(
        /^“margin_share” is set aside .*: “margin” \(margin\), which it is made of, was deactivated on [\d-]+\. The report is without it\.$/,
      );

      const preview = await server.json<Metric>(
        '/api/marketing/metrics/validate',
        formula('other_share', 'margin / 2'),
      );
      expect(preview.body).toMatchObject({
        valid: false,
        diagnostics: [{ code: 'unknown_member', missing: 'margin', message: expect.stringMatching(gone(margin)) }],
      });
      const written = await server.json<Problem>('/api/marketing/metrics', formula('other_share', 'margin / 2'));
      expect(written).toMatchObject({ status: 422, body: { detail: expect.stringMatching(gone(margin)) } });
      const file = await yaml(
        'dry_run=true',
        [
          'metrics:',
          '  - {metric_key: other_share, display_label: Half, metric_type: metric, data_type: float, formula: margin / 2}',
        ].join('\n'),
      );
      expect(JSON.stringify(file.body)).toMatch(/“margin” \(margin\), which it is made of, was deactivated/);
      const shown = await server.json<Metric>(`/api/marketing/metrics/${doubled.id}`);
      expect(shown.body.diagnostics[0]).toMatchObject({
        code: 'depends_on_quarantined',
        message: expect.stringMatching(/^It builds on margin_share, which can't be used: “margin” \(margin\), which/),
      });
      const model = await server.json<{ members: { key: string; diagnostics: { message: string }[] }[] }>(
        '/api/marketing/model',
      );
      const told = model.body.members.find(({ key }) => key === 'margin_so_far');
      expect(told?.diagnostics[0]?.message).toMatch(gone(margin));

      for (const { id } of [margin, group]) expect((await patch(id, { is_active: true })).status).toBe(200);
      expect((await server.json<Rows>('/api/query', { metrics: ['double_share'] })).body.rows).toEqual([
        { double_share: 1.2 },
      ]);
    });

    it('warns of numbers that count the same twice', async () => {
      const metric = { metric_type: 'metric', data_type: 'integer', display_label: 'x' };
      const codes = async (body: object): Promise<string[]> =>
        (
          await server.json<Metric>('/api/marketing/metrics/validate', { ...metric, metric_key: 'doubtful', ...body })
        ).body.diagnostics.map(({ code }) => code);
      expect(await codes({ aggregation: 'sum', expression: 'reach' })).toContain('fan_out');
      expect(await codes({ aggregation: 'sum', expression: 'reach', additivity: 'non_additive' })).toEqual([]);
      expect(await codes({ formula: 'reach + reach', additivity: 'additive' })).toContain('fan_out');
      expect(await codes({ aggregation: 'sum', expression: 'clicks', weight: 'spend' })).toContain('unused_weight');
      expect(
        await codes({ aggregation: 'weighted_avg', data_type: 'float', expression: 'ctr', weight: 'ctr' }),
      ).toContain('self_weight');
      expect(
        await codes({ aggregation: 'weighted_avg', data_type: 'float', expression: 'ctr', weight: 'campaign_name' }),
      ).toContain('unusable_weight');
    });
  });

  it('takes metrics with rows of their own and over time, and says their SQL', async () => {
    const metric = { metric_type: 'metric', data_type: 'currency', display_label: 'x' };
    const filter = { member: 'data_source', operator: 'equals', values: ['meta_ads'] };
    const own = await create({ ...metric, metric_key: 'meta_spend', aggregation: 'sum', expression: 'spend', filter });
    expect(own).toMatchObject({ filter, depends_on: ['data_source'] });
    const window = { kind: 'rolling', metric: 'meta_spend', count: 7, unit: 'day' };
    const { body } = await server.json<{ valid: boolean; sql: Record<string, string> | null }>(
      '/api/marketing/metrics/validate',
      { ...metric, metric_key: 'meta_spend_7_days', window },
    );
    expect(body.valid).toBe(true);
    expect(body.sql?.clickhouse).toContain('SELECT');
    expect(body.sql?.postgres).toContain('SELECT');
    const around = (part: Record<string, unknown>) =>
      server.json<typeof body>('/api/marketing/metrics/validate', {
        ...{ metric_key: 'x', display_label: 'X', metric_type: 'metric', data_type: 'float', ...part },
      });
    const from = { member: 'data_source', operator: 'equals', values: ['meta_ads'] };
    for (const part of [
      { window: { kind: 'share', metric: 'spend', within: ['data_source', 'recorded_at'] } },
      { window: { kind: 'rolling', metric: 'roas', count: 7, unit: 'day' } },
      { conversion: { from, to: { member: 'customer_id', operator: 'set' }, days: 7, output: 'rate' } },
    ]) {
      const answer = await around(part);
      expect(answer.body).toMatchObject({ valid: true, sql: { clickhouse: expect.stringContaining('SELECT') } });
    }
    expect(await create({ ...metric, metric_key: 'meta_spend_7_days', window })).toMatchObject({ window });
    expect(await exported()).toContain('window:\n      kind: rolling\n      metric: meta_spend\n');
    const answer = await server.json<Rows>('/api/query', {
      metrics: ['meta_spend', 'meta_spend_7_days'],
      date_range: { from: '2026-01-06', to: '2026-01-06' },
      time_grain: 'daily',
    });
    expect(answer.body.rows.at(-1)).toMatchObject({ meta_spend_7_days: '100.00' });
    const wrong = await server.json<Problem>('/api/marketing/metrics', {
      ...metric,
      metric_key: 'odd',
      window: { kind: 'sideways', metric: 'spend' },
    });
    expect(wrong).toMatchObject({ status: 422, body: { code: 'invalid_definition' } });
    expect(wrong.body.errors[0]?.pointer).toMatch(/^\/window/);
    const unstorable = await server.json<Problem>('/api/marketing/metrics', {
      ...metric,
      metric_key: 'odd',
      unit: '\0',
    });
    expect(unstorable).toMatchObject({ status: 400, body: { code: 'invalid_text' } });
  });

  describe('a new key', () => {
    it('leaves the old one as an alias, and the metric reads the field it read', async () => {
      const metric = await create({
        metric_key: 'footfall',
        display_label: 'Footfall',
        metric_type: 'metric',
        data_type: 'integer',
        aggregation: 'sum',
      });
      const viewId = await view('Visitors', ['footfall']);
      await create(formula('spend_per_visitor', 'spend / footfall'));
      const renamed = await patch(metric.id, { metric_key: 'store_visits' });
      expect(renamed).toMatchObject({
        status: 200,
        body: {
          id: metric.id,
          metric_key: 'store_visits',
          alias_keys: ['footfall'],
          expression: 'footfall',
          breaks: [],
          views: [{ id: viewId, effect: 'changes' }],
          notices: [{ code: 'old_key_kept_as_alias' }, { code: 'field_kept' }],
        },
      });
      const { body } = await run(viewId);
      expect(body.rows).toEqual([{ store_visits: 12 }]);
      expect(body.meta.aliases).toEqual({ footfall: 'store_visits' });
      const per = await server.json<Rows>('/api/query', { metrics: ['spend_per_visitor'] });
      expect(per.body.rows).toEqual([{ spend_per_visitor: 8.333333333 }]);
      const back = await patch(metric.id, { metric_key: 'footfall' });
      expect(back.body).toMatchObject({ metric_key: 'footfall', alias_keys: ['store_visits'], expression: 'footfall' });
    });

    it('of a standard metric does not let the standard one take the name back', async () => {
      const viewId = await view('Clicks', ['clicks']);
      const list = await server.json<{ data: Metric[] }>('/api/marketing/metrics?q=clicks');
      const clicks = list.body.data.find((metric) => metric.metric_key === 'clicks');
      const renamed = await patch(clicks?.id ?? '', { metric_key: 'ad_clicks' });
      expect(renamed).toMatchObject({ status: 200, body: { alias_keys: ['clicks'], expression: 'clicks' } });
      expect((await run(viewId)).body.columns.map(({ name }) => name)).toEqual(['ad_clicks']);

      const own = await create(formula('cpc', 'spend / ad_clicks * 1'));
      const other = await patch(own.id, { metric_key: 'my_cpc' });
      expect(other).toMatchObject({
        status: 200,
        body: {
          alias_keys: ['cpc'],
          notices: [{ code: 'old_key_kept_as_alias' }, { code: 'standard_deactivated' }],
        },
      });
      const taken = await patch(own.id, { metric_key: 'ad_clicks' });
      expect(taken).toMatchObject({ status: 409, body: { code: 'duplicate_key' } });
      expect(await patch(own.id, { display_label: null })).toMatchObject({
        status: 400,
        body: { errors: [{ pointer: '/display_label' }] },
      });
    });
  });

  describe('snapshots', () => {
    it('are listed, compared and restored', async () => {
      const first = await live();
      const metric = await create(formula('net_roas', '(revenue - refunds) / spend'));
      const second = await live();
      await patch(metric.id, { formula: 'revenue / spend', display_label: 'Gross' });
      await remove(metric.id);
      expect(await live()).toBe(first);

      const page = await server.json<History>('/api/marketing/model/history?limit=3');
      expect(page.body.data).toMatchObject([
        { snapshot: first, reason: 'edit', changes: { added: 0, changed: 0, removed: 1 }, is_live: true },
        { changes: { added: 0, changed: 1, removed: 0 }, is_live: false },
        { snapshot: second, changes: { added: 1, changed: 0, removed: 0 }, is_live: false },
      ]);
      const next = await server.json<History>(`/api/marketing/model/history?limit=3&cursor=${page.body.next_cursor}`);
      expect(next.body.data[0]).toMatchObject({ snapshot: first, is_live: false });

      const byDefault = await server.json<Diff>('/api/marketing/model/diff');
      expect(byDefault.body).toMatchObject({ to: first, added: [], removed: [{ key: 'net_roas' }], changed: [] });
      const edited = page.body.data[1]?.snapshot ?? '';
      const diff = await server.json<Diff>(`/api/marketing/model/diff?from=${second}&to=${edited}`);
      expect(diff.body.changed).toEqual([
        {
          key: 'net_roas',
          label: 'Gross',
          metric_type: 'metric',
          fields: [
            { field: 'depends_on', before: ['refunds', 'revenue', 'spend'], after: ['revenue', 'spend'] },
            { field: 'formula', before: '(revenue - refunds) / spend', after: 'revenue / spend' },
            { field: 'label', before: 'net_roas', after: 'Gross' },
          ],
        },
      ]);

      const restored = await server.json<{ snapshot: string; equal: boolean; changes: Diff; differences: Diff }>(
        '/api/marketing/model/restore',
        { snapshot: second },
      );
      expect(restored).toMatchObject({
        status: 200,
        body: {
          snapshot: second,
          equal: true,
          changes: { added: [{ key: 'net_roas' }], changed: [], removed: [] },
          differences: { added: [], changed: [], removed: [] },
        },
      });
      expect(await live()).toBe(second);
      const back = await server.json<Metric>(`/api/marketing/metrics/${metric.id}`);
      expect(back.body).toMatchObject({ metric_key: 'net_roas', status: 'valid' });
      const answer = await server.json<Rows>('/api/query', { metrics: ['net_roas'] });
      expect(answer.body.rows).toEqual([{ net_roas: 2 }]);
    });

    it('restore what was switched off and what was made one’s own of the standard library', async () => {
      const before = await live();
      const list = await server.json<{ data: Metric[] }>('/api/marketing/metrics?q=campaign_ro');
      const id = (key: string): string => list.body.data.find((metric) => metric.metric_key === key)?.id ?? '';
      await remove(id('campaign_roi'));
      await patch(id('campaign_roas'), { display_label: 'Our ROAS' });
      const changed = await live();
      const history = await server.json<History>('/api/marketing/model/history?limit=1');
      expect(history.body.data[0]?.snapshot).toBe(changed);
      for (const snapshot of [before, changed, before]) {
        const { body } = await server.json<{ equal: boolean }>('/api/marketing/model/restore', { snapshot });
        expect(body.equal).toBe(true);
        expect(await live()).toBe(snapshot);
      }
    });

    it('of nobody or of another organisation are not there', async () => {
      const unknown = 'a'.repeat(64);
      expect(await server.json('/api/marketing/model/restore', { snapshot: unknown })).toMatchObject({
        status: 404,
        body: { code: 'unknown_snapshot' },
      });
      expect(await server.json(`/api/marketing/model/diff?from=${unknown}`)).toMatchObject({ status: 404 });
      expect(await server.json('/api/marketing/model/diff?from=abc')).toMatchObject({ status: 400 });
    });

    it('are the same over GraphQL', async () => {
      const { data, errors } = await server.graphql<{ modelHistory: History; modelDiff: Diff }>(
        '{ modelHistory(limit: 2) { data { snapshot reason is_live changes { added changed removed } } } modelDiff { to removed { key } } }',
      );
      expect(errors).toBeUndefined();
      const rest = await server.json<History>('/api/marketing/model/history?limit=2');
      expect(data?.modelHistory.data[0]?.snapshot).toBe(rest.body.data[0]?.snapshot);
      const restored = await server.graphql<{ restoreModel: { equal: boolean } }>(
        'mutation ($snapshot: String!) { restoreModel(snapshot: $snapshot) { equal changes { added { key } } } }',
        { snapshot: await live() },
      );
      expect(restored.data?.restoreModel.equal).toBe(true);
    });
  });

  describe('as files', () => {
    const FILE = `version: 1
metrics:
  - metric_key: profit_share
    display_label: Share of profit
    metric_type: metric
    data_type: float
    formula: profit / revenue
  - metric_key: profit
    display_label: Profit
    metric_type: metric
    data_type: float
    formula: revenue - spend
`;

    it('go out and in again without a change, and in any order', async () => {
      const before = await exported();
      expect(before).toMatch(/^version: 1\nmetrics:\n {2}- metric_key: /);
      expect(before).not.toContain('#');
      const again = await yaml('mode=replace', before);
      expect(again).toMatchObject({ status: 200, body: { valid: true, created: [], updated: [], deactivated: [] } });
      expect(await exported()).toBe(before);

      const dry = await yaml('dry_run=true', FILE);
      expect(dry).toMatchObject({ status: 200, body: { created: ['profit', 'profit_share'], deactivated: [] } });
      expect(await exported()).toBe(before);
      const done = await yaml('mode=merge', FILE);
      expect(done.body).toMatchObject({ snapshot: dry.body.snapshot, created: ['profit', 'profit_share'] });
      expect(await live()).toBe(dry.body.snapshot);
      const history = await server.json<History>('/api/marketing/model/history?limit=1');
      expect(history.body.data[0]).toMatchObject({ reason: 'import', changes: { added: 2 } });
      expect((await yaml('', FILE)).body).toMatchObject({ created: [], unchanged: ['profit', 'profit_share'] });
      expect((await server.json<History>('/api/marketing/model/history?limit=1')).body).toEqual(history.body);
      const answer = await server.json<Rows>('/api/query', { metrics: ['profit_share'] });
      expect(answer.body.rows).toEqual([{ profit_share: 0.6 }]);
    });

    it('replace everything that is not in them, and bring it back', async () => {
      const before = await exported();
      const hash = await live();
      const viewId = await view('Profit', ['profit']);
      const only = await yaml('mode=replace', 'metrics: []\ndeactivated: [campaign_roi]\n');
      expect(only.status).toBe(200);
      expect(only.body.deactivated).toEqual(expect.arrayContaining(['campaign_roi', 'profit', 'profit_share']));
      expect(only.body.views).toContainEqual(expect.objectContaining({ id: viewId, effect: 'stops' }));
      expect(await exported()).toBe('version: 1\nmetrics: []\ndeactivated:\n  - campaign_roi\n');
      const back = await yaml('mode=replace', before);
      expect(back.body.reactivated).toContain('campaign_roi');
      expect(await exported()).toBe(before);
      expect(await live()).toBe(hash);
    });

    it('are refused whole, with lines', async () => {
      const before = await exported();
      const wrong = FILE.replace('formula: revenue - spend', 'formula: revenue - spendd');
      expect(await yaml('', wrong)).toMatchObject({
        status: 422,
        body: {
          code: 'invalid_definition',
          errors: [
            {
              code: 'unknown_member',
              pointer: '/metrics/1/formula',
              range: [10, 16],
              message: expect.stringMatching(/^Line 12: /),
              suggestions: expect.arrayContaining(['spend']),
            },
          ],
        },
      });
      const dry = await yaml('dry_run=true', wrong);
      expect(dry).toMatchObject({ status: 200, body: { valid: false } });
      expect(dry.body.diagnostics).toContainEqual(
        expect.objectContaining({ code: 'unknown_member', line: 12, column: 24, metric_key: 'profit' }),
      );
      expect(await yaml('', FILE.replace('data_type', 'datatype'))).toMatchObject({
        status: 400,
        body: { code: 'invalid_file' },
      });
      for (const broken of [
        'metrics: [',
        'metrics: {}',
        '5',
        'a: &a [*a]',
        '['.repeat(1_000_000),
        '- '.repeat(500_000),
      ]) {
        expect(await yaml('', broken)).toMatchObject({ status: 400, body: { code: 'invalid_file' } });
      }
      expect(await yaml('mode=all', FILE)).toMatchObject({ status: 400 });
      expect(await server.json('/api/marketing/metrics/import', {})).toMatchObject({ status: 415 });
      expect(await exported()).toBe(before);
    });

    it('go in again with a definition that is broken, but with no other', async () => {
      const start = await exported();
      const base = await create(formula('clean_base', 'revenue - spend'));
      await create(formula('clean_share', 'clean_base / revenue'));
      expect((await remove(base.id)).body.breaks).toContain('clean_share');
      const before = await exported();
      const unchanged = { valid: true, created: [], updated: [], deactivated: [], reactivated: [] };
      for (const mode of ['merge', 'replace']) {
        expect(await yaml(`mode=${mode}&dry_run=true`, before)).toMatchObject({ status: 200, body: unchanged });
        const again = await yaml(`mode=${mode}`, before);
        expect(again).toMatchObject({ status: 200, body: unchanged });
        expect(again.body.diagnostics).toContainEqual(expect.objectContaining({ metric_key: 'clean_share' }));
      }
      expect(await exported()).toBe(before);
      for (const wrong of [
        before.replace('clean_base / revenue', 'clean_base / spend'),
        before.replace('metric_key: clean_share', 'metric_key: clean_share_too'),
      ]) {
        expect(await yaml('', wrong)).toMatchObject({ status: 422, body: { code: 'invalid_definition' } });
        expect(await yaml('dry_run=true', wrong)).toMatchObject({ status: 200, body: { valid: false } });
      }
      expect((await yaml('mode=replace', start)).status).toBe(200);
      expect(await exported()).toBe(start);
    });

    it('travel over GraphQL and the command line', async () => {
      const { data } = await server.graphql<{ exportDefinitions: string }>('{ exportDefinitions }');
      expect(data?.exportDefinitions).toBe(await exported());
      const dry = await server.graphql<{ importDefinitions: Imported }>(
        'mutation ($file: String!) { importDefinitions(file: $file, dry_run: true) { valid unchanged } }',
        { file: FILE },
      );
      expect(dry.data?.importDefinitions).toEqual({ valid: true, unchanged: ['profit', 'profit_share'] });

      const path = join(folder, 'own.yaml');
      expect(await cli('definitions', 'export', path)).toMatchObject({ code: 0 });
      expect(readFileSync(path, 'utf8')).toBe(await exported());
      writeFileSync(path, readFileSync(path, 'utf8').replace('Share of profit', 'Profit share'));
      const trial = await cli('definitions', 'import', path, '--mode', 'replace', '--dry-run');
      expect(trial).toMatchObject({ code: 0, err: '' });
      expect(trial.out).toContain('profit_share: display_label "Share of profit" → "Profit share"');
      expect(await exported()).toContain('Share of profit');
      expect(await cli('definitions', 'import', path, '--mode', 'replace')).toMatchObject({ code: 0 });
      expect(await exported()).toContain('Profit share');
    }, 60_000);

    it('are checked without a server', async () => {
      const path = join(folder, 'check.yaml');
      const check = () => cli('validate', path);
      writeFileSync(path, FILE);
      expect(await check()).toMatchObject({ code: 0, out: expect.stringContaining('2 definitions') });
      writeFileSync(path, FILE.replace('formula: revenue - spend', 'formula: revenue - spendd'));
      const wrong = await check();
      expect(wrong.code).toBe(1);
      expect(wrong.err).toContain(`${path}:12:24: error unknown_member:`);
      expect(wrong.err).toContain(`${path}:7:14: error depends_on_quarantined:`);
    }, 60_000);

    it('say so where they build on what they switch off themselves', async () => {
      const together = mkdtempSync(join(folder, 'together-'));
      const formula = (text: string): string => FILE.replace('formula: revenue - spend', `formula: ${text}`);
      const off = 'deactivated: [sessions]\n';
      writeFileSync(join(together, 'metrics.yaml'), formula('revenue - sessions'));
      writeFileSync(join(together, 'off.yaml'), off);
      const why = (where: string): string =>
        `“sessions” (Sessions), which it is made of, is switched off in ${where}, under “deactivated”. Leave it out, or take it from that list.`;
      const { code, err } = await cli('validate', together);
      expect(code).toBe(1);
      expect(err).toContain(`error unknown_member: ${why(join(together, 'off.yaml'))}`);
      expect(err).toContain(`can't be used: ${why(join(together, 'off.yaml'))}`);
      const file = `${formula('revenue - sessions')}${off}`;
      expect((await yaml('', file)).body.errors[0]?.message).toBe(`Line 12: ${why('this file')}`);
      expect((await yaml('dry_run=true', file)).body.diagnostics.map(({ message }) => message)).toContain(
        why('this file'),
      );
    }, 60_000);
  });

  it('go out as stock Cube files that hold the organisation’s rows only', async () => {
    const out = join(folder, 'cube');
    const { body: me } = await server.json<{ organization: { id: string; slug: string } }>('/api/me');
    expect(await cli('export-cube', '--org', me.organization.slug, '--out', out)).toMatchObject({ code: 0, err: '' });
    expect(readdirSync(out).sort()).toEqual(['README.md', 'clickhouse', 'postgres']);
    for (const dialect of ['clickhouse', 'postgres']) {
      const files = readdirSync(join(out, dialect)).sort();
      expect(files).toEqual(['marketing.js', 'unified_marketing.js']);
      expect(readFileSync(join(out, dialect, 'unified_marketing.js'), 'utf8')).toContain(me.organization.id);
    }
    const other = await cli('export-cube', '--org', 'other', '--out', out);
    expect(other.code).toBe(1);
    expect(other.err).toContain(me.organization.slug);
  }, 60_000);
});
