/** What an organisation's plan opens: its features at each door, and its own name and logo on what it mails. */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PNG } from 'pngjs';
import PostalMime, { type Email } from 'postal-mime';
import { packageRoot } from '../../src/common/package-root.js';
import { BehindTheDoors } from '../support/behind-the-doors.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

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
      [join(packageRoot, 'dist/app/cli.js'), 'org', 'plan', 'main', name],
      { env: { ...process.env, DATA_DIR: server.dataDir } },
    );
    return stdout;
  };
  const LOGO = PNG.sync.write(new PNG({ width: 24, height: 8, fill: true }));
  const BRAND = {
    ...{ name: 'Brightside Agency', accent: '#7a1fa2', footer: 'Confidential' },
    logo: `data:image/png;base64,${LOGO.toString('base64')}`,
  };
  const mails = (): string[] => {
    const folder = join(server.dataDir, 'outbox');
    const isThere = readdirSync(server.dataDir).includes('outbox');
    return isThere ? readdirSync(folder).filter((name) => name.endsWith('.eml')) : [];
  };
  /** Sends the report, and reads the mail. */
  const mailed = async (): Promise<Email> => {
    const before = mails();
    const sent = { recipients: ['ann@example.com'], formats: ['html', 'csv'] };
    expect((await server.json(`/api/reports/views/${view}/deliver`, sent)).status).toBe(202);
    const file = await until(() => mails().find((name) => !before.includes(name)), { what: 'the mail' });
    return PostalMime.parse(readFileSync(join(server.dataDir, 'outbox', file)));
  };
  const isOurs = (mail: Email): boolean => mail.html?.includes('Brightside Agency') ?? false;
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

  it('puts its own name and logo on its reports; who did it stands in the trail', async () => {
    expect((await server.json('/api/organization/branding', BRAND, 'PUT')).body).toEqual({ ...BRAND, is_shown: true });
    const mail = await mailed();
    expect(isOurs(mail)).toBe(true);
    expect(mail.html).toContain('cid:logo@report');
    expect(mail.html?.toLowerCase()).toContain('#7a1fa2');
    expect(mail.text).toContain('Confidential');
    const logo = mail.attachments.find(({ filename }) => filename === 'logo.png');
    expect(Buffer.from(logo?.content as ArrayBuffer).equals(LOGO)).toBe(true);
    const { body } = await server.json<{ data: unknown[] }>('/api/audit?action=organization_branding.update');
    expect(body.data).toMatchObject([
      {
        before: null,
        after: { name: 'Brightside Agency', logo_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      },
    ]);
  }, 60_000);

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
    expect(await server.json('/api/organization/branding', BRAND, 'PUT')).toMatchObject(
      closed('white_label', 'starter'),
    );
    expect((await server.json('/api/organization/branding')).body).toEqual({ ...BRAND, is_shown: false });
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

  it('mails plain reports without white_label, and its own again with it', async () => {
    const plain = await mailed();
    expect([isOurs(plain), plain.attachments.map(({ filename }) => filename)]).toEqual([
      false,
      [expect.stringMatching(/\.csv$/)],
    ]);
    await plan('enterprise');
    expect(isOurs(await mailed())).toBe(true);
  }, 60_000);

  it('may have a plan of the operator’s own: each feature is what opens its doors, and everyone sees which', async () => {
    const doors: Record<string, () => Promise<unknown>> = {
      basic_reporting: () => server.json(`/api/reports/views/${view}/data`),
      advanced_analytics: () => server.json('/api/query', { metrics: ['spend'] }),
      external_integrations: () => server.upload('csv', 'crm.csv', 'a,b\n1,2'),
      white_label: () => server.json('/api/organization/branding', BRAND, 'PUT'),
    };
    const behind = await BehindTheDoors.of(server);
    for (const feature of Object.keys(doors))
      await behind.query(`INSERT INTO plans (name, label, features) VALUES ($1, $1, ARRAY[$2])`, [
        `only_${feature}`,
        feature,
      ]);
    await behind.close();
    for (const feature of Object.keys(doors)) {
      const name = `only_${feature}`;
      expect(await plan(name)).toContain(`main: ${name} (${feature})`);
      for (const [other, open] of Object.entries(doors)) {
        const answer = await open();
        if (other === feature) expect(answer).not.toMatchObject({ body: { code: 'feature_not_enabled' } });
        else expect({ other, ...(answer as object) }).toMatchObject({ other, ...closed(other, name) });
      }
      const { data } = await server.graphql<{ me: unknown }>('{ me { plan features { feature enabled has_doors } } }');
      const me = await server.json<{
        plan: string;
        features: { feature: string; enabled: boolean; has_doors: boolean }[];
      }>('/api/me');
      expect(data?.me).toMatchObject({
        plan: name,
        features: me.body.features.map(({ feature: each, enabled, has_doors }) => ({
          feature: each,
          enabled,
          has_doors,
        })),
      });
      expect(me.body.features.filter(({ enabled }) => enabled).map((each) => each.feature)).toEqual([feature]);
      // Nothing of this version predicts or recommends; the guide says so.
      expect(me.body.features.filter(({ has_doors }) => !has_doors).map((each) => each.feature)).toEqual([
        'ai_insights',
      ]);
    }
  }, 60_000);
});
