/**
 * Every door that writes, as the running server names them, leaves an entry in the audit trail, in the transaction of what it
 * writes; and every POST is done once under an Idempotency-Key. A new door without a line here fails.
 */
import { BehindTheDoors } from '../support/behind-the-doors.js';
import { TestServer } from '../support/server.js';

type Json = Record<string, unknown>;
/** Ids by name, as earlier requests gave them. */
type Ids = Record<string, string>;

interface Write {
  readonly path?: (ids: Ids) => string;
  readonly body?: (ids: Ids) => unknown;
  /** Name under which the answer's id is known to later requests. */
  readonly gives?: string;
  readonly status?: number;
}

/** Doors that change nothing an organisation owns, and why they leave no entry. */
const NO_ENTRY: Readonly<Record<string, string>> = {
  'POST /api/marketing/metrics/validate': 'checks, and writes nothing',
  'POST /api/customers/erasures/preview': 'counts, and writes nothing',
  'POST /api/query': 'reads; exports and reads of sensitive members have entries of their own',
  'POST /api/dashboard/{id}/schedule/preview': 'shows a mail, and sends none',
  'POST /api/reports/schedules/{id}/preview': 'shows a mail, and sends none',
  'POST /api/reports/views/{id}/schedule/preview': 'shows a mail, and sends none',
  'POST /api/reports/mail-host/verify': 'greets a mail host, and writes nothing',
  'POST /u/{token}':
    'asked for with a signed link, by nobody who is known; its entry is shown in the specs of schedules',
  'POST /graphql': 'its fields are swept by themselves',
  'POST /api/integrations/import': 'as rows; its entry is shown in the specs of imports',
};

const view = (name: string): Json => ({ report_name: name, report_category: 'roas_analysis', metrics: ['clicks'] });
const ROW = {
  ...{
    external_id: 'r1',
    recorded_at: '2026-01-05T00:00:00Z',
    data_source: 'meta_ads',
    customer_id: 'ann@example.com',
  },
  ...{ source_category: 'external_marketing', currency: 'USD', data_payload: { spend: '1', clicks: 1 } },
};
const FILE = `version: 1\nmetrics:\n  - metric_key: swept\n    display_label: Swept\n    metric_type: metric\n    data_type: integer\n    aggregation: sum\n`;
const metric = (key: string): Json => ({
  ...{ metric_key: key, display_label: key, category: 'calculated', metric_type: 'metric', data_type: 'float' },
  formula: 'revenue / spend',
});

