import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { parse } from 'csv-parse/sync';
import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { DataSource } from 'typeorm';
import type { Identity } from '../access/identity.js';
import { notFound } from '../common/problem.js';
import { newId } from '../common/uuid.js';
import { AuditTrail } from '../audit/audit-trail.js';
import { parseConfig } from '../config/config.js';
import { databaseOptions, migrateDatabase } from '../database.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../engine/embedded-postgres.js';
import { createJobQueue } from '../jobs/create-job-queue.js';
import type { JobHandler, JobPayload, JobQueue } from '../jobs/job-queue.js';
import { fewCategories } from '../reports/render/sample-reports.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { MOST_ATTEMPTS, waitBefore } from './delivery-ledger.js';
import { deliveryParts } from '../../test/support/delivery-parts.js';
import { catchMails } from '../../test/support/mail-catcher.js';
import { until } from '../../test/support/until.js';
import type { DeliveryDto } from './delivery.dto.js';
import { DeliveryService } from './delivery.service.js';
import { RUN_OCCURRENCE, SEND_DELIVERY } from './delivery-names.js';
import { OccurrenceLedger } from './occurrence-ledger.js';
import { PdfRenderer } from '../rendering/pdf-renderer.js';
import type { ReportRunner } from './report-runner.port.js';
import { viewRef } from './report-subject.port.js';
import { DashboardService } from '../dashboards/dashboard.service.js';
import { ReportSubjectsService } from '../dashboards/report-subjects.service.js';

const ORGANIZATION = newId();
const USER = newId();
const identity: Identity = {
  organizationId: ORGANIZATION,
  organizationSlug: 'northwind',
  userId: USER,
  role: 'organization_admin',
  keyId: 'test0000',
};

/** Answers with a fixed report, as a saved view would. */
const runner: ReportRunner = {
  run: async () => ({
    document: fewCategories,
    columns: fewCategories.columns,
    rows: (async function* () {
      for (const row of fewCategories.rows) {
        // As engines do it: exact decimals as text, with zeros at the end.
        yield fewCategories.columns.map(({ name, role }) =>
          role === 'metric' ? `${String(row[name])}0000000` : (row[name] ?? null),
        );
      }
    })(),
  }),
};

/** The same without a chart, which takes no browser. */
const plainRunner: ReportRunner = {
  run: async (...asked) => {
    const run = await runner.run(...asked);
    return { ...run, document: { ...run.document, dashboardConfig: { chart: 'none' } } };
  },
};

