/** Who may see what: people, teams, roles, keys and tokens, through the doors of a running server. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { packageRoot } from '../../src/common/package-root.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

type Json = Record<string, unknown>;
interface Answer {
  readonly rows: Json[];
  readonly columns: { name: string }[];
  readonly totals: Json | null;
  readonly meta: { warnings: { code: string }[]; cached: boolean; sql?: string; data_as_of: Json };
}

const row = (id: number, campaign: string, source: string, spend: string, revenue: string): Json => ({
  external_id: `row ${id}`,
  recorded_at: `2026-01-0${(id % 5) + 1}T00:00:00Z`,
  data_source: source,
  source_category: 'external_marketing',
  campaign_id: campaign,
  currency: 'USD',
  data_payload: { spend, revenue, clicks: id, device: id % 2 ? 'mobile' : 'desktop' },
});
const ROWS = [
  row(1, 'Spring', 'meta_ads', '10.00', '40.00'),
  row(2, 'Spring', 'google_ads', '20.00', '30.00'),
  row(3, 'Summer', 'meta_ads', '100.00', '150.00'),
  row(4, 'Autumn', 'google_ads', '1000.00', '500.00'),
];
const JANUARY = { from: '2026-01-01', to: '2026-01-31' };
const VIEW = { report_name: 'Spend', metrics: ['spend'], dimensions: ['data_source'], visibility: 'organization' };

describe('who may see what', () => {
  let server: TestServer;
  let provider: Server;
  let issuer: string;
  let published: JWK[] = [];
  let signer: { key: CryptoKey; kid: string };

  /** A new key pair of the identity provider, in place of the one before. */
  const rotateProvider = async (kid: string): Promise<void> => {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    published = [{ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' }];
    signer = { key: privateKey, kid };
  };
  const token = (claims: Json, change: (jwt: SignJWT) => SignJWT = (jwt) => jwt): Promise<string> =>
    change(
      new SignJWT({ org: 'main', email: 'tess@example.com', email_verified: true, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: signer.kid })
        .setIssuer(issuer)
        .setAudience('tributary')
        .setIssuedAt()
        .setExpirationTime('5m'),
    ).sign(signer.key);

  beforeAll(async () => {
    provider = createServer((_request, response) => response.end(JSON.stringify({ keys: published })));
    provider.listen(0, '127.0.0.1');
    await once(provider, 'listening');
    issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/`;
    await rotateProvider('first');
    server = await TestServer.start({
      env: {
        JWT_ISSUER: issuer,
        JWT_AUDIENCE: 'tributary',
        JWT_JWKS_URL: `${issuer}keys`,
        JWT_ROLES: 'marketing-analysts=analyst, bosses=organization_admin',
      },
    });
    expect((await server.rows(ROWS)).status).toBe(201);
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    provider?.close();
  }, 60_000);

  const made = async <T = Json>(
    path: string,
    body: Json,
    key = ADMIN_KEY,
  ): Promise<T & { id: string; key: string }> => {
    const { status, body: answer } = await server.json<T & { id: string; key: string }>(path, body, 'POST', key);
    expect({ path, status, answer: status < 300 ? null : answer }).toEqual({ path, status: 201, answer: null });
    return answer;
  };
  let people = 0;
  /** A person with a key. */
  const person = async (given: Json): Promise<{ id: string; key: string; keyId: string }> => {
    const { id } = await made('/api/users', { email: `person${(people += 1)}@example.com`, ...given });
    const key = await made('/api/keys', { name: 'own', user_id: id });
    return { id, key: key.key, keyId: key.id };
  };
  const ask = async (key: string, request: Json, query = ''): Promise<Answer> => {
    const { status, body } = await server.json<Answer>(`/api/query${query}`, request, 'POST', key);
    expect({ status, body: status === 200 ? null : body }).toEqual({ status: 200, body: null });
    return body;
  };
  const refused = async (key: string | null, path: string, body?: Json, method?: string): Promise<unknown> => {
    const { status, body: problem } = await server.json<Json>(path, body, method ?? (body ? 'POST' : 'GET'), key);
    return `${status} ${String(problem.code)}`;
  };
  const spendOf = async (key: string): Promise<unknown> =>
    (await ask(key, { metrics: ['spend'], date_range: JANUARY })).rows[0]?.spend;
  const namesOf = async (key: string): Promise<string[]> =>
    (await server.json<{ data: { report_name: string }[] }>('/api/reports/views', undefined, 'GET', key)).body.data.map(
      ({ report_name }) => report_name,
    );

  const cli = (...args: string[]): string => {
    const { stdout, stderr, status } = spawnSync(process.execPath, [join(packageRoot, 'dist/app/cli.js'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, TRIBUTARY_URL: server.base, TRIBUTARY_API_KEY: ADMIN_KEY, DATA_DIR: server.dataDir },
    });
    expect({ args, status, stderr: status === 0 ? '' : stderr }).toEqual({ args, status: 0, stderr: '' });
    return stdout;
  };

  it('says who one is, with teams, actions and what narrows them', async () => {
    const { id, key } = await person({ role: 'campaign_manager', campaigns: ['Spring'], display_name: 'Cam' });
    const team = await made('/api/teams', { name: 'Paid social' });
    await server.json(`/api/teams/${team.id}/members/${id}`, undefined, 'PUT');
    const { body } = await server.json('/api/me', undefined, 'GET', key);
    expect(body).toMatchObject({
      user: { display_name: 'Cam' },
      role: 'campaign_manager',
      teams: [{ id: team.id, name: 'Paid social' }],
      restrictions: { custom_role: null, rows: [{ member: 'campaign_name', operator: 'equals', values: ['Spring'] }] },
    });
    expect(body.actions).toEqual(expect.arrayContaining(['reports:create', 'attribution:use']));
    expect(body.actions).not.toContain('metrics:read');
  });

  it('says the same over GraphQL, and what the plan opens', async () => {
    const mine = await server.graphql(
      '{ me { user { email } organization { slug } role actions restrictions { rows } plan features { feature has_doors } } }',
    );
    const { body: byRest } = await server.json<{ actions: string[]; features: Json[] }>('/api/me');
    expect(mine.data).toMatchObject({ me: { organization: { slug: 'main' }, actions: byRest.actions } });
    expect(byRest.features).toContainEqual(expect.objectContaining({ feature: 'ai_insights', has_doors: false }));
    expect(byRest.features).toContainEqual(
      expect.objectContaining({ feature: 'external_integrations', enabled: true, has_doors: true }),
    );
  });

  it('keeps a campaign manager to the own campaigns, in every part of an answer and in what is saved', async () => {
    const { key } = await person({ role: 'campaign_manager', campaigns: ['Spring'] });
    const request = {
      ...{ metrics: ['spend', 'revenue'], dimensions: ['campaign_name'], date_range: JANUARY },
      ...{ totals: true, compare: 'previous_period', top: { limit: 1, by: 'spend' }, subtotals: ['campaign_name'] },
    };
    const answer = await ask(key, request);
    expect(answer.rows.map((each) => each.campaign_name)).not.toContain('Autumn');
    expect(answer.totals).toMatchObject({ spend: '30.00', revenue: '70.00' });
    expect(answer.meta.warnings.map(({ code }) => code)).toContain('rows_limited');
    // The administrator asks the same, and afterwards the campaign manager again: no answer is shared between them.
    expect((await ask(ADMIN_KEY, request)).totals).toMatchObject({ spend: '1130.00' });
    expect((await ask(key, request)).totals).toMatchObject({ spend: '30.00' });
    const csv = await server.fetch(
      '/api/query',
      {
        method: 'POST',
        body: JSON.stringify({ metrics: ['spend'], dimensions: ['campaign_name'] }),
        headers: { 'content-type': 'application/json', accept: 'text/csv' },
      },
      key,
    );
    expect(await csv.text()).not.toMatch(/Autumn|Summer/);
    // When each source last had rows tells that there are such sources.
    expect((await ask(ADMIN_KEY, request)).meta.data_as_of).toHaveProperty('google_ads');
    expect((await ask(key, request)).meta.data_as_of).toEqual({});
    const typed = await server.graphql('{ marketing { campaignName spend } marketingTotals { spend } }', {}, key);
    expect(typed.data).toEqual({
      marketing: [{ campaignName: 'Spring', spend: '30.00' }],
      marketingTotals: { spend: '30.00' },
    });

    const view = await made<{ filters: unknown }>('/api/reports/views', { ...VIEW, report_name: 'Of Spring' }, key);
    expect(view.filters).toEqual({ and: [{ member: 'campaign_name', operator: 'equals', values: ['Spring'] }] });
    const seen = await server.json<Answer>(`/api/reports/views/${view.id}/data`);
    expect(seen.body.rows).toHaveLength(2);
    await made('/api/reports/views', {
      ...VIEW,
      report_name: 'Of Autumn',
      filters: [{ member: 'campaign_name', operator: 'equals', values: ['Autumn'] }],
    });
    expect(await namesOf(key)).toEqual(['Of Spring']);
    expect(await namesOf((await person({ role: 'campaign_manager' })).key)).toEqual([]);
  }, 60_000);

  it('shows nobody anything without campaigns, and fails closed when a condition loses its dimension', async () => {
    const none = await person({ role: 'campaign_manager' });
    expect(await spendOf(none.key)).toBeNull();
    const dimension = await made('/api/marketing/metrics', {
      ...{
        metric_key: 'sales_area',
        display_label: 'Sales area',
        category: 'external',
        metric_type: 'dimension',
        data_type: 'string',
      },
    });
    const role = await made('/api/roles', {
      name: 'North only',
      base_role: 'analyst',
      rows: [{ member: 'sales_area', operator: 'notEquals', values: ['south'] }],
    });
    const { key } = await person({ custom_role_id: role.id });
    expect(await spendOf(key)).not.toBeNull();
    await server.json(`/api/marketing/metrics/${dimension.id}`, undefined, 'DELETE');
    expect(await refused(key, '/api/query', { metrics: ['spend'] })).toBe('403 policy_broken');
    expect(await spendOf(ADMIN_KEY)).toBe('1130.00');
  });

  it('hides members with all that would tell them, from every door', async () => {
    const role = await made('/api/roles', {
      name: 'No money',
      base_role: 'analyst',
      hidden: ['spend'],
      granted: ['roas'],
    });
    const { key } = await person({ custom_role_id: role.id });
    const model = await server.json<{ members: { key: string; lineage: string[] }[] }>(
      '/api/marketing/model',
      undefined,
      'GET',
      key,
    );
    const keys = model.body.members.map((member) => member.key);
    expect(keys).toEqual(expect.arrayContaining(['revenue', 'clicks', 'roas']));
    // The field itself, other names for it, and what is calculated from it.
    for (const gone of ['spend', 'campaign_spend', 'cpc', 'campaign_cpc', 'campaign_roas'])
      expect(keys).not.toContain(gone);
    expect(JSON.stringify(model.body)).not.toMatch(/"(campaign_)?spend"|spend \*|\/ spend/);
    expect(await refused(key, '/api/query', { metrics: ['spend'] })).toBe('422 unknown_metric');
    expect(await refused(key, '/api/query', { metrics: ['campaign_cpc'] })).toBe('422 unknown_metric');
    expect(
      await refused(key, '/api/query', {
        metrics: ['clicks'],
        filters: [{ member: 'spend', operator: 'gt', values: [1] }],
      }),
    ).toBe('422 unknown_member');
    const granted = await ask(key, { metrics: ['roas'], date_range: JANUARY }, '?explain=true');
    expect(granted.rows[0]?.roas).toBeCloseTo(720 / 1130, 6);
    expect(JSON.stringify([granted.columns, granted.meta])).not.toMatch(/"spend"|FROM/);
    expect(granted.meta.sql).toBeUndefined();
    const typed = await server.graphql('{ marketingTotals { spend } }', {}, key);
    expect(typed.errors?.[0]?.message).toContain('Cannot query field "spend"');
    expect(JSON.stringify((await server.graphql('{ model { members { key } } }', {}, key)).data)).not.toContain(
      '"spend"',
    );
    await made('/api/reports/views', { ...VIEW, report_name: 'Names what is hidden' });
    expect(await namesOf(key)).not.toContain('Names what is hidden');
    expect(await refused(key, '/api/marketing/metrics')).toBe('403 forbidden');
  });

  it('answers masked members with empty columns, and lets nothing be told by them', async () => {
    const role = await made('/api/roles', { name: 'Masked', base_role: 'analyst', masked: ['spend', 'campaign_name'] });
    const { key } = await person({ custom_role_id: role.id });
    const request = {
      metrics: ['clicks', 'spend', 'revenue'],
      dimensions: ['campaign_name', 'data_source'],
      date_range: JANUARY,
      totals: true,
    };
    const { rows, totals, columns, meta } = await ask(key, request);
    expect(columns.map(({ name }) => name)).toEqual(['campaign_name', 'data_source', 'clicks', 'spend', 'revenue']);
    expect(rows).toEqual([
      { campaign_name: null, data_source: 'google_ads', clicks: 6, spend: null, revenue: '530.00' },
      { campaign_name: null, data_source: 'meta_ads', clicks: 4, spend: null, revenue: '190.00' },
    ]);
    expect(totals).toEqual({ clicks: 10, spend: null, revenue: '720.00' });
    expect(meta.warnings.map(({ code }) => code)).toEqual(['masked', 'masked']);
    const base = { metrics: ['clicks'], dimensions: ['data_source'], date_range: JANUARY };
    const filter = (member: string): Json => ({ ...base, filters: [{ member, operator: 'equals', values: ['1'] }] });
    for (const body of [
      filter('campaign_name'),
      filter('spend'),
      filter('campaign_spend'),
      { ...base, order: [{ member: 'spend', direction: 'desc' }] },
      { ...base, top: { limit: 1, by: 'spend' } },
    ])
      expect(await refused(key, '/api/query', body)).toBe('422 masked_member');
    expect((await ask(key, { ...base, metrics: ['campaign_cpc', 'clicks'] })).rows[0]?.campaign_cpc).toBeNull();
    expect(await refused(key, '/api/query', { metrics: ['spend'] })).toBe('422 only_masked');
    const page = await ask(key, { ...request, limit: 1 });
    const { next_cursor: cursor } = page as unknown as { next_cursor: string };
    expect((await ask(key, { ...request, limit: 1, cursor })).rows).toEqual([rows[1]]);
  });

  it('shares views by visibility and team', async () => {
    const [inside, outside, viewer] = [
      await person({ role: 'marketing_manager' }),
      await person({ role: 'marketing_manager' }),
      await person({ role: 'viewer' }),
    ];
    const analyst = await person({ role: 'analyst' });
    const team = await made('/api/teams', { name: 'Brand' });
    for (const { id } of [inside]) await server.json(`/api/teams/${team.id}/members/${id}`, undefined, 'PUT');
    expect(await refused(outside.key, '/api/reports/views', { ...VIEW, visibility: 'team' })).toBe('422 team_required');
    expect(await refused(outside.key, '/api/reports/views', { ...VIEW, visibility: 'team', team_id: team.id })).toBe(
      '422 team_required',
    );
    const ids: Record<string, string> = {};
    for (const visibility of ['private', 'team', 'organization', 'public'])
      ids[visibility] = (
        await made('/api/reports/views', { ...VIEW, report_name: visibility, visibility }, inside.key)
      ).id;
    const seen = async ({ key }: { key: string }): Promise<string[]> => {
      const found: string[] = [];
      for (const [visibility, id] of Object.entries(ids)) {
        const [one, data] = [
          await server.fetch(`/api/reports/views/${id}`, {}, key),
          await server.fetch(`/api/reports/views/${id}/data`, {}, key),
        ];
        expect(one.status).toBe(data.status);
        if (one.status === 200) found.push(visibility);
      }
      return found;
    };
    expect(await seen(inside)).toEqual(['private', 'team', 'organization', 'public']);
    expect(await seen(outside)).toEqual(['organization', 'public']);
    expect(await seen(analyst)).toEqual(['team', 'organization', 'public']);
    expect(await seen(viewer)).toEqual(['public']);
    expect(await seen({ key: ADMIN_KEY })).toEqual(['private', 'team', 'organization', 'public']);
    expect(await refused(viewer.key, '/api/query', { metrics: ['spend'] })).toBe('403 forbidden');
    expect(await refused(viewer.key, '/api/reports/views', VIEW)).toBe('403 forbidden');
    // Out of the team, out of its views: at once.
    await server.json(`/api/teams/${team.id}/members/${outside.id}`, undefined, 'PUT');
    expect(await seen(outside)).toContain('team');
    await server.json(`/api/teams/${team.id}/members/${outside.id}`, undefined, 'DELETE');
    expect(await seen(outside)).not.toContain('team');
  });

  it('makes, narrows, rotates, revokes keys, and notes their use', async () => {
    const { id, key, keyId } = await person({ role: 'analyst' });
    const scoped = await made('/api/keys', { name: 'narrow', user_id: id, scopes: ['identity:read', 'reports:read'] });
    expect(await refused(scoped.key, '/api/query', { metrics: ['spend'] })).toBe('403 forbidden');
    expect(await refused(scoped.key, '/api/reports/views')).toBe('200 undefined');
    expect(await refused(ADMIN_KEY, '/api/keys', { name: 'x', user_id: id, scopes: ['data:write'] })).toBe(
      '422 not_narrower',
    );
    expect(await refused(ADMIN_KEY, '/api/keys', { name: 'x', user_id: id, role: 'organization_admin' })).toBe(
      '422 role_of_person',
    );
    expect(await refused(ADMIN_KEY, '/api/keys', { name: 'x', expires_at: '2020-01-01T00:00:00Z' })).toBe(
      '422 already_expired',
    );
    const keyMaker = await made('/api/keys', { name: 'makes keys', scopes: ['keys:manage', 'identity:read'] });
    expect(await refused(keyMaker.key, '/api/keys', { name: 'all' })).toBe('403 more_than_own');
    expect((await made('/api/keys', { name: 'less', scopes: ['identity:read'] }, keyMaker.key)).key).toMatch(/^trb_/);

    const listed = await server.fetch('/api/keys');
    expect(await listed.text()).not.toContain(key.split('_').slice(2).join('_'));
    const next = await made(`/api/keys/${keyId}/rotate`, { overlap_hours: 1 });
    for (const each of [key, next.key]) expect(await refused(each, '/api/me')).toBe('200 undefined');
    expect(await refused(ADMIN_KEY, `/api/keys/${keyId}/rotate`, {})).toBe('409 already_rotated');
    const after = await made(`/api/keys/${next.id}/rotate`, { overlap_hours: 0 });
    expect(await refused(next.key, '/api/me')).toBe('401 unauthenticated');
    await server.json(`/api/keys/${after.id}`, undefined, 'DELETE');
    expect(await refused(after.key, '/api/me')).toBe('401 unauthenticated');
    // A removed person's keys end with the membership.
    await server.json(`/api/users/${id}`, undefined, 'DELETE');
    for (const each of [key, scoped.key]) expect(await refused(each, '/api/me')).toBe('401 unauthenticated');
    await until(
      async () => {
        const { body } = await server.json<{ last_used_at: string | null }>(`/api/keys/${keyMaker.id}`);
        return body.last_used_at ?? undefined;
      },
      { seconds: 30, what: 'the use of the key to be written' },
    );
    expect(
      await refused(
        ADMIN_KEY,
        `/api/users/${(await server.json<{ user: { id: string } }>('/api/me')).body.user.id}`,
        { role: 'viewer' },
        'PATCH',
      ),
    ).toBe('409 last_admin');
  }, 60_000);

  it('lets nobody give away more than they have, at any door', async () => {
    const scoped = async (...scopes: string[]): Promise<string> =>
      (await made('/api/keys', { name: 'narrow', scopes })).key;
    const admin = { email: 'mallory@example.com', role: 'organization_admin' };
    const [victim, boss] = [await person({ role: 'viewer' }), await person({ role: 'organization_admin' })];
    const role = await made('/api/roles', { name: 'Little', base_role: 'viewer', actions: ['identity:read'] });
    const team = await made('/api/teams', { name: 'Inner circle' });

    // May manage people, and nothing else: whatever it gave would be more than it has.
    const people = await scoped('users:manage', 'keys:manage');
    const doors: readonly (readonly [string, Json, string?])[] = [
      ['/api/users', admin],
      ['/api/users', { ...admin, role: 'viewer' }],
      ['/api/users', { ...admin, role: undefined, custom_role_id: role.id }],
      [`/api/users/${victim.id}`, { role: 'organization_admin' }, 'PATCH'],
      [`/api/users/${boss.id}`, { campaigns: [] }, 'PATCH'],
      ['/api/roles', { name: 'More', base_role: 'analyst' }],
      [`/api/roles/${role.id}`, { actions: null }, 'PATCH'],
      [`/api/teams/${team.id}/members/${victim.id}`, {}, 'PUT'],
      ['/api/keys', { name: 'all' }],
      ['/api/keys', { name: 'machine', role: 'organization_admin' }],
      ['/api/keys', { name: 'of another', user_id: boss.id }],
      [`/api/keys/${boss.keyId}/rotate`, {}],
      [`/api/keys/${victim.keyId}/rotate`, {}],
    ];
    for (const [path, body, method] of doors)
      expect({ path, is: await refused(people, path, body, method) }).toEqual({ path, is: '403 more_than_own' });
    const codeOf = async (document: string): Promise<unknown> =>
      (await server.graphql(document, {}, people)).errors?.[0]?.extensions?.code;
    for (const document of [
      'mutation { addUser(input: { email: "mallory@example.com", role: "organization_admin" }) { id } }',
      `mutation { updateUser(id: "${victim.id}", input: { role: "organization_admin" }) { id } }`,
      'mutation { createCustomRole(input: { name: "More", base_role: "analyst" }) { id } }',
      `mutation { updateCustomRole(id: "${role.id}", input: { actions: null }) { id } }`,
      `mutation { addTeamMember(id: "${team.id}", user_id: "${victim.id}") { id } }`,
      'mutation { createApiKey(input: { name: "all" }) { key } }',
      `mutation { rotateApiKey(id: "${boss.keyId}") { key } }`,
    ])
      expect({ document, code: await codeOf(document) }).toEqual({ document, code: 'more_than_own' });

    // What it has it may give, and no more.
    const viewers = await scoped('users:manage', 'keys:manage', 'identity:read', 'reports:read', 'attribution:read');
    await made('/api/users', { email: 'vic@example.com', role: 'viewer' }, viewers);
    expect(await refused(viewers, '/api/users', { ...admin, role: 'analyst' })).toBe('403 more_than_own');
    // A viewer's key has become a boss's, because its person has.
    await server.json(`/api/users/${victim.id}`, { role: 'organization_admin' }, 'PATCH');
    expect(await refused(viewers, `/api/keys/${victim.keyId}/rotate`, {})).toBe('403 more_than_own');

    // An administrator who sees part of the rows gives nobody more of them, not even to themself.
    const rows = [{ member: 'campaign_name', operator: 'equals', values: ['Spring'] }];
    const partial = await person({ role: 'organization_admin', rows });
    expect(await spendOf(partial.key)).toBe('30.00');
    for (const [path, body, method] of [
      [`/api/users/${partial.id}`, { rows: [] }, 'PATCH'],
      [`/api/users/${victim.id}`, { rows: [] }, 'PATCH'],
      ['/api/users', { email: 'more@example.com', role: 'analyst' }],
      ['/api/keys', { name: 'machine', role: 'analyst' }],
      ['/api/keys', { name: 'of another', user_id: boss.id }],
      ['/api/roles', { name: 'All rows', base_role: 'analyst' }],
    ] as const)
      expect({ path, is: await refused(partial.key, path, body, method) }).toEqual({ path, is: '403 more_than_own' });
    await made('/api/users', { email: 'same@example.com', role: 'analyst', rows }, partial.key);
    await made('/api/roles', { name: 'Spring only', base_role: 'analyst', rows }, partial.key);
    await made('/api/keys', { name: 'own' }, partial.key);
    expect(await refused(ADMIN_KEY, `/api/users/${victim.id}`, { role: 'viewer' }, 'PATCH')).toBe('200 undefined');
  }, 60_000);

  it('lets in tokens of the identity provider, and no others', async () => {
    const me = async (jwt: string): Promise<unknown> => refused(jwt, '/api/me');
    // Its word for a role makes a member, and moves that member's role.
    const good = await token({ role: ['staff', 'marketing-analysts'] });
    expect((await server.json('/api/me', undefined, 'GET', good)).body).toMatchObject({
      user: { email: 'tess@example.com' },
      role: 'analyst',
    });
    expect(await spendOf(good)).toBe('1130.00');
    expect((await server.json('/api/me', undefined, 'GET', await token({ role: 'bosses' }))).body.role).toBe(
      'organization_admin',
    );
    // Without such a word the membership stands; without one there is no way in.
    expect((await server.json('/api/me', undefined, 'GET', await token({}))).body.role).toBe('organization_admin');
    expect(await me(await token({ email: 'nobody@example.com' }))).toBe('401 unauthenticated');
    const no = '401 unauthenticated';
    expect(await me(await token({ org: 'other', role: 'bosses' }))).toBe(no);
    expect(await me(await token({ email_verified: false, role: 'bosses' }))).toBe(no);
    expect(await me(await token({ role: 'bosses' }, (jwt) => jwt.setAudience('someone else')))).toBe(no);
    expect(await me(await token({ role: 'bosses' }, (jwt) => jwt.setIssuer('https://evil.example/')))).toBe(no);
    expect(await me(await token({ role: 'bosses' }, (jwt) => jwt.setExpirationTime('-5m')))).toBe(no);
    const [, payload = ''] = good.split('.');
    const header = (fields: Json): string => Buffer.from(JSON.stringify(fields)).toString('base64url');
    expect(await me(`${header({ alg: 'none' })}.${payload}.`)).toBe(no);
    // Signed with the public key as if it were a shared secret.
    const confused = await new SignJWT({ org: 'main', email: 'tess@example.com', role: 'bosses' })
      .setProtectedHeader({ alg: 'HS256', kid: 'first' })
      .setIssuer(issuer)
      .setAudience('tributary')
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(JSON.stringify(published[0])));
    expect(await me(confused)).toBe(no);
    expect(await me(`${good.slice(0, -4)}AAAA`)).toBe(no);
    const stranger = await generateKeyPair('RS256');
    const forged = await new SignJWT({ org: 'main', email: 'tess@example.com', role: 'bosses' })
      .setProtectedHeader({ alg: 'RS256', kid: 'first' })
      .setIssuer(issuer)
      .setAudience('tributary')
      .setExpirationTime('5m')
      .sign(stranger.privateKey);
    expect(await me(forged)).toBe(no);
    const { data } = await server.graphql<{ organization: { slug: string } }>('{ organization { slug } }', {}, good);
    expect(data?.organization.slug).toBe('main');
  });

  it('says that the identity provider is away where it is, and lets in keys and known signers meanwhile', async () => {
    const before = await token({ role: 'bosses' });
    expect(await refused(before, '/api/me')).toBe('200 undefined');
    provider.close();
    provider.closeAllConnections();
    expect(await refused(before, '/api/me')).toBe('200 undefined');
    expect(await refused(ADMIN_KEY, '/api/me')).toBe('200 undefined');
    await rotateProvider('second');
    const unknown = await token({ role: 'bosses' });
    const away = await until(
      async () => {
        // Unknown signers are looked up every ten seconds at most.
        const response = await server.fetch('/api/me', {}, unknown);
        return response.status === 401 ? undefined : response;
      },
      { seconds: 20, what: 'the provider to be asked' },
    );
    expect(await away.json()).toMatchObject({ status: 503, code: 'identity_provider_unreachable' });
    expect(away.headers.get('retry-after')).toBe('10');
  }, 60_000);

  it('has roles of its own from beginning to end, on the command line and over GraphQL', async () => {
    const spring = '[{"member": "campaign_name", "operator": "equals", "values": ["Spring"]}]';
    const roleId = cli('role', 'create', 'Agency', '--base', 'analyst', '--mask', 'revenue', '--rows', spring).trim();
    cli('user', 'add', 'ada@example.com', '--custom-role', 'Agency');
    const ada = cli('key', 'create', 'of ada', '--user', 'ada@example.com').match(/trb_\S+/)?.[0] ?? '';
    expect((await ask(ada, { metrics: ['spend', 'revenue'], date_range: JANUARY })).rows).toEqual([
      { spend: '30.00', revenue: null },
    ]);
    const changed = cli('role', 'update', 'Agency', '--hide', 'spend', '--mask', '--rows', '[]', '--rename', 'Partner');
    expect(JSON.parse(changed)).toMatchObject({ name: 'Partner', hidden: ['spend'], masked: [], rows: [] });
    expect(await refused(ada, '/api/query', { metrics: ['spend'] })).toBe('422 unknown_metric');
    const viaGraphql = await server.graphql<{ updateCustomRole: Json }>(
      `mutation { updateCustomRole(id: "${roleId}", input: { hidden: [], actions: ["identity:read"] }) { hidden actions } }`,
    );
    expect(viaGraphql.data?.updateCustomRole).toEqual({ hidden: [], actions: ['identity:read'] });
    expect(await refused(ada, '/api/query', { metrics: ['spend'] })).toBe('403 forbidden');
    expect(JSON.parse(cli('role', 'show', 'Partner'))).toMatchObject({ id: roleId, actions: ['identity:read'] });
    const refusedRole = await server.json('/api/roles', { name: 'Odd', base_role: 'analyst', hidden: ['spent'] });
    expect(refusedRole.body).toMatchObject({
      code: 'unknown_member',
      errors: [{ pointer: '/hidden/0', suggestions: expect.arrayContaining(['spend']) as unknown }],
    });
    cli('user', 'remove', 'ada@example.com');
    cli('role', 'delete', 'Partner');
    expect(cli('role', 'list')).not.toContain('Partner');
    const { body: trail } = await server.json<{ data: { action: string }[] }>(
      `/api/audit?entity=role:${roleId}&limit=50`,
    );
    expect(trail.data.map(({ action }) => action)).toEqual([
      ...['role.delete', 'role.update', 'role.update', 'role.create'],
    ]);
  }, 120_000);

  it('does the same over GraphQL and on the command line', async () => {
    const added = await server.graphql<{ addUser: { id: string; role: string } }>(
      'mutation { addUser(input: { email: "gus@example.com", role: "viewer" }) { id role } }',
    );
    expect(added.data?.addUser.role).toBe('viewer');
    const users = await server.graphql<{ users: { email: string }[] }>('{ users { email } }');
    expect(users.data?.users.map(({ email }) => email)).toContain('gus@example.com');
    cli('user', 'set-role', 'gus@example.com', '--role', 'campaign_manager', '--campaign', 'Spring', 'Summer');
    cli('team', 'create', 'Growth');
    cli('team', 'add', 'Growth', 'gus@example.com');
    expect(cli('user', 'list')).toMatch(/gus@example\.com\t.*campaign_manager\t\tSpring,Summer\tGrowth/);
    const key = cli('key', 'create', 'of gus', '--user', 'gus@example.com').match(/trb_\S+/)?.[0] ?? '';
    expect(await spendOf(key)).toBe('130.00');
    cli('key', 'revoke', key.split('_')[1] ?? '');
    expect(await refused(key, '/api/me')).toBe('401 unauthenticated');
    // The operator makes another organisation, beside the running server; it sees nothing of the first.
    const theirs =
      cli('org', 'create', 'acme', '--admin', 'gus@example.com', '--name', 'Acme').match(/trb_\S+/)?.[0] ?? '';
    expect(cli('org', 'list')).toMatch(/acme\tAcme/);
    expect((await server.json('/api/me', undefined, 'GET', theirs)).body).toMatchObject({
      organization: { slug: 'acme' },
      role: 'organization_admin',
    });
    expect(await spendOf(theirs)).toBeNull();
    expect(
      (await server.graphql<{ users: { email: string }[] }>('{ users { email } }', {}, theirs)).data?.users,
    ).toEqual([{ email: 'gus@example.com' }]);
  }, 120_000);
});