/** In their order: what is made first is there for what comes after. */
const REST: Readonly<Record<string, Write>> = {
  'POST /api/integrations/rows': {},
  'POST /api/customers/merges': { body: () => ({ from: 'phone-1', to: 'ann@example.com' }), gives: 'merge' },
  'DELETE /api/customers/merges/{id}': { path: (ids) => `/api/customers/merges/${ids.merge}` },
  'POST /api/customers/export': { body: () => ({ customer: 'ann@example.com' }) },
  'POST /api/customers/erasures': { body: () => ({ customer: 'nobody@example.com', mode: 'delete' }) },
  'PUT /api/retention': { body: () => ({ rules: [{ type: 'rejects', keep_days: 30 }] }) },
  'POST /api/retention/runs': {},
  'POST /api/fx/rates': { body: () => [{ base: 'EUR', quote: 'USD', day: '2026-01-05', rate: '1.1' }] },
  'DELETE /api/fx/rates': { path: () => '/api/fx/rates?base=EUR&quote=USD' },
  'POST /api/users': { body: () => ({ email: 'swept@example.com', role: 'analyst' }), gives: 'user' },
  'PATCH /api/users/{id}': { body: () => ({ role: 'viewer' }), path: (ids) => `/api/users/${ids.user}` },
  'POST /api/teams': { body: () => ({ name: 'Swept' }), gives: 'team' },
  'PATCH /api/teams/{id}': { body: () => ({ name: 'Swept again' }), path: (ids) => `/api/teams/${ids.team}` },
  'PUT /api/teams/{id}/members/{userId}': { path: (ids) => `/api/teams/${ids.team}/members/${ids.user}` },
  'DELETE /api/teams/{id}/members/{userId}': { path: (ids) => `/api/teams/${ids.team}/members/${ids.user}` },
  'DELETE /api/teams/{id}': { path: (ids) => `/api/teams/${ids.team}` },
  'DELETE /api/users/{id}': { path: (ids) => `/api/users/${ids.user}` },
  'POST /api/roles': { body: () => ({ name: 'Swept', base_role: 'analyst' }), gives: 'role' },
  'PATCH /api/roles/{id}': { body: () => ({ name: 'Swept again' }), path: (ids) => `/api/roles/${ids.role}` },
  'DELETE /api/roles/{id}': { path: (ids) => `/api/roles/${ids.role}` },
  'POST /api/keys': { body: () => ({ name: 'Swept', role: 'viewer' }), gives: 'key' },
  'POST /api/keys/{id}/rotate': { path: (ids) => `/api/keys/${ids.key}/rotate`, gives: 'key' },
  'DELETE /api/keys/{id}': { path: (ids) => `/api/keys/${ids.key}` },
  'PATCH /api/organization': { body: () => ({ name: 'Swept' }) },
  'PATCH /api/organization/settings': { body: () => ({ week_start: 7 }) },
  'PUT /api/organization/branding': { body: () => ({ name: 'Swept' }) },
  'DELETE /api/organization/branding': {},
  'PUT /api/secrets/{name}': { path: () => '/api/secrets/swept', body: () => ({ value: 'x' }) },
  'DELETE /api/secrets/{name}': { path: () => '/api/secrets/swept' },
  'POST /api/marketing/metrics': { body: () => metric('swept_one'), gives: 'metric' },
  'PATCH /api/marketing/metrics/{id}': {
    body: () => ({ display_label: 'Swept' }),
    path: (ids) => `/api/marketing/metrics/${ids.metric}`,
  },
  'DELETE /api/marketing/metrics/{id}': { path: (ids) => `/api/marketing/metrics/${ids.metric}` },
  'POST /api/marketing/metrics/import': {},
  'POST /api/marketing/model/restore': { body: (ids) => ({ snapshot: ids.snapshot }) },
  'PUT /api/marketing/rollups/{name}': {
    path: () => '/api/marketing/rollups/swept',
    body: () => ({ dimensions: ['data_source'], grain: 'daily' }),
  },
  'DELETE /api/marketing/rollups/{name}': { path: () => '/api/marketing/rollups/swept' },
  'PUT /api/analytics/attribution/settings': { body: () => ({ models: ['linear', 'first_touch'] }) },
  'POST /api/analytics/attribution/calculate': { body: () => ({ models: ['linear'] }), gives: 'run' },
  'POST /api/reports/views': { body: () => view('Swept'), gives: 'view' },
  'PATCH /api/reports/views/{id}': {
    body: () => ({ report_name: 'Swept again' }),
    path: (ids) => `/api/reports/views/${ids.view}`,
  },
  'POST /api/reports/views/{id}/schedule': {
    path: (ids) => `/api/reports/views/${ids.view}/schedule`,
    body: () => ({ cron: '0 9 * * 1', recipients: ['ann@example.com'], formats: ['csv'], period: 'as_saved' }),
    gives: 'schedule',
  },
  'PATCH /api/reports/schedules/{id}': {
    path: (ids) => `/api/reports/schedules/${ids.schedule}`,
    body: () => ({ subject: 'Swept' }),
  },
  'POST /api/reports/schedules/{id}/pause': { path: (ids) => `/api/reports/schedules/${ids.schedule}/pause` },
  'POST /api/reports/schedules/{id}/resume': { path: (ids) => `/api/reports/schedules/${ids.schedule}/resume` },
  'POST /api/reports/schedules/{id}/skip-next': { path: (ids) => `/api/reports/schedules/${ids.schedule}/skip-next` },
  'POST /api/reports/schedules/{id}/run': { path: (ids) => `/api/reports/schedules/${ids.schedule}/run` },
  'DELETE /api/reports/schedules/{id}': { path: (ids) => `/api/reports/schedules/${ids.schedule}` },
  'POST /api/reports/views/{id}/deliver': {
    path: (ids) => `/api/reports/views/${ids.view}/deliver`,
    body: () => ({ recipients: ['ann@example.com'], formats: ['csv'] }),
  },
  'DELETE /api/reports/views/{id}': { path: (ids) => `/api/reports/views/${ids.view}` },
  'PUT /api/reports/mail-settings': { body: () => ({ allowed_domains: null }) },
  'POST /api/reports/suppressions': { body: () => ({ address: 'off@example.com' }), gives: 'suppression' },
  'DELETE /api/reports/suppressions/{id}': { path: (ids) => `/api/reports/suppressions/${ids.suppression}` },
  'POST /api/reports/bounces': { body: () => ({ address: 'gone@example.com', type: 'hard' }) },
  'POST /api/dashboard/create': {
    body: () => ({ dashboard_name: 'Swept', widgets: [{ type: 'text', text: 'Hello' }] }),
    gives: 'dashboard',
  },
  'PATCH /api/dashboard/{id}': {
    path: (ids) => `/api/dashboard/${ids.dashboard}`,
    body: () => ({ dashboard_name: 'Swept again' }),
  },
  'POST /api/dashboard/{id}/export': {
    path: (ids) => `/api/dashboard/${ids.dashboard}/export`,
    body: () => ({ format: 'csv' }),
  },
  'POST /api/dashboard/{id}/deliver': {
    path: (ids) => `/api/dashboard/${ids.dashboard}/deliver`,
    body: () => ({ recipients: ['ann@example.com'], formats: ['html'] }),
  },
  'POST /api/dashboard/{id}/schedule': {
    path: (ids) => `/api/dashboard/${ids.dashboard}/schedule`,
    body: () => ({ cron: '0 9 * * 1', recipients: ['ann@example.com'], formats: ['html'], period: 'as_saved' }),
  },
  'PUT /api/reports/mail-host': {
    body: () => ({ host: 'localhost', port: 587, from: 'reports@example.com', username: 'a', password: 'b' }),
  },
  'DELETE /api/reports/mail-host': {},
  'DELETE /api/dashboard/{id}': { path: (ids) => `/api/dashboard/${ids.dashboard}` },
};