/** Hands the jobs to the test, which runs them when and how it likes. */
class ManualQueue implements JobQueue {
  readonly backend = 'pg-boss';
  readonly jobs: { readonly name: string; readonly payload: JobPayload }[] = [];
  private readonly handlers = new Map<string, JobHandler>();
  register(name: string, handler: JobHandler<never>): void {
    this.handlers.set(name, handler as unknown as JobHandler);
  }
  declare(): void {}
  async enqueue(name: string, payload: JobPayload): Promise<void> {
    this.jobs.push({ name, payload });
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async stats(): Promise<Record<string, never>> {
    return {};
  }
  /** Runs what waits now, all at once; what comes of it waits. @returns how many there were */
  async turn(): Promise<number> {
    const jobs = this.jobs.splice(0);
    await Promise.all(jobs.map(({ name, payload }) => this.run(name, payload)));
    return jobs.length;
  }
  /** Runs what waits until nothing does. */
  async drain(): Promise<void> {
    while ((await this.turn()) > 0);
  }
  async run(name: string, payload: JobPayload): Promise<void> {
    const { signal } = new AbortController();
    await this.handlers.get(name)?.({ payload, attempt: 1, lastAttempt: true, signal });
  }
}

const folder = mkdtempSync(join(tmpdir(), 'delivery-'));
let postgres: EmbeddedPostgres;
let database: DataSource;
let printer: PdfRenderer;
let viewId: string;

beforeAll(async () => {
  Logger.overrideLogger(false);
  postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres') });
  await migrateDatabase(postgres.url);
  database = await new DataSource(databaseOptions(postgres.url)).initialize();
  printer = new PdfRenderer();
  await database.query(
    `INSERT INTO organizations (id, name, slug, currency, time_zone, week_start) VALUES ($1, 'Northwind', 'northwind', 'USD', 'UTC', 1)`,
    [ORGANIZATION],
  );
  await database.query(`INSERT INTO users (id, email, display_name) VALUES ($1, 'ann@example.com', 'Ann')`, [USER]);
  await database.query(
    `INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'organization_admin')`,
    [ORGANIZATION, USER],
  );
}, 90_000);

afterAll(async () => {
  await printer?.close();
  await database?.destroy();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(async () => {
  viewId = newId();
  // What other tests left to be sent is none of the next one's business.
  await database.query('DELETE FROM occurrences');
  await database.query(
    `INSERT INTO marketing_report_views (id, organization_id, report_name, report_category, dimensions, metrics, totals, visibility)
     VALUES ($1, $2, 'Spend by source', 'roas_analysis', '{}', '{spend}', true, 'organization')`,
    [viewId, ORGANIZATION],
  );
});

const parts = (queue: JobQueue, smtpUrl: string | null, reports: ReportRunner = runner) => {
  const audit = new AuditTrail(database);
  const config = { ...parseConfig({ DATA_DIR: folder, MAIL_FROM: 'Reports <reports@example.com>' }), smtpUrl };
  // The views' own service only reads rows here; it plans nothing.
  const views = new ReportViewService(database, undefined as never, undefined as never, audit);
  const dashboards = new DashboardService(database, undefined as never, undefined as never, audit);
  const subjects = new ReportSubjectsService(views, dashboards, undefined as never);
  const { sweep, permissions } = deliveryParts({ database, config, queue, audit, runner: reports, printer, subjects });
  return { service: new DeliveryService(database, queue, subjects, permissions, audit), sweep };
};

const ledger = async (service: DeliveryService, occurrenceId: string): Promise<DeliveryDto[]> =>
  (await service.list(identity, { occurrence_id: occurrenceId })).data.sort((a, b) =>
    a.recipient.localeCompare(b.recipient),
  );

test('from the request over the queue to a mail in the outbox, with evidence', async () => {
  const queue = createJobQueue({ redisUrl: null, databaseUrl: postgres.url });
  const { service } = parts(queue, null);
  await queue.start();
  try {
    const { occurrence_id } = await service.deliver(identity, viewRef(viewId), {});
    let rows = await ledger(service, occurrence_id);
    for (let left = 200; left > 0 && rows[0]?.state !== 'accepted'; left--) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      rows = await ledger(service, occurrence_id);
    }
    expect(rows).toMatchObject([
      { recipient: 'ann@example.com', state: 'accepted', attempts: 1, view_id: viewId, report_name: 'Spend by source' },
    ]);
    const [evidence] = rows[0]?.evidence ?? [];
    const [name = ''] = (await readdir(join(folder, 'outbox'))).filter((file) => file.endsWith('.eml'));
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT[\d-]+Z_spend-by-source_[0-9a-f-]{36}\.eml$/);
    expect(evidence).toMatchObject({ attempt: 1, outcome: 'accepted', outbox: { filename: name } });

    const raw = await readFile(join(folder, 'outbox', name));
    expect(evidence?.message_bytes).toBe(raw.length);
    const mail = await PostalMime.parse(raw);
    expect(mail.subject).toBe('Spend and return by source · Northwind Outdoor');
    expect(mail.messageId).toBe(evidence?.message_id);
    const [chart, pdf, csv] = mail.attachments.map(({ content }) => Buffer.from(content as ArrayBuffer));
    expect(chart?.subarray(1, 4).toString()).toBe('PNG');
    expect(pdf?.subarray(0, 5).toString()).toBe('%PDF-');
    const table = parse(csv ?? '') as string[][];
    expect(table[0]).toEqual(['Source', 'Spend', 'Revenue', 'ROAS']);
    expect(table[1]).toEqual(['google_ads', '612903.11', '2390321.40', '3.9']);

    const [occurrence] = await database.query<{ artifacts: object[] }[]>(
      'SELECT artifacts FROM occurrences WHERE id = $1',
      [occurrence_id],
    );
    expect(occurrence?.artifacts).toMatchObject([
      { format: 'pdf', pages: 1, bytes: pdf?.length },
      { format: 'csv', rows: 4, bytes: csv?.length },
    ]);
  } finally {
    await queue.stop();
  }
}, 60_000);

test('each recipient has its own end: one refused, one served, never twice', async () => {
  const host = await catchMails();
  try {
    const queue = new ManualQueue();
    const { service } = parts(queue, host.url);
    const { occurrence_id } = await service.deliver(identity, viewRef(viewId), {
      recipients: ['nobody@example.com', 'Boss <boss@EXAMPLE.com>', 'boss@example.com'],
      formats: ['csv'],
    });
    // Woken three times over, by several workers at once.
    queue.jobs.push(...queue.jobs, ...queue.jobs);
    await queue.turn();
    queue.jobs.push(...queue.jobs, ...queue.jobs);
    await queue.drain();
    expect(await ledger(service, occurrence_id)).toMatchObject([
      { recipient: 'ann@example.com', kind: 'failure_notice', state: 'accepted', attempts: 1 },
      { recipient: 'boss@example.com', state: 'accepted', attempts: 1 },
      { recipient: 'nobody@example.com', state: 'rejected', evidence: [{ smtp_code: 550 }] },
    ]);
    expect([...host.mails].map(([address, mails]) => [address, mails.length])).toEqual([
      ['boss@example.com', 1],
      ['ann@example.com', 1],
    ]);
    const notice = await PostalMime.parse(host.mails.get('ann@example.com')?.[0] ?? '');
    expect(notice.subject).toBe('Not delivered to everyone: Spend by source');
    expect(notice.text).toMatch(/nobody@example\.com\s+Refused by the mail host: 550 No such user/);
    expect(notice.text).not.toContain('boss@example.com');
  } finally {
    await host.close();
  }
});

test('a slow host holds up nobody else, and gets few conversations at once', async () => {
  const taken: string[] = [];
  const talking = new Map<string, number>();
  const most = new Map<string, number>();
  const held: (() => void)[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      const domain = address.split('@')[1] ?? '';
      talking.set(domain, (talking.get(domain) ?? 0) + 1);
      most.set(domain, Math.max(most.get(domain) ?? 0, talking.get(domain) ?? 0));
      // Silent until it is let go.
      if (domain.startsWith('slow')) held.push(() => done());
      else done();
    },
    onData: (stream, session, done) => {
      stream.resume();
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) {
          const domain = address.split('@')[1] ?? '';
          talking.set(domain, (talking.get(domain) ?? 1) - 1);
          taken.push(address);
        }
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = (server.server as { address(): AddressInfo }).address();
  const queue = createJobQueue({ redisUrl: null, databaseUrl: postgres.url, prefix: 'slow' });
  const { service } = parts(queue, `smtp://127.0.0.1:${port}`, plainRunner);
  await queue.start();
  const waitFor = (isSo: () => boolean): Promise<unknown> =>
    until(() => isSo() || undefined, { seconds: 40, everyMs: 50, what: 'the mail host' });
  try {
    const to = (domain: string, count: number): string[] =>
      Array.from({ length: count }, (_value, index) => `r${index}@${domain}`);
    await service.deliver(identity, viewRef(viewId), { recipients: to('slow.example', 10), formats: ['csv'] });
    await waitFor(() => held.length === 4);
    const { occurrence_id } = await service.deliver(identity, viewRef(viewId), {
      recipients: to('quick.example', 6),
      formats: ['csv'],
    });
    await waitFor(() => taken.length === 6);
    expect((await ledger(service, occurrence_id)).map(({ recipient }) => recipient)).toEqual(to('quick.example', 6));
    expect(held).toHaveLength(4);
    while (taken.length < 16) {
      for (const go of held.splice(0)) go();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(new Set(taken).size).toBe(16);
    expect(most.get('slow.example')).toBe(4);
    // Six of one organisation at once, of which four were taken by the slow host.
    expect(most.get('quick.example')).toBeLessThanOrEqual(2);
  } finally {
    for (const go of held) go();
    await queue.stop();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}, 120_000);

test('4xx is tried again later by the clock, 5xx and an unclear end never', async () => {
  const conversations = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) => {
      conversations.set(address, (conversations.get(address) ?? 0) + 1);
      const code = /^(?:busy|gone)(\d+)@/.exec(address)?.[1];
      done(code === undefined ? null : Object.assign(new Error('No'), { responseCode: Number(code) }));
    },
    onData: (stream, session, done) => {
      stream.resume();
      stream.on('end', () => {
        const [{ address = '' } = {}] = session.envelope.rcptTo;
        if (address.startsWith('silent')) sockets.forEach((socket) => socket.destroy());
        else done();
      });
    },
  });
  const sockets = new Set<Socket>();
  (server.server as unknown as NodeJS.EventEmitter).on('connection', (socket: Socket) => sockets.add(socket));
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const queue = new ManualQueue();
    const { port } = (server.server as { address(): AddressInfo }).address();
    const { service, sweep } = parts(queue, `smtp://127.0.0.1:${port}`, plainRunner);
    const occurrences: string[] = [];
    for (const recipient of ['busy450@a.example', 'busy421@b.example', 'gone550@c.example', 'silent@d.example']) {
      const { occurrence_id } = await service.deliver(identity, viewRef(viewId), {
        recipients: [recipient],
        formats: ['csv'],
      });
      occurrences.push(occurrence_id);
      // One after the other, since the silent one's end cuts every line.
      await queue.turn();
      await queue.turn();
      queue.jobs.length = 0;
    }
    const begun = Date.now();
    for (const [index, recipient] of ['busy450@a.example', 'busy421@b.example'].entries()) {
      const [row] = await database.query<{ state: string; next_attempt_at: Date }[]>(
        'SELECT state, next_attempt_at FROM deliveries WHERE occurrence_id = $1 AND recipient = $2',
        [occurrences[index], recipient],
      );
      expect(row?.state).toBe('pending');
      const wait = (row?.next_attempt_at.getTime() ?? 0) - begun;
      expect(wait).toBeLessThanOrEqual(15_000);
      expect(wait).toBeGreaterThan(0);
    }
    // As if hours had gone by: who is tried again is whoever may be.
    for (const id of occurrences) await waitIsOver(id);
    await sweep.sweep();
    await queue.turn();
    expect(Object.fromEntries(conversations)).toMatchObject({
      'busy450@a.example': 2,
      'busy421@b.example': 2,
      'gone550@c.example': 1,
      'silent@d.example': 1,
    });
    const states = await database.query<{ recipient: string; state: string }[]>(
      `SELECT recipient, state FROM deliveries WHERE occurrence_id = ANY ($1) AND kind = 'report' ORDER BY recipient`,
      [occurrences],
    );
    expect(states.map(({ state }) => state)).toEqual(['pending', 'pending', 'rejected', 'unknown']);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
});

