/**
 * The access matrix: every door of the running server × five roles × {own organisation, another one's thing, nobody}. The
 * doors come from the server itself (its OpenAPI document, its GraphQL schema, its SQL catalogue); one that is not in the
 * table fails.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { newId } from '../../src/common/uuid.js';
import { GRAPHQL_DOORS, PUBLIC_DOORS, REST_DOORS, ROLES_OF, SQL_DOORS, type Needs } from '../support/access-matrix.js';
import { graphqlFields, type GraphqlField } from '../support/graphql-fields.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { connect } from '../wire/clients.js';

const ROLES = ['organization_admin', 'marketing_manager', 'campaign_manager', 'analyst', 'viewer'] as const;
type Role = (typeof ROLES)[number];
type Ids = Readonly<Record<string, string>>;
type Json = Record<string, unknown>;

/** Stands in everything that the other organisation has. */
const THEIRS = 'Theirs alone';
const VIEW = { report_name: THEIRS, metrics: ['spend'], dimensions: ['data_source'], visibility: 'public' };
const ROW = {
  recorded_at: '2026-01-05T00:00:00Z',
  data_source: 'meta_ads',
  source_category: 'external_marketing',
  data_payload: { spend: '1.00' },
};

describe('the access matrix', () => {
  let server: TestServer;
  let theirKey: string;
  let own: Ids;
  let theirs: Ids;
  const keys = new Map<Role, string>();

  /** One of each thing that has an id, for an organisation. */
  const furnish = async (key: string, name: string): Promise<Ids> => {
    const make = async (path: string, body: Json): Promise<string> => {
      const { status, body: made } = await server.json<{ id: string }>(path, body, 'POST', key);
      expect({ path, status, made: status === 201 ? null : made }).toEqual({ path, status: 201, made: null });
      return made.id;
    };
    const view = await make('/api/reports/views', { ...VIEW, report_name: name });
    const schedule = await make(`/api/reports/views/${view}/schedule`, {
      ...{ cron: '0 9 * * 1', time_zone: 'UTC', formats: ['csv'], recipients: ['ann@example.com'], is_active: false },
    });
    const metric = await make('/api/marketing/metrics', {
      ...{ metric_key: 'their_metric', display_label: name, category: 'calculated', metric_type: 'metric' },
      ...{ data_type: 'float', formula: 'spend * 2' },
    });
    const user = await make('/api/users', { email: `${newId()}@example.com`, display_name: name, role: 'viewer' });
    const rows = await server.fetch(
      '/api/integrations/rows',
      {
        method: 'POST',
        body: JSON.stringify({ ...ROW, external_id: name, data_payload: { ...ROW.data_payload, campaign_name: name } }),
        headers: { 'content-type': 'application/x-ndjson' },
      },
      key,
    );
    const { import_id } = (await rows.json()) as { import_id: string };
    const suppression = await server.json<{ id: string }>(
      '/api/reports/suppressions',
      { address: 'sup@example.com' },
      'POST',
      key,
    );
    const dashboard = await make('/api/dashboard/create', {
      ...{ dashboard_name: name, visibility: 'public', widgets: [{ type: 'table', view_id: view }] },
    });
    return {
      ...{ view, schedule, dashboard, metric, user, import: import_id, suppression: suppression.body.id ?? newId() },
      team: await make('/api/teams', { name }),
      role: await make('/api/roles', { name, base_role: 'analyst' }),
      key: await make('/api/keys', { name, role: 'viewer' }),
    };
  };

  beforeAll(async () => {
    server = await TestServer.start();
    const { stdout } = spawnSync(
      process.execPath,
      [
        join(packageRoot, 'dist/app/cli.js'),
        'org',
        'create',
        'theirs',
        '--admin',
        'them@example.com',
        '--name',
        THEIRS,
      ],
      { encoding: 'utf8', env: { ...process.env, DATA_DIR: server.dataDir } },
    );
    theirKey = /trb_\S+/.exec(stdout)?.[0] ?? '';
    theirs = await furnish(theirKey, THEIRS);
    own = await furnish(ADMIN_KEY, 'Ours');
    for (const role of ROLES) {
      const { body } = await server.json<{ key: string }>('/api/keys', { name: role, role });
      keys.set(role, body.key);
    }
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
  }, 60_000);

  /** `GET /api/x/{id}` → method and path, its parameters filled in. */
  const requestOf = (door: string, ids: Ids, thing: string | undefined): [method: string, path: string] => {
    const [method = '', path = ''] = door.split(' ');
    const id = ids[thing ?? ''] ?? newId();
    return [
      method,
      path
        .replace('{id}', id)
        .replace('{userId}', ids.user ?? newId())
        .replace('{name}', 'monthly')
        .replace(/\{\w+\}/, newId()),
    ];
  };
  const send = async (
    door: string,
    key: string | null,
    ids: Ids,
  ): Promise<{ status: number; code: unknown; text: string }> => {
    const { thing, body } = REST_DOORS[door] ?? {};
    const [method, path] = requestOf(door, ids, thing);
    const init: RequestInit = { method };
    if (method !== 'GET' && method !== 'DELETE') {
      init.body = JSON.stringify(body ?? {});
      init.headers = {
        'content-type': path === '/api/integrations/rows' ? 'application/x-ndjson' : 'application/json',
      };
    }
    const response = await server.fetch(path, init, key);
    const text = await response.text();
    let code: unknown = null;
    if (response.headers.get('content-type')?.includes('problem+json'))
      code = (JSON.parse(text) as { code?: unknown }).code ?? null;
    return { status: response.status, code, text };
  };
  const may = (role: Role, needs: Needs): boolean => (ROLES_OF[needs] as readonly string[]).includes(role);

  it('has every route of the server in its table, and no other', async () => {
    const { body } = await server.json<{ paths: Record<string, Json> }>('/api/openapi.json');
    const doors = Object.entries(body.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(doors.sort()).toEqual([...Object.keys(REST_DOORS), ...Object.keys(PUBLIC_DOORS)].sort());
  });

  it('lets nobody in without credentials, but for the doors that say why', async () => {
    const wrong: unknown[] = [];
    for (const door of Object.keys(REST_DOORS)) {
      const { status, code } = await send(door, null, own);
      if (status !== 401 || code !== 'unauthenticated') wrong.push({ door, status, code });
      // Whoever goes on guessing keys is told to wait.
      const guess = await send(door, 'trb_nosuchkey0_0123456789abcdef', own);
      if (guess.code !== 'unauthenticated' && guess.code !== 'too_many_attempts') wrong.push({ door, guess });
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it.each(ROLES)(
    'opens to a %s what the FSD gives, and nothing else',
    async (role) => {
      const wrong: unknown[] = [];
      let opened = 0;
      for (const [door, { needs, thing }] of Object.entries(REST_DOORS)) {
        // What would end or change things is sent to things that are not there; reading finds the own ones.
        const isRead = door.startsWith('GET ');
        const answer = await send(door, keys.get(role) ?? null, isRead ? own : {});
        const { status, code } = answer;
        if (!may(role, needs)) {
          if (status !== 403 || code !== 'forbidden') wrong.push({ door, status, code, expected: 'forbidden' });
          continue;
        }
        opened += 1;
        const isOpen = status !== 401 && code !== 'forbidden' && status < 500;
        const answers = isRead && !REST_DOORS[door]?.refuses ? status < 300 : isOpen;
        if (!isOpen || !answers) wrong.push({ door, status, code, text: answer.text.slice(0, 200), expected: 'open' });
        if (answer.text.includes(THEIRS)) wrong.push({ door, leak: answer.text.slice(0, 300) });
        if (
          !isRead &&
          thing !== undefined &&
          status !== 404 &&
          code !== 'invalid_request' &&
          status !== 422 &&
          status !== 400
        )
          wrong.push({ door, status, code, expected: 'no such thing' });
      }
      expect(wrong).toEqual([]);
      expect(opened).toBeGreaterThan(4);
    },
    60_000,
  );

  it.each(ROLES)(
    'shows a %s nothing of another organisation by its ids',
    async (role) => {
      const wrong: unknown[] = [];
      for (const [door, { needs, thing }] of Object.entries(REST_DOORS)) {
        if (thing === undefined || !may(role, needs)) continue;
        const { status, code, text } = await send(door, keys.get(role) ?? null, theirs);
        const isRefused = status === 404 || ((status === 400 || status === 422) && !door.startsWith('GET '));
        if (!isRefused || text.includes(THEIRS)) wrong.push({ door, status, code, text: text.slice(0, 200) });
      }
      expect(wrong).toEqual([]);
    },
    60_000,
  );

  it('leaves the other organisation’s things as they were, open to their own administrator', async () => {
    for (const [door, { thing }] of Object.entries(REST_DOORS)) {
      if (!/^GET [^{]*\{id\}$/.test(door) || thing === undefined) continue;
      const { status, text } = await send(door, theirKey, theirs);
      expect({ door, status }).toEqual({ door, status: 200 });
      if (thing !== 'import' && thing !== 'schedule') expect(text).toContain(THEIRS);
    }
  });

  describe('of GraphQL', () => {
    let fields: ReadonlyMap<string, GraphqlField>;
    beforeAll(async () => {
      fields = await graphqlFields(server);
    });
    /** A call that passes validation: every required argument has some value. */
    const call = (name: string, ids: Ids): [document: string, variables: Json] => {
      const field = fields.get(name);
      if (!field) throw new Error(`No field ${name}`);
      const { thing, input } = GRAPHQL_DOORS[name] ?? {};
      const given = field.args
        .filter(({ isRequired }) => isRequired)
        .map(({ name: arg, isScalar }) => [
          arg,
          arg === 'id'
            ? (ids[thing ?? ''] ?? newId())
            : arg === 'user_id'
              ? (ids.user ?? newId())
              : (input?.[arg] ?? (isScalar ? 'x' : {})),
        ]);
      return field.call(Object.fromEntries(given) as Json);
    };
    const codes = async (name: string, key: string | null, ids: Ids): Promise<unknown[]> => {
      const { errors = [] } = await server.graphql(...call(name, ids), key);
      return errors.map(({ extensions }) => extensions?.code);
    };

    it('has every field of the schema in its table, and no other', () => {
      expect([...fields.keys()].sort()).toEqual(Object.keys(GRAPHQL_DOORS).sort());
    });

    it('answers each role as the FSD says, and nobody', async () => {
      const wrong: unknown[] = [];
      for (const [name, { needs, thing }] of Object.entries(GRAPHQL_DOORS)) {
        const none = await codes(name, null, own);
        if (none[0] !== 'unauthenticated') wrong.push({ name, none });
        for (const role of ROLES) {
          const found = await codes(name, keys.get(role) ?? null, {});
          const isForbidden = found.includes('forbidden');
          const isBroken = found.includes('internal') || found.includes('graphql_invalid');
          if (isForbidden === may(role, needs) || isBroken) wrong.push({ name, role, found });
          if (thing === undefined || !may(role, needs)) continue;
          const foreign = await codes(name, keys.get(role) ?? null, theirs);
          if (
            !foreign.some(
              (code) => code === 'not_found' || code === 'invalid_request' || String(code).startsWith('unknown_'),
            )
          )
            wrong.push({ name, role, foreign });
        }
      }
      expect(wrong).toEqual([]);
    }, 60_000);

    it('gives the typed fields of the model to whoever may ask questions', async () => {
      for (const role of ROLES) {
        const { data, errors } = await server.graphql('{ marketingTotals { spend } }', {}, keys.get(role) ?? null);
        if (role === 'viewer') expect(errors?.[0]?.extensions?.code).toBe('forbidden');
        else expect(data).toEqual({ marketingTotals: { spend: role === 'campaign_manager' ? null : '1.00' } });
      }
      const { errors } = await server.graphql('{ marketingTotals { spend } }', {}, null);
      expect(errors?.length).toBe(1);
    });
  });

  describe('of the SQL API', () => {
    type Rows = Record<string, unknown>[];
    /** All that a statement gives, or the SQLSTATE of the refusal. */
    const sql = async (key: string, statement: string, database = 'main'): Promise<Rows | string> => {
      const [, user = '', ...secret] = key.split('_');
      try {
        const client = await connect(server, { user, password: secret.join('_'), database });
        try {
          return (await client.query<Record<string, unknown>>(statement)).rows;
        } finally {
          await client.end();
        }
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    };
    const RELATIONS = `SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = 'public' AND c.relkind IN ('r', 'v', 'm', 'f', 'p')`;
    const columnsOf = (relation: string): string =>
      `SELECT a.attname AS name FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
       WHERE c.relname = '${relation}' AND a.attnum > 0 AND NOT a.attisdropped`;
    const ROWS_SEEN = 'SELECT campaign_name, MEASURE(spend) AS spend FROM marketing GROUP BY 1 ORDER BY 1';
    const namesOf = (rows: Rows | string): string[] =>
      typeof rows === 'string' ? [rows] : rows.map((row) => String(row.relname ?? row.name)).sort();

    it('has every relation of the catalogue in its table, and no other; with the columns of the model', async () => {
      expect(namesOf(await sql(ADMIN_KEY, RELATIONS))).toEqual(Object.keys(SQL_DOORS).sort());
      const tables = `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`;
      expect(namesOf(await sql(ADMIN_KEY, tables))).toEqual(Object.keys(SQL_DOORS).sort());
      expect(namesOf(await sql(ADMIN_KEY, columnsOf('marketing')))).toEqual(
        expect.arrayContaining(['campaign_name', 'data_source', 'recorded_at', 'spend', 'their_metric']),
      );
      // Others' names are in no catalogue.
      for (const relation of [
        'pg_class',
        'pg_attribute',
        'pg_description',
        'pg_database',
        'pg_roles',
        'pg_namespace',
      ]) {
        const seen = JSON.stringify(await sql(ADMIN_KEY, `SELECT * FROM pg_catalog.${relation}`));
        expect({ relation, leak: seen.includes(THEIRS) || seen.includes('theirs') }).toEqual({ relation, leak: false });
      }
    }, 60_000);

    it('answers each role with its own organisation’s rows, and nobody', async () => {
      const own = [{ campaign_name: 'Ours', spend: '1.00' }];
      for (const [relation, { needs, asks }] of Object.entries(SQL_DOORS)) {
        const group = asks.includes('MEASURE') ? 'GROUP BY 1' : '';
        const question = `SELECT ${asks} FROM ${relation} ${group} ORDER BY 1`;
        for (const role of ROLES) {
          const expected = !may(role, needs) ? '42501' : role === 'campaign_manager' ? [] : own;
          const seen = await sql(keys.get(role) ?? '', question);
          expect({ relation, role, seen }).toEqual({ relation, role, seen: expected });
        }
      }
      // Another organisation is another database, which the key does not open.
      for (const role of ROLES)
        expect(await sql(keys.get(role) ?? '', ROWS_SEEN, 'theirs')).toMatch(/^(28000|28P01|3D000|42501)$/);
      // Another key than the one guessed at the doors of REST, for which this address may be shut out by now.
      expect(await sql('trb_nosuchkey1_0123456789abcdef', ROWS_SEEN)).toBe('28P01');
      expect(await sql(`${ADMIN_KEY.slice(0, -1)}!`, ROWS_SEEN)).toBe('28P01');
      // The other organisation sees its own.
      expect(await sql(theirKey, ROWS_SEEN, 'theirs')).toEqual([{ campaign_name: THEIRS, spend: '1.00' }]);
    }, 60_000);

    it('leaves out what is hidden, empties what is masked, and shows the rows that the role has', async () => {
      const keyOf = async (name: string, rule: Json): Promise<string> => {
        const { body: role } = await server.json<{ id: string }>('/api/roles', { name, base_role: 'analyst', ...rule });
        const { body } = await server.json<{ key: string }>('/api/keys', { name, custom_role_id: role.id });
        return body.key;
      };
      const hidden = await keyOf('Hidden', { hidden: ['spend'] });
      const columns = namesOf(await sql(hidden, columnsOf('marketing')));
      expect(columns).toEqual(expect.arrayContaining(['campaign_name', 'revenue']));
      for (const gone of ['spend', 'campaign_spend', 'their_metric']) expect(columns).not.toContain(gone);
      expect(JSON.stringify(await sql(hidden, 'SELECT * FROM pg_catalog.pg_description'))).not.toMatch(
        /"description":"(Campaign |Ad )?spend/i,
      );
      expect(await sql(hidden, ROWS_SEEN)).toBe('42703');
      expect(JSON.stringify(await sql(hidden, 'SELECT * FROM marketing'))).not.toMatch(/spend|1\.00/);

      const masked = await keyOf('Masked', { masked: ['spend'] });
      expect(await sql(masked, 'SELECT campaign_name, clicks, spend FROM marketing')).toEqual([
        { campaign_name: 'Ours', clicks: null, spend: null },
      ]);
      for (const by of ['WHERE spend > 0', 'WHERE NOT spend > 5', 'GROUP BY 1 HAVING SUM(spend) > 0'])
        expect(await sql(masked, `SELECT campaign_name FROM marketing ${by}`)).not.toEqual([{ campaign_name: 'Ours' }]);

      const condition = (operator: string): Json => ({ member: 'campaign_name', operator, values: ['Ours'] });
      const some = await keyOf('Some rows', { rows: [condition('equals')] });
      const others = await keyOf('Other rows', { rows: [condition('notEquals')] });
      const every = 'SELECT campaign_name, data_source FROM marketing';
      expect(await sql(some, every)).toEqual([{ campaign_name: 'Ours', data_source: 'meta_ads' }]);
      expect(await sql(others, every)).toEqual([]);
      expect(await sql(others, 'SELECT count(*)::int AS n FROM marketing')).toEqual([{ n: 0 }]);
    }, 60_000);
  });
});
