/** Runs every command of the guides to access and to data protection in a shell, and looks for each door that they name. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../../src/common/package-root.js';
import { graphqlFields } from '../support/graphql-fields.js';
import { Guide } from '../support/guide.js';
import { ADMIN_KEY, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const GUIDES = { access: await Guide.read('access.md'), protection: await Guide.read('data-protection.md') };
const row = (id: string, source: string, day: string, customer: string | null): Record<string, unknown> => ({
  ...{ external_id: id, recorded_at: `${day}T10:00:00Z`, data_source: source, customer_id: customer },
  ...{ source_category: 'external_marketing', campaign_id: 'Spring', currency: 'USD', data_payload: { spend: '2.00' } },
});
const today = new Date().toISOString().slice(0, 10);

describe('the guides to access and data protection', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tributary-guide-'));
  let server: TestServer;
  /** What a line of the guide prints in a shell where `tributary` is installed. */
  const run = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const script = `set -euo pipefail\ntributary() { "$NODE" "$CLI" "$@"; }\n${line}`;
      const env = {
        ...{ PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'warn', TOKEN: 'EAAB-0815' },
        ...{ NODE: process.execPath, CLI: join(packageRoot, 'dist/app/cli.js') },
        ...{ TRIBUTARY_URL: server.base, TRIBUTARY_API_KEY: ADMIN_KEY, DATA_DIR: server.dataDir },
      };
      execFile('bash', ['-c', script], { env, cwd: folder }, (error, out, err) =>
        error ? reject(new Error(`${line}\n${err}`)) : resolve(out),
      );
    });

  beforeAll(async () => {
    server = await TestServer.start();
    const rows = [
      row('old', 'meta_ads', '2020-01-05', null),
      row('new', 'meta_ads', today, 'ann@example.com'),
      row('google', 'google_ads', today, 'bob@example.com'),
    ];
    expect((await server.rows(rows)).body).toMatchObject({ loaded: 3 });
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  /** Until runs and erasures have ended, which go on behind their commands. */
  const jobsDone = async (): Promise<void> => {
    for (const path of ['/api/retention/runs', '/api/customers/erasures'])
      await until(async () => {
        const { body } = await server.json<{ data: { state: string }[] }>(path);
        return body.data.every(({ state }) => state === 'done') ? true : undefined;
      });
  };
  /** What each command prints, in the order of the guide; one that is not here fails. */
  const told = async (
    guide: Guide,
    expected: readonly (readonly [command: string, prints: RegExp])[],
  ): Promise<void> => {
    expect(guide.commands).toEqual(expected.map(([command]) => command));
    for (const [command, prints] of expected) {
      if (/(runs|erasures)$/.test(command)) await jobsDone();
      const out = await run(command);
      expect(out).toMatch(prints);
    }
  };

  it('give people roles as they say', async () => {
    await told(GUIDES.access, [
      [
        `tributary role create Agency --base analyst --hide spend --grant roas --rows '[{"member": "campaign_name", "operator": "equals", "values": ["Spring"]}]'`,
        /^[0-9a-f-]{36}\n$/,
      ],
      ['tributary user add ada@example.com --custom-role Agency', /^ada@example\.com is /],
      ['tributary role show Agency', /Agency[\s\S]*spend/],
      [
        'tributary key create Dashboard --role viewer --scope reports:read identity:read --expires 2030-01-01T00:00:00Z',
        /trb_\w+/,
      ],
      ['tributary key list', /Dashboard/],
    ]);
    const { body } = await server.json<{ data: Record<string, unknown>[] }>('/api/users');
    expect(body.data.find(({ email }) => email === 'ada@example.com')).toMatchObject({
      custom_role: { name: 'Agency' },
    });
  }, 60_000);

  it('keep data for as long as they say, tell of a customer, forget the customer, and keep secrets', async () => {
    await told(GUIDES.protection, [
      [
        'tributary retention set rows=730 rows:meta_ads=400 rejects=30 report_files=10',
        /^rows=730\nrows:meta_ads=400\nrejects=30\nreport_files=10\nRuns next at /,
      ],
      ['tributary retention preview', /^rows of meta_ads before \S+: 1 \(2020-01-05/m],
      ['tributary retention run', / is (queued|running|done)\.\n$/],
      ['tributary retention runs', / done [\s\S]*rows of meta_ads: 1 → 0/],
      ['tributary customer export ann@example.com ann.ndjson', /^$/],
      ['tributary customer erase ann@example.com --mode delete --dry-run', /unified_marketing_data: 1 → –/],
      ['tributary customer erase ann@example.com --mode delete', / is (queued|running|purging|done)/],
      ['tributary customer erasures', / delete done [\s\S]*unified_marketing_data: 1 → 0/],
      ['export SECRETS_KEY=$(openssl rand -base64 32)', /^$/],
      ['printf %s "$TOKEN" | tributary secrets put connector.meta_ads.token', /^Kept connector\.meta_ads\.token\.\n$/],
      ['tributary secrets list', /^connector\.meta_ads\.token {2}key /],
    ]);
    const records = readFileSync(join(folder, 'ann.ndjson'), 'utf8').trim().split('\n');
    expect(records.map((line) => (JSON.parse(line) as { store: string }).store)).toContain('unified_marketing_data');
    const { body } = await server.json('/api/query', { metrics: ['spend'] });
    expect(body).toMatchObject({ rows: [{ spend: '2.00' }] });
  }, 240_000);

  it('name doors, fields and commands that there are', async () => {
    const { body } = await server.json<{ paths: Record<string, Record<string, unknown>> }>('/api/openapi.json');
    const paths = Object.keys(body.paths).map((path) => path.replaceAll(/\{\w+\}/g, '{}'));
    const fields = await graphqlFields(server);
    const commands = new Map<string, string[]>();
    for (const { text } of Object.values(GUIDES)) {
      const named = [...text.matchAll(/`(?:(?:GET|PUT|POST|PATCH|DELETE)\/?)* ?(\/api\/[\w/{}-]+)/g)].map(
        ([, path = '']) => path,
      );
      expect(named.length).toBeGreaterThan(2);
      for (const path of named) expect(paths).toContain(path.replaceAll(/\{\w+\}/g, '{}'));
      for (const [, list = ''] of text.matchAll(/GraphQL:? \(?((?:`\w+`,?\s*)+)/g))
        for (const [, field = ''] of list.matchAll(/`(\w+)`/g)) expect([...fields.keys()]).toContain(field);
      for (const [, group = '', command = ''] of text.matchAll(/`tributary ([a-z]+) ([a-z]+)/g))
        commands.set(group, [...(commands.get(group) ?? []), command]);
    }
    for (const [group, names] of commands) {
      const help = await run(`tributary ${group} --help`);
      for (const name of names) expect(help).toMatch(new RegExp(`^ {2}${name} `, 'm'));
    }
  }, 60_000);
});