/** As if the wait before the next attempt were over. */
const waitIsOver = (occurrenceId: string): Promise<unknown> =>
  database.query(`UPDATE deliveries SET next_attempt_at = now() WHERE occurrence_id = $1`, [occurrenceId]);

test('a mail host that is away is tried again, ever later, and given up in the end', async () => {
  const host = await catchMails();
  await host.close();
  const queue = new ManualQueue();
  const { service, sweep } = parts(queue, host.url);
  const { occurrence_id } = await service.deliver(identity, viewRef(viewId), { formats: ['csv'] });
  await queue.turn();
  await queue.turn();
  expect(await ledger(service, occurrence_id)).toMatchObject([
    { state: 'pending', attempts: 1, evidence: [{ attempt: 1, outcome: 'retry' }], finished_at: null },
  ]);
  // Its job comes again at once here; its time has not come, so nothing is tried.
  await queue.turn();
  expect(await ledger(service, occurrence_id)).toMatchObject([{ state: 'pending', attempts: 1 }]);
  queue.jobs.length = 0;
  for (let attempt = 2; attempt <= MOST_ATTEMPTS; attempt++) {
    await waitIsOver(occurrence_id);
    await sweep.sweep();
    await queue.turn();
    queue.jobs.length = 0;
  }
  const rows = await ledger(service, occurrence_id);
  expect(rows.find(({ kind }) => kind === 'report')).toMatchObject({ state: 'failed', attempts: MOST_ATTEMPTS });
  expect(rows.find(({ kind }) => kind === 'failure_notice')).toMatchObject({ state: 'pending' });
});

