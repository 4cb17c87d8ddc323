/** Settings of an organisation through the doors: what they change is there when the call returns. */
import { TestServer } from '../support/server.js';

interface Result {
  readonly columns: { readonly name: string; readonly unit: string | null }[];
  readonly rows: Record<string, unknown>[];
  readonly meta: { readonly snapshot: string };
}

const DAYS = ['2026-01-03', '2026-01-04', '2026-03-31', '2026-04-01', '2026-06-30', '2026-07-01'];

describe('settings of an organisation', () => {
  let server: TestServer;
  const spendBy = async (time_grain: string): Promise<Result> =>
    (await server.json<Result>('/api/query', { metrics: ['spend'], time_grain, date_range: 'all_time' })).body;
  beforeAll(async () => {
    server = await TestServer.start();
    await server.rows(
      DAYS.map((day, index) => ({
        external_id: day,
        recorded_at: `${day}T12:00:00Z`,
        data_source: 'meta_ads',
        source_category: 'external_marketing',
        data_payload: { spend: 10 ** index },
      })),
    );
  }, 120_000);
  afterAll(() => server?.stop());

  it('begin as the organisation was made', async () => {
    expect(await server.json('/api/organization/settings')).toEqual({
      status: 200,
      body: {
        currency: 'USD',
        time_zone: 'UTC',
        week_start: 1,
        fiscal_year_start: 1,
        fx_carry_days: 7,
        fx_via: null,
        locale: 'en-US',
      },
    });
    expect((await spendBy('weekly')).rows.slice(0, 1)).toEqual([{ recorded_at: '2025-12-29', spend: '11.00' }]);
    expect((await spendBy('yearly')).rows).toEqual([{ recorded_at: '2026-01-01', spend: '111111.00' }]);
  });

  it('count weeks from Sunday, and quarters and years from April, at once', async () => {
    const written = await server.json<{ snapshot: string }>(
      '/api/organization/settings',
      { week_start: 7, fiscal_year_start: 4 },
      'PATCH',
    );
    expect(written).toMatchObject({ status: 200, body: { week_start: 7, fiscal_year_start: 4, currency: 'USD' } });
    const weekly = await spendBy('weekly');
    expect(weekly.meta.snapshot).toBe(written.body.snapshot);
    expect(weekly.rows.slice(0, 2)).toEqual([
      { recorded_at: '2025-12-28', spend: '1.00' },
      { recorded_at: '2026-01-04', spend: '10.00' },
    ]);
    expect((await spendBy('yearly')).rows).toEqual([
      { recorded_at: '2025-04-01', spend: '111.00' },
      { recorded_at: '2026-04-01', spend: '111000.00' },
    ]);
    await server.json('/api/organization/settings', { fiscal_year_start: 2 }, 'PATCH');
    expect((await spendBy('quarterly')).rows).toEqual([
      { recorded_at: '2025-11-01', spend: '11.00' },
      { recorded_at: '2026-02-01', spend: '1100.00' },
      { recorded_at: '2026-05-01', spend: '110000.00' },
    ]);
    const { body } = await server.json<{ data: { reason: string }[] }>('/api/marketing/model/history');
    expect(body.data.slice(0, 2).map(({ reason }) => reason)).toEqual(['settings', 'settings']);
  });

  it('change through GraphQL, too', async () => {
    const document = `mutation { updateOrganizationSettings(input: { time_zone: "Europe/Berlin", currency: "EUR" }) { currency time_zone week_start } }`;
    expect(await server.graphql(document)).toEqual({
      data: { updateOrganizationSettings: { currency: 'EUR', time_zone: 'Europe/Berlin', week_start: 7 } },
    });
    expect((await spendBy('yearly')).columns.at(-1)?.unit).toBe('EUR');
    expect((await server.graphql('{ organizationSettings { currency } }')).data).toEqual({
      organizationSettings: { currency: 'EUR' },
    });
  });

  it('are refused field by field, and then nothing has changed', async () => {
    const body = {
      currency: 'euro',
      time_zone: 'Mars/Olympus',
      week_start: 0,
      fiscal_year_start: 13,
      fx_carry_days: 99,
    };
    const refused = await server.json<{ code: string; errors: { pointer: string }[] }>(
      '/api/organization/settings',
      { ...body, colour: 'red' },
      'PATCH',
    );
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect([...new Set(refused.body.errors.map(({ pointer }) => pointer))].sort()).toEqual(
      [...Object.keys(body), 'colour'].map((field) => `/${field}`).sort(),
    );
    const nulls = await server.json('/api/organization/settings', { currency: null }, 'PATCH');
    expect(nulls).toMatchObject({ status: 400, body: { errors: [{ pointer: '/currency' }] } });
    expect((await server.json('/api/organization/settings')).body).toMatchObject({ currency: 'EUR', week_start: 7 });
  });
});
