/**
 * The story of a scheduled report: set up, previewed, sent at its time and by hand, held until its data is there, sent only
 * when it matters, left by a reader. Over a real server; a mail host outside of it takes the mails.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { DataSource } from 'typeorm';
import { parseConfig } from '../../src/config/config.js';
import { databaseOptions } from '../../src/database.js';
import { Occurrence } from '../../src/delivery/occurrence.entity.js';
import { KEEP_FILES_DAYS } from '../../src/delivery/report-store.js';
import { SignedLinks } from '../../src/delivery/signed-links.js';
import { packageRoot } from '../../src/common/package-root.js';
import { keyRingOf } from '../../src/secrets/key-ring.js';
import { embeddedDatabaseUrl } from '../support/records.js';
import { selfSigned } from '../support/certificate.js';
import { catchMails, type MailCatcher } from '../support/mail-catcher.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

interface Delivery {
  readonly occurrence_id: string;
  readonly recipient: string;
  readonly kind: string;
  readonly state: string;
  readonly due_at: string;
  readonly evidence: { readonly reason?: string; readonly reply?: string }[];
  readonly remarks: string[];
}
interface Schedule {
  readonly id: string;
  readonly next_run_at: string | null;
  readonly next_runs: string[];
  readonly warnings: { code: string; message: string }[];
  readonly is_active: boolean;
}

const DAY_MS = 86_400_000;
const day = (ago: number): string => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);

describe('scheduled reports', () => {
  let server: TestServer;
  let records: DataSource;
  let view: string;
  let mails: MailCatcher['mails'];
  let host: MailCatcher;
  const trusted = mkdtempSync(join(tmpdir(), 'tributary-certificate-'));
  const { key, certificate } = selfSigned('localhost');
  writeFileSync(join(trusted, 'ca.pem'), certificate);

  beforeAll(async () => {
    host = await catchMails();
    ({ mails } = host);
    server = await TestServer.start({
      env: {
        SMTP_URL: host.url,
        MAIL_FROM: 'reports@example.com',
        SCHEDULE_SPREAD_SECONDS: '0',
        SMTP_PRIVATE_HOSTS: 'on',
        NODE_EXTRA_CA_CERTS: join(trusted, 'ca.pem'),
      },
    });
    const rows = [1, 2, 3, 40].map((ago) => ({
      external_id: `row ${ago}`,
      recorded_at: `${day(ago)}T12:00:00Z`,
      data_source: 'meta_ads',
      source_category: 'external_marketing',
      currency: 'USD',
      data_payload: { spend: String(100 * ago) },
    }));
    expect(await server.rows(rows)).toMatchObject({ status: 201, body: { loaded: 4 } });
    const created = await server.json<{ id: string }>('/api/reports/views', {
      report_name: 'Daily spend',
      report_category: 'campaign_performance',
      metrics: ['spend'],
      dimensions: [],
      time_grain: 'daily',
      time_zone: 'UTC',
      date_range: { last: 3, unit: 'day', complete: false },
      visibility: 'organization',
    });
    expect(created.status).toBe(201);
    view = created.body.id;
    records = await new DataSource(databaseOptions(embeddedDatabaseUrl(server.dataDir))).initialize();
  }, 120_000);
  afterAll(async () => {
    await records?.destroy();
    await server?.stop();
    await host.close();
    rmSync(trusted, { recursive: true, force: true });
  });

  const schedule = (fields: Record<string, unknown>): Promise<{ status: number; body: Schedule }> =>
    server.json<Schedule>(`/api/reports/views/${view}/schedule`, {
      cron: '0 9 1 1 *',
      time_zone: 'Europe/Berlin',
      formats: ['csv'],
      recipients: ['ann@example.com'],
      ...fields,
    });
  const deliveries = async (query: string): Promise<Delivery[]> =>
    (await server.json<{ data: Delivery[] }>(`/api/reports/deliveries?${query}`)).body.data;
  /** Runs a schedule now and waits until everything about it has ended. */
  async function run(id: string): Promise<Delivery[]> {
    const { status, body } = await server.json<{ occurrence_id: string }>(`/api/reports/schedules/${id}/run`, {});
    expect(status).toBe(202);
    return until(
      async () => {
        const rows = await deliveries(`occurrence_id=${body.occurrence_id}`);
        return rows.length > 0 && rows.every(({ state }) => !['pending', 'sending'].includes(state)) ? rows : undefined;
      },
      { seconds: 30 },
    );
  }

  it('says when it will come, in the clock of its zone', async () => {
    const { status, body } = await schedule({ cron: '0 9 * * 1' });
    expect(status).toBe(201);
    expect(body.next_runs).toHaveLength(5);
    expect(body.next_run_at).toBe(body.next_runs[0]);
    for (const at of body.next_runs) {
      const shown = new Intl.DateTimeFormat('en-GB', {
        timeZone: 'Europe/Berlin',
        weekday: 'long',
        hour: '2-digit',
        minute: '2-digit',
      }).format(new Date(at));
      expect(shown).toMatch(/Monday.*09:00/);
    }
    const skipped = await server.json<Schedule>(`/api/reports/schedules/${body.id}/skip-next`, {});
    expect(skipped.body.next_runs.slice(0, 4)).toEqual(body.next_runs.slice(1));
    const paused = await server.json<Schedule>(`/api/reports/schedules/${body.id}/pause`, {});
    expect(paused.body).toMatchObject({ is_active: false, next_run_at: null, next_runs: [] });
    const resumed = await server.json<Schedule>(`/api/reports/schedules/${body.id}/resume`, {});
    expect(resumed.body.next_runs[0]).toBe(body.next_runs[1]);
    const monthly = await schedule({ cron: '0 9 31 * *' });
    expect(monthly.body.warnings[0]?.message).toContain('February, April, June, September, November');
    const simple = await schedule({ cron: undefined, simple: { every: 'week', weekdays: ['friday'], at: '17:30' } });
    expect(simple.body.next_runs).toHaveLength(5);
    expect((await server.json(`/api/reports/schedules/${simple.body.id}`, undefined, 'DELETE')).status).toBe(204);
    expect((await server.json(`/api/reports/schedules/${simple.body.id}`)).status).toBe(404);
  });

  it('is the same over GraphQL', async () => {
    const input = { cron: '0 9 * * 1', time_zone: 'UTC', formats: ['csv'], recipients: ['ann@example.com'] };
    const made = await server.graphql<{ scheduleReportView: Schedule }>(
      'mutation M($id: ID!, $input: JSON!) { scheduleReportView(id: $id, input: $input) { id next_runs recipients } }',
      { id: view, input },
    );
    expect(made.errors).toBeUndefined();
    const { id = '', next_runs = [] } = made.data?.scheduleReportView ?? {};
    const { data, errors } = await server.graphql(
      `mutation M($id: ID!) { skipNextReport(id: $id) { next_run_at } pauseReportSchedule(id: $id) { is_active }
        resumeReportSchedule(id: $id) { is_active } updateReportSchedule(id: $id, input: { formats: ["pdf"] }) { formats } }`,
      { id },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({
      skipNextReport: { next_run_at: next_runs[1] },
      pauseReportSchedule: { is_active: false },
      resumeReportSchedule: { is_active: true },
      updateReportSchedule: { formats: ['pdf'] },
    });
    const read = await server.graphql(
      `query Q($id: ID!) { reportScheduleTimes(id: $id, count: 2) reportSchedule(id: $id) { view_id }
        previewReportSchedule(id: $id) { verdict subject attachments { filename } } }`,
      { id },
    );
    expect(read.data).toMatchObject({
      reportScheduleTimes: [next_runs[1], expect.any(String)],
      reportSchedule: { view_id: view },
      previewReportSchedule: { verdict: 'send', attachments: [{ filename: expect.stringMatching(/pdf$/) }] },
    });
    expect((await server.json(`/api/reports/schedules/${id}`, undefined, 'DELETE')).status).toBe(204);
  });

  it('names every mistake and where it is', async () => {
    const { status, body } = await schedule({
      cron: '0 25 * * *',
      recipients: ['ann@example.com\r\nBcc: eve@example.com'],
      subject: 'Spend {{metric.spend}} {{constructor}}',
      time_zone: 'Europe/Berlinn',
    });
    expect(status).toBe(400);
    expect((body as unknown as { errors: object[] }).errors).toMatchObject([
      { code: 'invalid_cron', pointer: '/cron', range: [2, 4] },
      { code: 'unknown_time_zone', pointer: '/time_zone' },
      { code: 'invalid_recipient', pointer: '/recipients/0' },
      { code: 'invalid_template', pointer: '/subject', range: [23, 38] },
    ]);
  });

  it('goes out at its minute, by itself, about the last complete days', async () => {
    const begun = Date.now();
    const { body } = await schedule({
      cron: '* * * * *',
      time_zone: 'UTC',
      formats: ['csv', 'xlsx'],
      recipients: ['minute@example.com'],
      subject: '{{report}}: {{metric.spend}} in\r\n{{period}}',
    });
    const [sent] = await until(
      async () => {
        const rows = (await deliveries(`view_id=${view}&state=accepted`)).filter(
          ({ recipient }) => recipient === 'minute@example.com',
        );
        return rows.length > 0 ? rows : undefined;
      },
      { seconds: 90 },
    );
    await server.json(`/api/reports/schedules/${body.id}/pause`, {});
    // The first whole minute after it was set up, which may have come before the answer was written.
    const due = Date.parse(sent?.due_at ?? '');
    expect(due % 60_000).toBe(0);
    expect(due).toBeGreaterThan(begun);
    expect(due).toBeLessThanOrEqual(Date.parse(body.next_runs[0] ?? ''));
    const mail = await PostalMime.parse(mails.get('minute@example.com')?.[0] ?? '');
    // Three whole days, yesterday and before: 100 + 200 + 300.
    expect(mail.subject).toMatch(/^Daily spend: \$600\S* in Last 3 complete days/);
    const csv = Buffer.from(
      mail.attachments.find(({ filename }) => filename?.endsWith('.csv'))?.content as ArrayBuffer,
    );
    expect(csv.toString('utf8').trim().split(/\r?\n/)).toHaveLength(4);
    expect(mail.attachments.some(({ filename }) => filename?.endsWith('.xlsx'))).toBe(true);
  }, 120_000);

  it('is read in the browser, and left with one click', async () => {
    const { body } = await schedule({ recipients: ['ann@example.com', 'leaver@example.com'] });
    expect((await run(body.id)).map(({ state }) => state)).toEqual(['accepted', 'accepted']);
    const mail = await PostalMime.parse(mails.get('leaver@example.com')?.at(-1) ?? '');
    const header = (name: string): string => mail.headers.find(({ key }) => key === name)?.value ?? '';
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    const page = await fetch(/http\S+\/r\/\S+/.exec(mail.text ?? '')?.[0] ?? '');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(await page.text()).toContain('Daily spend');
    const leave = /<(\S+)>/.exec(header('list-unsubscribe'))?.[1] ?? '';
    expect((await fetch(`${leave}x`, { method: 'POST' })).status).toBe(404);
    // Mail scanners follow links; looking does not unsubscribe.
    expect((await fetch(leave)).status).toBe(200);
    const form = { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) };
    expect((await fetch(leave, form)).status).toBe(200);
    expect((await fetch(leave, form)).status).toBe(200);
    const again = await run(body.id);
    expect(again.map(({ recipient, state }) => [recipient, state]).sort()).toEqual([
      ['ann@example.com', 'accepted'],
      ['leaver@example.com', 'suppressed'],
    ]);
    expect(mails.get('leaver@example.com')).toHaveLength(1);
  }, 60_000);

  it('waits for its data, and at the deadline says what is missing', async () => {
    const gate = { sources: ['meta_ads', 'google_ads'], deadline_minutes: 60, at_deadline: 'skip' };
    const { body } = await schedule({ gate, recipients: ['gate@example.com'] });
    const { body: started } = await server.json<{ occurrence_id: string }>(`/api/reports/schedules/${body.id}/run`, {});
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(await deliveries(`occurrence_id=${started.occurrence_id}`)).toEqual([]);
    const late = await schedule({ gate: { ...gate, deadline_minutes: 0 }, recipients: ['gate@example.com'] });
    const [skipped] = await run(late.body.id);
    expect(skipped).toMatchObject({ state: 'suppressed', recipient: 'gate@example.com' });
    expect(skipped?.evidence[0]?.reason).toMatch(/^google_ads had no data of \d{4}-\d\d-\d\d yet\.$/);
    const open = await schedule({ gate: { sources: ['meta_ads'] }, recipients: ['gate@example.com'] });
    expect(await run(open.body.id)).toMatchObject([{ state: 'accepted', remarks: [] }]);
    const sent = { ...gate, deadline_minutes: 0, at_deadline: 'send' };
    const anyway = await schedule({ gate: sent, recipients: ['anyway@example.com'] });
    const [delivery] = await run(anyway.body.id);
    const remarks = [expect.stringMatching(/^google_ads had no data of \d{4}-\d\d-\d\d yet\.$/)];
    expect(delivery).toMatchObject({ state: 'accepted', remarks });
    const mail = await PostalMime.parse(mails.get('anyway@example.com')?.[0] ?? '');
    expect(mail.text).toContain(delivery?.remarks[0]);
    const ledger = await server.graphql<{ reportDeliveries: { data: Delivery[] } }>(
      'query Q($id: String) { reportDeliveries(occurrence_id: $id) { data { remarks } } }',
      { id: delivery?.occurrence_id },
    );
    expect(ledger.data?.reportDeliveries.data).toEqual([{ remarks }]);
  }, 120_000);

  it('is sent when a number crosses its bound, once until it has come back', async () => {
    const recipients = ['alert@example.com'];
    const condition = { metric: 'spend', operator: 'gt', value: 500, mode: 'on_breach' };
    const { body } = await schedule({ recipients, condition });
    expect((await run(body.id))[0]).toMatchObject({ state: 'accepted' });
    const [second] = await run(body.id);
    expect(second).toMatchObject({ state: 'suppressed' });
    expect(second?.evidence[0]?.reason).toBe('Spend is 600, above 500.');
    const mail = await PostalMime.parse(mails.get('alert@example.com')?.[0] ?? '');
    expect(mail.text).toContain('Spend is 600, above 500.');
    // Against the three days before, which had nothing.
    const change = await schedule({ recipients, condition: { metric: 'spend', change_percent: 10 } });
    expect((await run(change.body.id))[0]?.evidence[0]?.reason).toContain('nothing to compare');
    const unknown = await schedule({ recipients, condition: { metric: 'clicks', operator: 'gt', value: 1 } });
    expect(unknown).toMatchObject({ status: 422, body: { code: 'unknown_metric' } });
  }, 60_000);

  it('is sent when a number is far from what is usual', async () => {
    const past = Array.from({ length: 14 }, (_value, at) => ({
      external_id: `usual ${at}`,
      recorded_at: `${day(at + 1)}T12:00:00Z`,
      data_source: 'shop',
      source_category: 'external_marketing',
      currency: 'USD',
      // Yesterday 500; before, between 97 and 103 a day.
      data_payload: { sends: at === 0 ? '500' : String(100 + (at % 7) - 3) },
    }));
    expect(await server.rows(past)).toMatchObject({ status: 201 });
    const { body: saved } = await server.json<{ id: string }>('/api/reports/views', {
      ...{ report_name: 'Daily sends', report_category: 'campaign_performance', metrics: ['sends'] },
      ...{ time_grain: 'daily', time_zone: 'UTC', date_range: { last: 14, unit: 'day', complete: true } },
    });
    const asked = async (condition: object): Promise<Delivery | undefined> => {
      const body = { cron: '0 9 1 1 *', formats: ['csv'], recipients: ['odd@example.com'], condition };
      const made = await server.json<Schedule>(`/api/reports/views/${saved.id}/schedule`, body);
      expect(made.status).toBe(201);
      return (await run(made.body.id))[0];
    };
    expect(await asked({ metric: 'sends', anomaly_sigmas: 3 })).toMatchObject({ state: 'accepted' });
    const mail = await PostalMime.parse(mails.get('odd@example.com')?.[0] ?? '');
    expect(mail.text).toMatch(/Sends is 500; the median of 13 periods before is 100\./);
    expect((await asked({ metric: 'sends', anomaly_sigmas: 1_000 }))?.evidence[0]?.reason).toMatch(
      /is 500; the median/,
    );
  }, 60_000);

  it('goes to whoever is in a team when it is due', async () => {
    const { body: team } = await server.json<{ id: string }>('/api/teams', { name: 'Readers' });
    const people = await Promise.all(
      ['first', 'second'].map((name) =>
        server.json<{ id: string }>('/api/users', { email: `${name}@example.com`, role: 'viewer' }),
      ),
    );
    const [first, second] = people.map(({ body }) => body.id);
    const member = (id: string | undefined, method: 'PUT' | 'DELETE'): Promise<{ status: number }> =>
      server.json(`/api/teams/${team.id}/members/${id ?? ''}`, method === 'PUT' ? {} : undefined, method);
    await member(first, 'PUT');
    const { status, body } = await schedule({ recipients: [{ team_id: team.id }, 'first@example.com'] });
    expect(status).toBe(201);
    // Who is named twice gets it once.
    expect((await run(body.id)).map(({ recipient }) => recipient)).toEqual(['first@example.com']);
    await member(second, 'PUT');
    await member(first, 'DELETE');
    expect((await run(body.id)).map(({ recipient }) => recipient).sort()).toEqual([
      'first@example.com',
      'second@example.com',
    ]);
    const gone = await schedule({ recipients: [{ team_id: '00000000-0000-4000-8000-000000000000' }] });
    expect(gone).toMatchObject({ status: 422, body: { code: 'unknown_recipient' } });
  }, 60_000);

  it('speaks the language that the schedule asks for', async () => {
    const { status, body } = await schedule({
      locale: 'de-DE',
      formats: ['html'],
      recipients: ['german@example.com'],
      subject: '{{finding}}',
      condition: { metric: 'spend', operator: 'gt', value: 500 },
      gate: { sources: ['google_ads'], deadline_minutes: 0, at_deadline: 'send' },
    });
    expect([status, (body as { locale?: string }).locale]).toEqual([201, 'de-DE']);
    await run(body.id);
    const mail = await PostalMime.parse(mails.get('german@example.com')?.[0] ?? '');
    expect(mail.html).toMatch(/<html lang="de-DE"[^]*Zeitraum[^]*Einzelheiten[^]*Datenstand/);
    expect(mail.text).toMatch(/Im Browser öffnen: http/);
    expect(mail.html).not.toMatch(/Period|Details|Data as of|Open in the browser/);
    expect(mail.html).toMatch(/google_ads: noch keine Daten vom \d{4}-\d\d-\d\d\./);
    expect(mail.text).toContain('Spend beträgt 600 und liegt über 500.');
    expect(mail.subject).toBe('Spend beträgt 600 und liegt über 500.');
    const refused = await schedule({ locale: 'German' });
    expect(refused).toMatchObject({ status: 400, body: { errors: [{ code: 'unknown_locale', pointer: '/locale' }] } });
  }, 60_000);

  it('speaks that language on the pages of links, and to its owner', async () => {
    const { body: owner } = await server.json<{ id: string }>('/api/users', {
      email: 'owner@example.com',
      role: 'organization_admin',
    });
    const { body: own } = await server.json<{ key: string }>('/api/keys', { name: 'own', user_id: owner.id });
    const fields = { cron: '0 9 1 1 *', locale: 'de-DE', formats: ['csv'] };
    const recipients = ['reader@example.com', 'nobody@example.com'];
    const path = `/api/reports/views/${view}/schedule`;
    const { body } = await server.json<Schedule>(path, { ...fields, recipients }, 'POST', own.key);
    expect((await run(body.id)).map(({ recipient, state }) => [recipient, state])).toContainEqual([
      'nobody@example.com',
      'rejected',
    ]);
    const raw = await until(async () => mails.get('owner@example.com')?.[0], { seconds: 30 });
    const notice = await PostalMime.parse(raw);
    expect(notice.subject).toBe('Nicht allen zugestellt: Daily spend');
    expect(notice.text).toMatch(/nobody@example\.com\s+Vom Mailserver abgelehnt: 550 No such user/);
    expect(notice.html).toContain('<html lang="de-DE" dir="ltr">');
    expect(notice.html).not.toMatch(/Refused|Nothing is sent|Due /);

    const mail = await PostalMime.parse(mails.get('reader@example.com')?.[0] ?? '');
    const header = mail.headers.find(({ key: name }) => name === 'list-unsubscribe')?.value ?? '';
    const leave = /<(\S+)>/.exec(header)?.[1] ?? '';
    // The words of a page between its tags; a browser's own language is not asked.
    const pageOf = async (url: string, init: RequestInit = {}): Promise<string> => {
      const headers = { accept: 'text/html', 'accept-language': 'fr-FR' };
      const reply = await fetch(url, { ...init, headers });
      expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
      return reply.text();
    };
    const asked = await pageOf(leave);
    expect(asked).toMatch(/<html lang="de-DE" dir="ltr">[^]*Verteiler verlassen[^]*Ja, nichts mehr senden/);
    expect(asked).toContain('<b><bdi>reader@example.com</bdi></b>');
    expect(await pageOf(leave, { method: 'POST' })).toMatch(/Erledigt[^]*erhält keine weiteren dieser Berichte/);
    // Links that were signed for as long as files are kept, a day ago and a day more than that.
    const config = parseConfig({ DATA_DIR: server.dataDir, PUBLIC_URL: server.base });
    const links = new SignedLinks(records, { ...config, secretKeys: keyRingOf(config) });
    const { id: occurrence } = await records.manager.findOneByOrFail(Occurrence, { schedule_id: body.id });
    const aged = (days: number): Promise<string> =>
      links.url({ kind: 'r', occurrence }, new Date(Date.now() - days * DAY_MS));
    expect(await pageOf(await aged(KEEP_FILES_DAYS - 1))).toMatch(/<html lang="de-DE"[^]*Datenstand/);
    const old = await aged(KEEP_FILES_DAYS + 1);
    expect(await pageOf(old)).toMatch(/<html lang="de-DE" dir="ltr">[^]*Dieser Link ist abgelaufen; bitten Sie um/);
    const expired = await fetch(old);
    expect([expired.status, await expired.json()]).toMatchObject([410, { code: 'link_expired' }]);
    // Of a link that is none of ours only the browser's language is known, and a program gets a problem.
    expect(await pageOf(`${leave}x`)).toMatch(/<html lang="fr-FR"[^]*Ce lien est incomplet/);
    const problem = await fetch(`${leave}x`);
    expect([problem.status, problem.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  }, 60_000);

  it('refuses a template with a metric that the report does not have', async () => {
    const { status, body } = await schedule({ subject: 'Spent {{metric.spent}}', message: '{{metric.spend}}' });
    const message = expect.stringMatching(/^The report has no metric spent\. Did you mean spend\?/) as string;
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { errors: [{ code: 'invalid_template', pointer: '/subject', range: [6, 22], message }] },
    });
    const saved = await schedule({ subject: 'Spent {{metric.spend}}', recipients: ['spent@example.com'] });
    const patch = (fields: object): Promise<{ status: number }> =>
      server.json(`/api/reports/schedules/${saved.body.id}`, fields, 'PATCH');
    expect(await patch({ message: '{{metric.clicks}}' })).toMatchObject({ status: 400 });
    await run(saved.body.id);
    const mail = await PostalMime.parse(mails.get('spent@example.com')?.[0] ?? '');
    expect(mail.subject).toBe('Spent $600.00');
  }, 60_000);

  it('says in the mail that a template names a metric which the report lost since', async () => {
    const { body: own } = await server.json<{ id: string }>('/api/reports/views', {
      ...{ report_name: 'Spend and clicks', metrics: ['spend', 'clicks'], dimensions: [], visibility: 'organization' },
    });
    const wanted = { cron: '0 9 1 1 *', formats: ['csv'], recipients: ['lost@example.com'] };
    const template = { subject: 'Spend {{metric.spend}}, clicks {{metric.clicks}}', message: '{{metric.clicks}}' };
    const path = `/api/reports/views/${own.id}`;
    const saved = await server.json<Schedule>(`${path}/schedule`, { ...wanted, ...template, locale: 'fr-FR' });
    expect(saved.status).toBe(201);
    expect((await server.json(path, { metrics: ['spend'] }, 'PATCH')).status).toBe(200);
    await run(saved.body.id);
    const mail = await PostalMime.parse(mails.get('lost@example.com')?.[0] ?? '');
    expect(mail.subject).toMatch(/^Spend 4\s600,00\s\$, clicks –$/);
    expect(mail.text?.match(/l’indicateur « clicks », que le rapport ne contient plus/g)).toHaveLength(1);
  }, 60_000);

  it('stands in the ledger of GraphQL too, which also sends and knows the mail host', async () => {
    const sent = await server.graphql<{ deliverReportView: { occurrence_id: string } }>(
      'mutation M($id: ID!, $input: DeliverInput) { deliverReportView(id: $id, input: $input) { occurrence_id } }',
      { id: view, input: { recipients: ['graph@example.com'], formats: ['csv'] } },
    );
    expect(sent.errors).toBeUndefined();
    const occurrence = sent.data?.deliverReportView.occurrence_id ?? '';
    const ledger = await until(async () => {
      const { data } = await server.graphql<{ reportDeliveries: { data: Delivery[] } }>(
        'query Q($id: String) { reportDeliveries(occurrence_id: $id, state: "accepted") { data { recipient state attempts evidence due_at } next_cursor } }',
        { id: occurrence },
      );
      return data?.reportDeliveries.data[0];
    });
    expect(ledger).toMatchObject({ recipient: 'graph@example.com', state: 'accepted', attempts: 1 });
    expect(ledger.evidence[0]?.reply).toMatch(/^250/);
    const wrong = await server.graphql('{ reportDeliveries(state: "lost") { next_cursor } }');
    expect(wrong.errors).toMatchObject([{ extensions: { code: 'invalid_request' } }]);
    const host = { host: 'localhost', port: 2525, from: 'reports@example.com', username: 'a', password: 'secret' };
    const set = await server.graphql(
      'mutation M($input: MailHostInput!) { setMailHost(input: $input) { mail_host { host has_password verified_at } } }',
      { input: host },
    );
    expect(set.data).toEqual({
      setMailHost: { mail_host: { host: 'localhost', has_password: true, verified_at: null } },
    });
    const removed = await server.graphql('mutation { removeMailHost { mail_host { host } } }');
    expect(removed.data).toEqual({ removeMailHost: { mail_host: null } });
    const metrics = await (await server.fetch('/metrics')).text();
    expect(metrics).toMatch(/tributary_renderers\{state="busy"\} 0[^]*tributary_renderers_killed_total 0/);
  }, 60_000);

  it('goes only to domains that the organisation allows, asked at save and at send', async () => {
    const { body } = await schedule({ recipients: ['ann@example.com', 'bob@partner.example'] });
    const settings = { allowed_domains: ['example.com'] };
    expect((await server.json('/api/reports/mail-settings', settings, 'PUT')).status).toBe(200);
    const refused = await schedule({ recipients: ['bob@partner.example'] });
    expect(refused).toMatchObject({ status: 422, body: { code: 'domain_not_allowed' } });
    const sent = await run(body.id);
    expect(sent.map(({ recipient, state }) => [recipient, state]).sort()).toEqual([
      ['ann@example.com', 'accepted'],
      ['bob@partner.example', 'suppressed'],
    ]);
    await server.json('/api/reports/mail-settings', { allowed_domains: null }, 'PUT');
    const bounce = { address: 'bob@partner.example', type: 'hard', detail: '550 gone' };
    expect((await server.json('/api/reports/bounces', bounce)).body).toEqual({ delivery_id: null, suppressed: true });
    const third = (await run(body.id)).find(({ recipient }) => recipient === 'bob@partner.example');
    expect(third?.evidence[0]?.reason).toMatch(/has bounced/);
  }, 60_000);

  it('is looked at before it goes out, and nothing is sent or written down by that', async () => {
    const draft = {
      recipients: ['ann@example.com', 'leaver@example.com', 'bob@partner.example'],
      formats: ['pdf', 'csv'],
      subject: '{{report}}: {{metric.spend}}',
      message: 'Dear <team>',
      condition: { metric: 'spend', operator: 'gt', value: 500, mode: 'on_breach' },
    };
    const body = { cron: '0 9 1 1 *', time_zone: 'Europe/Berlin', ...draft };
    const before = (await deliveries('limit=1000')).length;
    interface Preview {
      verdict: string;
      reason: string | null;
      subject: string;
      text: string;
      html: string;
      recipients: { address: string; refusal: string | null }[];
      attachments: { filename: string; bytes: number; is_attached: boolean }[];
    }
    const unsaved = await server.json<Preview>(`/api/reports/views/${view}/schedule/preview`, body);
    expect(unsaved).toMatchObject({ status: 200, body: { verdict: 'send', reason: null } });
    expect(unsaved.body.subject).toMatch(/^Daily spend: \$600/);
    expect(unsaved.body.text).toContain('Dear <team>');
    expect(unsaved.body.text).toContain('Spend is 600, above 500.');
    expect(unsaved.body.html).toContain('Dear &lt;team&gt;');
    expect(unsaved.body.html).toContain('src="data:image/png;base64,');
    expect(unsaved.body.recipients).toEqual([
      { address: 'ann@example.com', refusal: null },
      { address: 'bob@partner.example', refusal: expect.stringMatching(/bounced/) },
      { address: 'leaver@example.com', refusal: null },
    ]);
    expect(unsaved.body.attachments).toEqual([
      expect.objectContaining({ filename: expect.stringMatching(/\.pdf$/), is_attached: true }),
      expect.objectContaining({ filename: expect.stringMatching(/\.csv$/), is_attached: true }),
    ]);
    for (const { bytes } of unsaved.body.attachments) expect(bytes).toBeGreaterThan(10);
    const { body: saved } = await schedule(draft);
    const path = `/api/reports/schedules/${saved.id}/preview`;
    // Looking does not count as the breach that the schedule waits for.
    for (let look = 0; look < 2; look++) expect((await server.json(path, {})).body).toMatchObject({ verdict: 'send' });
    const higher = await server.json<Preview>(path, { condition: { ...draft.condition, value: 5_000 } });
    expect(higher.body).toMatchObject({ verdict: 'skip', reason: 'Spend is 600, at or below 5000.' });
    expect(higher.body.subject).toBe(unsaved.body.subject);
    const wrong = await server.json(path, { subject: '{{nonsense}}' });
    expect(wrong).toMatchObject({ status: 400, body: { errors: [{ code: 'invalid_template', pointer: '/subject' }] } });
    expect(await deliveries('limit=1000')).toHaveLength(before);
  }, 60_000);

  it('goes out through a mail host of the organisation’s own, whose trouble is nobody else’s', async () => {
    const ownHost = await catchMails({
      ...{ key, cert: certificate },
      onAuth: ({ username, password }, _session, done) =>
        username === 'ann' && password === 'the second one'
          ? done(null, { user: username })
          : done(Object.assign(new Error('5.7.8 Authentication failed'), { responseCode: 535 })),
    });
    const { port, mails: own } = ownHost;
    const account = { host: 'localhost', port, username: 'ann', from: 'Northwind Reports <ann@northwind.example>' };
    const put = (body: object): Promise<{ status: number; body: { mail_host?: object; errors?: object[] } }> =>
      server.json('/api/reports/mail-host', body, 'PUT');
    expect(await put(account)).toMatchObject({ status: 400, body: { errors: [{ pointer: '/password' }] } });
    const set = await put({ ...account, password: 'the first one' });
    expect(set).toMatchObject({ status: 200, body: { mail_host: { security: 'starttls', has_password: true } } });
    const wrong = await server.json('/api/reports/mail-host/verify', {});
    expect(wrong.body).toMatchObject({ verified: false, failed_at: 'login', reply: expect.stringMatching(/^535/) });
    await put({ ...account, password: 'the second one' });
    const verified = await server.json('/api/reports/mail-host/verify', { to: 'test@example.com' });
    expect(verified.body).toEqual({ verified: true, failed_at: null, detail: null, reply: null });
    expect(own.has('test@example.com')).toBe(true);
    const shown = await server.fetch('/api/reports/mail-host');
    const text = await shown.text();
    expect(JSON.parse(text)).toMatchObject({ mail_host: { username: 'ann', verified_at: expect.any(String) } });
    expect(text).not.toContain('one"');

    const { body } = await schedule({ recipients: ['own@example.com'] });
    expect((await run(body.id)).map(({ state }) => state)).toEqual(['accepted']);
    const mail = await PostalMime.parse(own.get('own@example.com')?.[0] ?? '');
    expect(mail.from).toMatchObject({ name: 'Northwind Reports', address: 'ann@northwind.example' });
    expect(mails.has('own@example.com')).toBe(false);

    // The host goes down: what is on its way there is tried again, and another organisation's mail goes out as ever.
    await ownHost.close();
    const { body: stuck } = await server.json<{ occurrence_id: string }>(`/api/reports/schedules/${body.id}/run`, {});
    const create = ['org', 'create', 'others', '--admin', 'them@example.com', '--name', 'Others'];
    const cli = spawnSync(process.execPath, [join(packageRoot, 'dist/app/cli.js'), ...create], {
      encoding: 'utf8',
      env: { ...process.env, DATA_DIR: server.dataDir },
    });
    const theirs = /trb_\S+/.exec(cli.stdout)?.[0] ?? '';
    const fields = { report_name: 'Theirs', metrics: ['spend'], dimensions: [], visibility: 'organization' };
    const other = await server.json<{ id: string }>('/api/reports/views', fields, 'POST', theirs);
    const wanted = { recipients: ['them@example.com'], formats: ['csv'] };
    await server.json(`/api/reports/views/${other.body.id}/deliver`, wanted, 'POST', theirs);
    await until(() => Promise.resolve(mails.get('them@example.com')), { seconds: 30 });
    const [waiting] = await until(
      async () => {
        const rows = await deliveries(`occurrence_id=${stuck.occurrence_id}`);
        return rows.some(({ evidence }) => evidence.length > 0) ? rows : undefined;
      },
      { seconds: 30 },
    );
    expect(waiting?.state).toBe('pending');
    expect(waiting?.evidence[0]?.reason).toMatch(/could not be reached \(ECONNREFUSED\)/);
    expect((await server.json('/api/reports/mail-host', undefined, 'DELETE')).status).toBe(204);
    expect((await run(body.id)).map(({ state }) => state)).toEqual(['accepted']);
    expect(mails.has('own@example.com')).toBe(true);
    const trail = await server.fetch('/api/audit?limit=1000');
    expect(await trail.text()).not.toMatch(/the (first|second) one/);
  }, 120_000);

  it('leaves a trail that can be checked', async () => {
    const { body } = await server.json<{ data: { action: string }[] }>('/api/audit?limit=1000');
    const actions = new Set(body.data.map(({ action }) => action));
    for (const action of [
      'schedule.create',
      'schedule.pause',
      'schedule.run',
      'mail_suppression.create',
      'mail_host.update',
    ]) {
      expect(actions).toContain(action);
    }
  });
});