test('waits double, within bounds, and differ by chance', () => {
  expect(waitBefore(1, 0)).toBe(7_500);
  expect(waitBefore(1, 1)).toBe(15_000);
  expect(waitBefore(4, 1)).toBe(120_000);
  expect(waitBefore(60, 1)).toBe(7_200_000);
});

test('an attempt whose worker died before the message began is made again; after that it is unknown, and is not', async () => {
  const host = await catchMails();
  try {
    const queue = new ManualQueue();
    const { service, sweep } = parts(queue, host.url);
    const recipients = ['before@example.com', 'after@example.com'];
    const { occurrence_id } = await service.deliver(identity, viewRef(viewId), { recipients, formats: ['csv'] });
    await queue.turn();
    const claimed = (ago: string): Promise<unknown> =>
      database.query(
        `UPDATE deliveries SET state = 'sending', attempt = 1, sending_since = now() - $2::interval,
           data_begun_at = CASE WHEN recipient LIKE 'after@%' THEN now() - $2::interval END
         WHERE occurrence_id = $1`,
        [occurrence_id, ago],
      );
    await claimed('1 second');
    await queue.drain();
    await sweep.sweep();
    expect(await ledger(service, occurrence_id)).toMatchObject([{ state: 'sending' }, { state: 'sending' }]);

    await claimed('1 hour');
    await sweep.sweep();
    await queue.drain();
    const rows = await ledger(service, occurrence_id);
    expect(rows.filter(({ kind }) => kind === 'report')).toMatchObject([
      { recipient: 'after@example.com', state: 'unknown', evidence: [{ attempt: 1, outcome: 'unknown' }] },
      {
        recipient: 'before@example.com',
        state: 'accepted',
        evidence: [
          { attempt: 1, outcome: 'retry' },
          { attempt: 2, outcome: 'accepted' },
        ],
      },
    ]);
    const notices = rows.filter(({ kind }) => kind === 'failure_notice');
    expect(notices).toHaveLength(1);
    const sent = await Promise.all([...host.mails.values()].flat().map((raw) => PostalMime.parse(raw)));
    const ids = sent.map(({ messageId }) => messageId);
    expect(rows.map(({ id, recipient }) => [recipient, ids.includes(`<${id}@example.com>`)])).toEqual([
      ['after@example.com', false],
      ['ann@example.com', true],
      ['before@example.com', true],
    ]);
  } finally {
    await host.close();
  }
});

