import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/common/package-root.js';
import { TestServer } from '../support/server.js';

const VIEW = {
  report_name: 'Spend',
  report_category: 'roas_analysis',
  metrics: ['spend'],
  dimensions: ['data_source'],
  visibility: 'organization',
};
const ROW = {
  recorded_at: '2026-01-05T00:00:00Z',
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  data_payload: { spend: '12.50' },
};

describe('an organisation whose plan is changed', () => {
  let server: TestServer;
  let view: string;

  const plan = async (name: string): Promise<string> => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [join(packageRoot, 'dist/src/cli.js'), 'org', 'plan', 'main', name],
      { env: { ...process.env, DATA_DIR: server.dataDir } },
    );
    return stdout;
  };
  const closed = (feature: string, plan: string) => ({
    status: 403,
    body: {
      code: 'feature_not_enabled',
      detail: expect.stringMatching(new RegExp(`${feature}.*plan ${plan}`)) as string,
    },
  });

  beforeAll(async () => {
    server = await TestServer.start();
    await server.rows([ROW]);
    view = (await server.json<{ id: string }>('/api/reports/views', VIEW)).body.id;
  }, 120_000);
  afterAll(() => server.stop(), 60_000);

  it('has everything at first', async () => {
    const { body } = await server.json<{ plan: string; features: { enabled: boolean }[] }>('/api/plan');
    expect(body.plan).toBe('enterprise');
    expect(body.features.map(({ enabled }) => enabled)).toEqual([true, true, true, true, true]);
  });

  it('sees its standard reports on Starter, and is told which plan the rest needs, at each door', async () => {
    expect(await plan('starter')).toMatch(/^main: starter \(basic_reporting\)/);
    expect((await server.json(`/api/reports/views/${view}/data`)).body).toMatchObject({
      rows: [{ data_source: 'meta_ads', spend: '12.50' }],
    });
    expect((await server.rows([ROW])).status).toBe(201);
    expect((await server.json('/api/marketing/metrics')).status).toBe(200);

    expect(await server.json('/api/query', { metrics: ['spend'] })).toMatchObject(
      closed('advanced_analytics', 'starter'),
    );
    expect(await server.json('/api/reports/views', VIEW)).toMatchObject(closed('advanced_analytics', 'starter'));
    for (const format of ['csv', 'xlsx', 'pdf']) {
      const answer = await server.json(`/api/reports/views/${view}/data?format=${format}`);
      expect(answer).toMatchObject(closed('advanced_analytics', 'starter'));
    }
    expect(await server.upload('csv', 'crm.csv', 'a,b\n1,2')).toMatchObject(closed('external_integrations', 'starter'));
    const typed = await server.graphql('{ marketing { spend } }');
    expect(typed.errors?.[0]?.extensions?.code).toBe('feature_not_enabled');
    const managed = await server.graphql('mutation { deactivateMetric(id: "x") { metric { id } } }');
    expect(managed.errors?.[0]?.extensions?.code).toBe('feature_not_enabled');
  });

  it('has its doors back with the next plan at once, and the change stands in the audit trail', async () => {
    await plan('professional');
    expect((await server.json('/api/query', { metrics: ['spend'] })).status).toBe(200);
    expect((await server.fetch(`/api/reports/views/${view}/data?format=csv`)).status).toBe(200);
    const { body } = await server.json<{ data: unknown[] }>('/api/audit?action=organization.plan');
    expect(body.data).toMatchObject([
      { before: { plan: 'starter' }, after: { plan: 'professional' }, door: 'command_line' },
      { before: { plan: 'enterprise' }, after: { plan: 'starter' } },
    ]);
    await expect(plan('platinum')).rejects.toThrow(
      'There is no plan platinum; there are starter, professional, enterprise',
    );
  });
});
