import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
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
import type { Job, JobHandler, JobQueue } from '../jobs/job-queue.js';
import { fewCategories } from '../reports/render/sample-reports.js';
import { ReportViewService } from '../reports/report-view.service.js';
import { DeliveryLedger } from './delivery-ledger.js';
import type { DeliveryDto } from './delivery.dto.js';
import { DeliveryService } from './delivery.service.js';
import { DELIVER_REPORT, DeliveryWorker, type DeliverReport } from './delivery.worker.js';
import { createMailer } from './mail.js';
import { PdfRenderer } from './pdf.js';
import { ReportFilesService } from './report-files.js';
import type { ReportRunner } from './report-runner.port.js';

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

/** Hands the jobs to the test, which runs them when and how it likes. */
class ManualQueue implements JobQueue {
  readonly backend = 'pg-boss';
  readonly jobs: DeliverReport[] = [];
  private handler: JobHandler = async () => undefined;
  register(_name: string, handler: JobHandler<never>): void {
    this.handler = handler as unknown as JobHandler;
  }
  declare(): void {}
  async enqueue(_name: string, payload: object): Promise<void> {
    this.jobs.push(payload as DeliverReport);
  }
  async start(): Promise<void> {}
  async stop(): Promise<void> {}
  async stats(): Promise<Record<string, never>> {
    return {};
  }
  run(payload: DeliverReport, rest: Partial<Job> = {}): Promise<void> {
    return this.handler({ payload, attempt: 1, lastAttempt: false, signal: new AbortController().signal, ...rest });
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
}, 90_000);

afterAll(async () => {
  await printer?.close();
  await database?.destroy();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

beforeEach(async () => {
  viewId = newId();
  await database.query(
    `INSERT INTO marketing_report_views (id, organization_id, report_name, report_category, dimensions, metrics, totals, visibility)
     VALUES ($1, $2, 'Spend by source', 'roas_analysis', '{}', '{spend}', true, 'organization')`,
    [viewId, ORGANIZATION],
  );
});

const parts = (queue: JobQueue, smtpUrl: string | null, reports: ReportRunner = runner) => {
  const audit = new AuditTrail(database);
  const config = parseConfig({ DATA_DIR: folder, MAIL_FROM: 'Reports <reports@example.com>' });
  const worker = new DeliveryWorker(
    queue,
    createMailer({ smtpUrl, dataDir: folder }),
    config,
    new DeliveryLedger(database, audit),
    new ReportFilesService(reports, printer),
  );
  worker.onModuleInit();
  // The views' own service only reads rows here; it plans nothing.
  const service = new DeliveryService(
    database,
    queue,
    new ReportViewService(database, undefined as never, undefined as never, audit),
    audit,
  );
  return { worker, service };
};

const ledger = async (service: DeliveryService, occurrenceId: string): Promise<DeliveryDto[]> =>
  (await service.list(identity, { occurrence_id: occurrenceId })).data.sort((a, b) =>
    a.recipient.localeCompare(b.recipient),
  );

/** A mail host that keeps what it gets, by recipient, and refuses `nobody@…`. */
async function mailHost(): Promise<{ url: string; mails: Map<string, Buffer[]>; close(): Promise<void> }> {
  const mails = new Map<string, Buffer[]>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: ({ address }, _session, done) =>
      done(address.startsWith('nobody@') ? Object.assign(new Error('No such user'), { responseCode: 550 }) : null),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        for (const { address } of session.envelope.rcptTo) {
          mails.set(address, [...(mails.get(address) ?? []), Buffer.concat(chunks)]);
        }
        done();
      });
    },
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = (server.server as { address(): AddressInfo }).address();
  return { url: `smtp://127.0.0.1:${port}`, mails, close: () => new Promise((resolve) => server.close(resolve)) };
}