test('a worker that died while it made the report is followed by another; one that comes back late changes nothing', async () => {
  const queue = new ManualQueue();
  const { service, sweep } = parts(queue, null);
  const { occurrence_id } = await service.deliver(identity, viewRef(viewId), { formats: ['csv'] });
  queue.jobs.length = 0;
  const occurrences = new OccurrenceLedger(database, { mailSeconds: 150 });
  const late = await occurrences.claim(occurrence_id);
  expect(late?.attempt).toBe(1);
  expect(await occurrences.claim(occurrence_id)).toBeNull();
  await database.query(`UPDATE occurrences SET lease_until = now() WHERE id = $1`, [occurrence_id]);
  await sweep.sweep();
  await queue.drain();
  expect(await ledger(service, occurrence_id)).toMatchObject([{ state: 'accepted', attempts: 1 }]);
  if (!late) throw new Error('There was no claim.');
  expect(await occurrences.renew(late)).toBe(false);
  expect(await occurrences.beginSending(late, ['late@example.com'], [], [])).toBeNull();
  expect(await occurrences.end(late, 'failed', 'late', ['late@example.com'], 'ann@example.com')).toBeNull();
  expect(await ledger(service, occurrence_id)).toHaveLength(1);
});

test('a view that is gone suppresses its deliveries; one that breaks fails them', async () => {
  const queue = new ManualQueue();
  const gone = parts(queue, null, { run: () => Promise.reject(notFound('There is no such view.')) });
  const first = await gone.service.deliver(identity, viewRef(viewId), {});
  await queue.drain();
  expect((await ledger(gone.service, first.occurrence_id)).filter(({ kind }) => kind === 'report')).toMatchObject([
    { state: 'suppressed', evidence: [{ reason: 'There is no such view.' }] },
  ]);

  const broken = parts(queue, null, { run: () => Promise.reject(new Error('secret host 10.0.0.7')) });
  const second = await broken.service.deliver(identity, viewRef(viewId), {});
  for (let failure = 0; failure < 5; failure++) {
    await database.query(`UPDATE occurrences SET not_before = now() WHERE id = $1`, [second.occurrence_id]);
    await broken.sweep.sweep();
    await queue.drain();
  }
  const [row] = (await ledger(broken.service, second.occurrence_id)).filter(({ kind }) => kind === 'report');
  expect(row).toMatchObject({ state: 'failed', attempts: 0 });
  expect(JSON.stringify(row)).not.toContain('10.0.0.7');
});

