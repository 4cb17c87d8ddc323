/** Sends every example of `docs/guides/rollups.md` to a server, and its commands. */
import { runCli } from '../support/cli.js';
import { Guide } from '../support/guide.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

type Json = Record<string, unknown>;
interface Rollup {
  readonly state: string;
  readonly stale_months: number;
  readonly refreshed_at: string;
}

const guide = await Guide.read('rollups.md');

describe('the guide to rollups', () => {
  let server: TestServer;
  const rollups = async (): Promise<readonly Rollup[]> =>
    (await server.json<{ data: readonly Rollup[] }>('/api/marketing/rollups')).body.data;
  const fresh = (): Promise<Rollup> =>
    until(async () => (await rollups()).find(({ state, stale_months: stale }) => state === 'ready' && stale === 0), {
      what: 'the rollup',
    });

  beforeAll(async () => {
    server = await TestServer.start();
    expect((await server.rows(guide.rows)).status).toBe(201);
  }, 120_000);
  afterAll(() => server?.stop());

  it('begins without any, and says from when on there is one', async () => {
    const { body } = await server.json('/api/marketing/rollups');
    expect(body).toEqual({ data: [], default_from_rows: 1_000_000, default_is_off: false, organization_rows: 4 });
    const listed = await runCli(server, ['rollups', 'list']);
    expect(listed.out.trim()).toBe('No rollups. The default one is made from 1000000 rows on; there are 4.');
    const made = await runCli(
      server,
      'rollups set by_device --dimensions data_source,device --grain daily --time-zone UTC'.split(' '),
    );
    expect([made.code, made.out]).toEqual([0, expect.stringContaining('name=by_device\norigin=organization\n')]);
    const [wanted = ''] = guide.of('rollup');
    expect((await server.json('/api/marketing/rollups/by_device', JSON.parse(wanted), 'PUT')).status).toBe(200);
    await fresh();
    expect((await runCli(server, ['rollups', 'list'])).out).toMatch(
      /^by_device\tready\tdaily UTC\t2 months\t\d rows\t/,
    );
  }, 180_000);

  it.each(guide.examples)('%s', async (_, request, expected) => {
    const { body } = await server.json<Json>('/api/query?explain=true', request);
    expect(body).toMatchObject(expected);
  });

  it('is filled anew by command, and gone', async () => {
    const before = await fresh();
    const refreshed = await runCli(server, ['rollups', 'refresh', 'by_device']);
    expect([refreshed.code, refreshed.out]).toEqual([0, expect.stringContaining('stale_months=2\n')]);
    const after = await until(
      async () => {
        const found = await fresh();
        return found.refreshed_at > before.refreshed_at ? found : undefined;
      },
      { what: 'months that were filled anew' },
    );
    expect(after).toMatchObject({ months: 2, state: 'ready' });
    const audit = await server.json<{ data: Json[] }>('/api/audit?action=rollup.refresh');
    expect(audit.body.data).toMatchObject([{ after: { months: 2 } }]);
    const [status, missing] = await Promise.all([
      runCli(server, ['rollups', 'status', 'by_device']),
      runCli(server, ['rollups', 'refresh', 'nothing']),
    ]);
    expect(status.out).toContain('state=ready\n');
    expect([missing.code, missing.err]).toEqual([1, expect.stringContaining('no rollup')]);
    expect((await runCli(server, ['rollups', 'delete', 'by_device'])).out).toBe('by_device: gone.\n');
    expect(await rollups()).toEqual([]);
  }, 180_000);
});