test('from the request over the queue to a mail in the outbox, with evidence', async () => {
  const queue = createJobQueue({ redisUrl: null, databaseUrl: postgres.url });
  const { service } = parts(queue, null);
  await queue.start();
  try {
    const { occurrence_id } = await service.deliver(identity, viewId, {});
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
  const host = await mailHost();
  try {
    const queue = new ManualQueue();
    const { service } = parts(queue, host.url);
    const { occurrence_id } = await service.deliver(identity, viewId, {
      recipients: ['nobody@example.com', 'Boss <boss@EXAMPLE.com>', 'boss@example.com'],
      formats: ['csv'],
    });
    await Promise.all([queue.run({ occurrence_id }), queue.run({ occurrence_id })]);
    await queue.run({ occurrence_id });
    expect(await ledger(service, occurrence_id)).toMatchObject([
      { recipient: 'boss@example.com', state: 'accepted', attempts: 1 },
      { recipient: 'nobody@example.com', state: 'rejected', evidence: [{ smtp_code: 550 }] },
    ]);
    expect([...host.mails].map(([address, mails]) => [address, mails.length])).toEqual([['boss@example.com', 1]]);
  } finally {
    await host.close();
  }
});

test('a mail host that is away is tried again, and given up in the end', async () => {
  const host = await mailHost();
  await host.close();
  const queue = new ManualQueue();
  const { service } = parts(queue, host.url);
  const { occurrence_id } = await service.deliver(identity, viewId, { formats: ['csv'] });
  await expect(queue.run({ occurrence_id })).rejects.toThrow('to be tried again');
  expect(await ledger(service, occurrence_id)).toMatchObject([
    { state: 'pending', attempts: 1, evidence: [{ attempt: 1, outcome: 'retry' }], finished_at: null },
  ]);
  await queue.run({ occurrence_id }, { lastAttempt: true });
  expect(await ledger(service, occurrence_id)).toMatchObject([
    { state: 'failed', attempts: 2, evidence: [{ outcome: 'retry' }, { attempt: 2, outcome: 'failed' }] },
  ]);
});

test('a claim whose worker died is unknown, and is not sent again', async () => {
  const host = await mailHost();
  try {
    const queue = new ManualQueue();
    const { service, worker } = parts(queue, host.url);
    const { occurrence_id } = await service.deliver(identity, viewId, {});
    const claimed = `UPDATE deliveries SET state = 'sending', attempt = 1, sending_since = now() - $2::interval WHERE occurrence_id = $1`;
    await database.query(claimed, [occurrence_id, '1 second']);

    queue.jobs.length = 0;
    await worker.onApplicationBootstrap();
    expect(queue.jobs).toContainEqual({ occurrence_id });
    await queue.run({ occurrence_id });
    expect(await ledger(service, occurrence_id)).toMatchObject([{ state: 'sending' }]);

    await database.query(claimed, [occurrence_id, '1 hour']);
    await queue.run({ occurrence_id });
    expect(await ledger(service, occurrence_id)).toMatchObject([
      { state: 'unknown', evidence: [{ attempt: 1, outcome: 'unknown' }] },
    ]);
    expect(host.mails.size).toBe(0);
  } finally {
    await host.close();
  }
});

test('a view that is gone suppresses its deliveries; one that breaks fails them', async () => {
  const queue = new ManualQueue();
  const gone = parts(queue, null, { run: () => Promise.reject(notFound('There is no such view.')) });
  const first = await gone.service.deliver(identity, viewId, {});
  await queue.run(first);
  expect(await ledger(gone.service, first.occurrence_id)).toMatchObject([
    { state: 'suppressed', evidence: [{ reason: 'There is no such view.' }] },
  ]);

  const broken = parts(queue, null, { run: () => Promise.reject(new Error('secret host 10.0.0.7')) });
  const second = await broken.service.deliver(identity, viewId, {});
  await expect(queue.run(second)).rejects.toThrow();
  await queue.run(second, { lastAttempt: true });
  const [row] = await ledger(broken.service, second.occurrence_id);
  expect(row).toMatchObject({ state: 'failed', attempts: 0 });
  expect(JSON.stringify(row)).not.toContain('10.0.0.7');
});

test('bad recipients are named one by one, and nothing is queued', async () => {
  const queue = new ManualQueue();
  const { service } = parts(queue, null);
  await expect(
    service.deliver(identity, viewId, { recipients: ['ok@example.com', 'x\r\nBcc: y@example.com', 'nope'] }),
  ).rejects.toMatchObject({
    status: 400,
    code: 'invalid_recipient',
    errors: [{ pointer: '/recipients/1' }, { pointer: '/recipients/2' }],
  });
  await expect(service.deliver({ ...identity, userId: null }, viewId, {})).rejects.toMatchObject({
    code: 'no_recipient',
  });
  await expect(service.deliver(identity, newId(), {})).rejects.toMatchObject({ status: 404 });
  expect(queue.jobs).toEqual([]);
});

test('the ledger is read page by page, newest first, and only one’s own organisation', async () => {
  const queue = new ManualQueue();
  const { service } = parts(queue, null);
  const recipients = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name}@example.com`);
  await service.deliver(identity, viewId, { recipients });
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

test('the job that is queued is the one that is handled', () => {
  const names: string[] = [];
  const queue = new ManualQueue();
  queue.register = (name: string) => void names.push(name);
  parts(queue, null);
  expect(names).toEqual([DELIVER_REPORT]);
});