test('a worker that dies while it ends an occurrence loses no word to its owner', async () => {
  const host = await catchMails();
  try {
    const queue = new ManualQueue();
    const states = (): Promise<object[]> => database.query(`SELECT state FROM occurrences ORDER BY created_at`);
    // Refusing the notice stands for the death of the worker that is about to write it.
    await database.query(
      `CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'The worker died.'; END $$;
       CREATE TRIGGER die BEFORE INSERT ON deliveries FOR EACH ROW WHEN (NEW.kind = 'failure_notice') EXECUTE FUNCTION die()`,
    );
    const { service } = parts(queue, host.url);
    await service.deliver(identity, viewRef(viewId), { recipients: ['nobody@example.com'], formats: ['csv'] });
    await queue.turn();
    await expect(queue.turn()).rejects.toThrow('The worker died.');
    const gone = parts(queue, host.url, { run: () => Promise.reject(notFound('There is no such view.')) });
    await gone.service.deliver(identity, viewRef(viewId), { recipients: ['boss@example.com'], formats: ['csv'] });
    await expect(queue.turn()).rejects.toThrow('The worker died.');
    expect(await states()).toEqual([{ state: 'sending' }, { state: 'running' }]);

    await database.query(
      `DROP FUNCTION die CASCADE; UPDATE occurrences SET lease_until = now() WHERE state = 'running'`,
    );
    for (let look = 0; look < 2; look++) {
      await gone.sweep.sweep();
      await queue.drain();
    }
    expect(await states()).toEqual([{ state: 'finished' }, { state: 'suppressed' }]);
    expect([...host.mails].map(([address, mails]) => [address, mails.length])).toEqual([['ann@example.com', 2]]);
  } finally {
    await database.query('DROP FUNCTION IF EXISTS die CASCADE');
    await host.close();
  }
});