/** Their entry is written when the work is refused, or only under conditions that a sweep can't bring about; why. */
const SHOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  'POST /api/marketing/rollups/{name}/refresh': 'needs a rollup that a job has filled; in the guide to rollups',
  'DELETE /api/analytics/attribution/runs/{id}': 'as cancel',
  'POST /api/analytics/attribution/runs/{id}/cancel': 'a small run ends before it can be cancelled',
};

/** What they write is taken up at once by a job, so that it has another version when it is looked at. */
const AT_ONCE_AGAIN: readonly string[] = [
  ...['POST /api/customers/merges', 'POST /api/analytics/attribution/calculate'],
  ...['POST /api/reports/schedules/{id}/run', 'POST /api/reports/views/{id}/deliver'],
  'POST /api/dashboard/{id}/deliver',
];
/** Read, and create nothing; their answers are streamed and not kept. */
const READS = /\/export$/;

describe('every door that writes', () => {
  let server: TestServer;
  let database: BehindTheDoors;
  const ids: Ids = {};
  let tables: string[];

  beforeAll(async () => {
    server = await TestServer.start({ env: { SMTP_PRIVATE_HOSTS: 'on' } });
    database = await BehindTheDoors.of(server);
    const found = await database.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.columns WHERE column_name = 'organization_id' AND table_schema = 'public'
         AND table_name NOT IN ('audit_log', 'audit_heads', 'idempotency_keys')`,
    );
    tables = [...found.map(({ name }) => name), 'organizations'];
    await server.rows([ROW, { ...ROW, external_id: 'r2', customer_id: 'phone-1' }]);
    const { body } = await server.json<{ snapshot?: string; hash?: string }>('/api/marketing/model');
    ids.snapshot = String(body.snapshot ?? body.hash);
  }, 120_000);
  afterAll(async () => {
    await database?.close();
    await server?.stop();
  }, 60_000);

  const newest = async (): Promise<number> =>
    Number((await database.query<{ seq: string }>('SELECT coalesce(max(seq), 0) AS seq FROM audit_log'))[0]?.seq);
  /** Whether a row of the organisation was written by the transaction that wrote one of the entries. */
  const isTogether = async (after: number): Promise<boolean> => {
    const each = tables.map(
      (table) => `SELECT FROM "${table}" WHERE xmin IN (SELECT xmin FROM audit_log WHERE seq > ${after})`,
    );
    return (await database.query(`SELECT WHERE EXISTS (${each.join(' UNION ALL ')})`)).length > 0;
  };
  const send = (door: string, key: string): Promise<Response> => {
    const [method = '', template = ''] = door.split(' ');
    const { path, body } = REST[door] ?? {};
    const headers: Record<string, string> = method === 'POST' ? { 'idempotency-key': key } : {};
    if (template === '/api/integrations/rows') {
      headers['content-type'] = 'application/x-ndjson';
      return server.fetch(template, { method, headers, body: JSON.stringify({ ...ROW, external_id: 'r3' }) });
    }
    if (template === '/api/marketing/metrics/import') {
      headers['content-type'] = 'application/yaml';
      return server.fetch(template, { method, headers, body: FILE });
    }
    headers['content-type'] = 'application/json';
    const content = method === 'DELETE' ? {} : { body: JSON.stringify(body?.(ids) ?? {}) };
    if (method === 'DELETE') delete headers['content-type'];
    return server.fetch(path?.(ids) ?? template, { method, headers, ...content });
  };

  it('is known here', async () => {
    const { body } = await server.json<{ paths: Record<string, Json> }>('/api/openapi.json');
    const doors = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).flatMap((method) => (method === 'get' ? [] : [`${method.toUpperCase()} ${path}`])),
    );
    const known = [...Object.keys(REST), ...Object.keys(NO_ENTRY), ...Object.keys(SHOWN_ELSEWHERE)];
    expect(doors.filter((door) => !known.includes(door))).toEqual([]);
    expect(known.filter((door) => !doors.includes(door))).toEqual([]);
  });

  it('leaves an entry with what it writes, and does it once under a key', async () => {
    const wrong: unknown[] = [];
    for (const door of Object.keys(REST)) {
      const before = await newest();
      const response = await send(door, `sweep ${door}`.replaceAll(' ', '-'));
      const text = await response.text();
      if (!response.ok) {
        wrong.push({ door, status: response.status, text: text.slice(0, 300) });
        continue;
      }
      const { gives } = REST[door] ?? {};
      if (gives) ids[gives] = String((JSON.parse(text) as Json).id ?? (JSON.parse(text) as Json).run_id);
      const after = await newest();
      if (after === before) wrong.push({ door, fault: 'no entry' });
      else if (
        !door.startsWith('DELETE') &&
        !READS.test(door) &&
        !AT_ONCE_AGAIN.includes(door) &&
        !(await isTogether(before))
      )
        wrong.push({ door, fault: 'an entry in a transaction of its own' });
      if (!door.startsWith('POST') || READS.test(door)) continue;
      const again = await send(door, `sweep ${door}`.replaceAll(' ', '-'));
      const repeated = await again.text();
      // The path of a rotated key is another one now.
      if (door.includes('/rotate')) continue;
      if (again.status !== response.status || repeated !== text)
        wrong.push({ door, fault: 'done twice', status: again.status, repeated: repeated.slice(0, 200) });
    }
    expect(wrong).toEqual([]);
  }, 240_000);

  it('tells who read a sensitive member, once a request, at each door, also from the cache', async () => {
    await server.json('/api/marketing/metrics', { ...metric('margin'), is_sensitive: true });
    await server.json('/api/marketing/metrics', { ...metric('over_margin'), formula: 'margin * 2' });
    const reads = async (): Promise<Json[]> =>
      (await server.json<{ data: Json[] }>('/api/audit?action=data.read_sensitive')).body.data;
    await server.json('/api/query', { metrics: ['clicks'] });
    expect(await reads()).toHaveLength(0);
    await server.json('/api/query', { metrics: ['margin'] });
    await server.json('/api/query', { metrics: ['margin'] });
    expect(await reads()).toHaveLength(2);
    await server.json('/api/query', { metrics: ['over_margin'], dimensions: ['data_source'] });
    await server.fetch('/api/query', {
      method: 'POST',
      body: JSON.stringify({ metrics: ['margin'] }),
      headers: { 'content-type': 'application/json', accept: 'text/csv' },
    });
    await server.graphql('{ a: marketingTotals { margin } b: marketingTotals { margin clicks } }');
    const saved = await server.json<{ id: string }>('/api/reports/views', { ...view('Margins'), metrics: ['margin'] });
    await server.json(`/api/reports/views/${saved.body.id}/data`);
    const all = await reads();
    expect(all.map(({ door }) => door)).toEqual(['rest', 'graphql', 'rest', 'rest', 'rest', 'rest']);
    expect(all.every(({ after }) => JSON.stringify(after) === '{"members":["margin"]}')).toBe(true);
  }, 60_000);
});