test('after days with nothing at work, what was missed stands in the ledger, and the owner is told once', async () => {
  const host = await catchMails();
  try {
    const queue = new ManualQueue();
    const { sweep } = parts(queue, host.url, plainRunner);
    const id = newId();
    await database.query(
      `INSERT INTO report_schedules (id, organization_id, view_id, owner_user_id, recurrence, time_zone, formats, recipients,
         period, locale, is_active, planned_until)
       VALUES ($1, $2, $3, $4, '{"cron": "0 0 * * *", "short_months": "skip"}', 'UTC', '{csv}',
         '[{"email": "boss@example.com"}]', 'as_saved', 'de-DE', true, date_trunc('day', now()) - interval '1 second' - interval '4 days')`,
      [id, ORGANIZATION, viewId, USER],
    );
    // Planned while something still ran, and never begun.
    await database.query(
      `INSERT INTO occurrences (id, organization_id, view_id, schedule_id, report_name, due_at, due_local, formats)
       SELECT gen_random_uuid(), $2, $3, $1, 'Spend by source', day, to_char(day, 'YYYY-MM-DD"T"HH24:MI'), '{csv}'
       FROM date_trunc('day', now() - interval '5 days') AS day`,
      [id, ORGANIZATION, viewId],
    );
    for (let look = 0; look < 2; look++) {
      await sweep.sweep();
      await queue.drain();
    }
    const past: { state: string; reason: string | null }[] = await database.query(
      `SELECT state, reason FROM occurrences WHERE schedule_id = $1 AND due_at <= now() ORDER BY due_at`,
      [id],
    );
    const reason = 'Nothing ran from its time until a day after it.';
    expect(past).toEqual([
      ...Array.from({ length: 4 }, () => ({ state: 'missed', reason })),
      { state: 'missed', reason: reason.replace('.', ', nor at the due times before it (4).') },
      { state: 'finished', reason: null },
    ]);
    expect([...host.mails].map(([address, mails]) => [address, mails.length]).sort()).toEqual([
      ['ann@example.com', 1],
      ['boss@example.com', 1],
    ]);
    const notice = await PostalMime.parse(host.mails.get('ann@example.com')?.[0] ?? '');
    expect(notice.subject).toBe('Nicht allen zugestellt: Spend by source');
    expect(notice.text).toContain('lief kein Prozess, auch nicht zu den fälligen Zeiten davor (4).');
  } finally {
    await host.close();
    await database.query('DELETE FROM report_schedules');
  }
});

test('who has left the organisation sends nothing any more', async () => {
  const queue = new ManualQueue();
  const { service } = parts(queue, null);
  const { occurrence_id } = await service.deliver(identity, viewRef(viewId), { recipients: ['boss@example.com'] });
  await database.query('DELETE FROM memberships WHERE user_id = $1', [USER]);
  try {
    await queue.drain();
    expect((await ledger(service, occurrence_id)).filter(({ kind }) => kind === 'report')).toMatchObject([
      { recipient: 'boss@example.com', state: 'suppressed', attempts: 0 },
    ]);
  } finally {
    await database.query(
      `INSERT INTO memberships (organization_id, user_id, role) VALUES ($1, $2, 'organization_admin')`,
      [ORGANIZATION, USER],
    );
  }
});

test('bad recipients are named one by one, and nothing is queued', async () => {
  const queue = new ManualQueue();
  const { service } = parts(queue, null);
  await expect(
    service.deliver(identity, viewRef(viewId), { recipients: ['ok@example.com', 'x\r\nBcc: y@example.com', 'nope'] }),
  ).rejects.toMatchObject({
    status: 400,
    code: 'invalid_recipient',
    errors: [{ pointer: '/recipients/1' }, { pointer: '/recipients/2' }],
  });
  await expect(service.deliver({ ...identity, userId: null }, viewRef(viewId), {})).rejects.toMatchObject({
    code: 'no_recipient',
  });
  await expect(service.deliver(identity, viewRef(newId()), {})).rejects.toMatchObject({ status: 404 });
  expect(queue.jobs).toEqual([]);
});

test('the ledger is read page by page, newest first, and only one’s own organisation', async () => {
  const queue = new ManualQueue();
  const { service } = parts(queue, null);
  const recipients = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`);
  await service.deliver(identity, viewRef(viewId), { recipients, formats: ['csv'] });
  await queue.turn();
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const query: { view_id: string; limit: number; cursor?: string } = { view_id: viewId, limit: 2 };
    if (cursor) query.cursor = cursor;
    const page = await service.list(identity, query);
    seen.push(...page.data.map(({ recipient }) => recipient));
    cursor = page.next_cursor;
  } while (cursor);
  expect(seen.sort()).toEqual(recipients);
  expect((await service.list(identity, { view_id: viewId, state: 'accepted' })).data).toEqual([]);
  expect((await service.list({ ...identity, organizationId: newId() }, {})).data).toEqual([]);
});

test('the jobs that are queued are those that are handled', () => {
  const names: string[] = [];
  const queue = new ManualQueue();
  queue.register = (name: string) => void names.push(name);
  parts(queue, null);
  expect(names.sort()).toEqual([RUN_OCCURRENCE, SEND_DELIVERY].sort());
});
