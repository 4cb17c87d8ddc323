/** A worker of the fault run: planner, sweep, runner and sender as in the server, over a report that needs no engine. */
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Identities } from '../../src/access/identities.service.js';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import { parseConfig } from '../../src/config/config.js';
import { databaseOptions } from '../../src/database.js';
import { DeliveryLedger } from '../../src/delivery/delivery-ledger.js';
import { DeliveryMail } from '../../src/delivery/delivery-mail.js';
import { DeliverySender } from '../../src/delivery/delivery-sender.js';
import { FailureNotices } from '../../src/delivery/failure-notices.js';
import { createMailer } from '../../src/delivery/mail.js';
import { MailPermissions } from '../../src/delivery/mail-permissions.js';
import { OccurrenceLedger } from '../../src/delivery/occurrence-ledger.js';
import { OccurrenceRunner } from '../../src/delivery/occurrence-runner.js';
import { PdfRenderer } from '../../src/delivery/pdf.js';
import { ReportFilesService } from '../../src/delivery/report-files.js';
import type { ReportRunner } from '../../src/delivery/report-runner.port.js';
import { ReportStore } from '../../src/delivery/report-store.js';
import { SignedLinks } from '../../src/delivery/signed-links.js';
import { DeliverySweep } from '../../src/delivery/sweep.js';
import { createJobQueue } from '../../src/jobs/create-job-queue.js';
import { OrganizationStates } from '../../src/query/organization-state.js';
import { fewCategories } from '../../src/reports/render/sample-reports.js';
import { ReportView } from '../../src/reports/report-view.entity.js';
import { ConditionCheck } from '../../src/schedules/condition-check.js';
import { DataGateCheck } from '../../src/schedules/data-gate.js';
import { MailHosts } from '../../src/delivery/mail-hosts/mail-hosts.js';
import type { ReportSubjects } from '../../src/delivery/report-subject.port.js';
import { SchedulePlanner } from '../../src/schedules/planner.js';
import { SchedulePreparer } from '../../src/schedules/preparer.js';
import { Recipients } from '../../src/schedules/recipients.service.js';

const SWEEP_MS = 400;

Logger.overrideLogger(['fatal']);
const config = parseConfig(process.env);
if (config.databaseUrl === null) throw new Error('The worker needs DATABASE_URL.');
const database = await new DataSource({ ...databaseOptions(config.databaseUrl), poolSize: 4 } as never).initialize();
// A Postgres that is restarted cuts its connections, which is no reason to end; anything else is, so that another worker
// takes its place.
process.on('uncaughtException', (error: Error & { code?: string }) => {
  const isCut = /^(57P0[123]|ECONNRESET|ECONNREFUSED|EPIPE)$/.test(error.code ?? '');
  if (!isCut && !/Connection (terminated|ended)/.test(error.message)) process.exit(1);
});

const runner: ReportRunner = {
  run: async () => ({
    document: { ...fewCategories, dashboardConfig: { chart: 'none' } },
    columns: fewCategories.columns,
    rows: (async function* () {
      for (const row of fewCategories.rows) yield fewCategories.columns.map(({ name }) => row[name] ?? null);
    })(),
  }),
};

const queue = createJobQueue({ redisUrl: config.redisUrl, databaseUrl: config.databaseUrl, prefix: 'fault' });
const audit = new AuditTrail(database);
const permissions = new MailPermissions(database);
// Only whether the view is there matters; that its planning is left out makes a worker start in a third of the time.
const subjects: ReportSubjects = {
  find: async (_owner, { view_id }) => {
    const view = await database.manager.findOneByOrFail(ReportView, { id: view_id ?? '' });
    return { view_id: view.id, dashboard_id: null, name: view.report_name, requests: [] };
  },
  readableIds: () => Promise.resolve(null),
};
const deliveries = new DeliveryLedger(database, audit, config);
const occurrences = new OccurrenceLedger(database, config);
const store = new ReportStore(database);
const files = new ReportFilesService(runner, new PdfRenderer(), store);
const preparer = new SchedulePreparer(
  database,
  new Identities(database),
  subjects,
  new Recipients(database),
  new DataGateCheck(new OrganizationStates(database)),
  new ConditionCheck(database, undefined as never),
);
const notices = new FailureNotices(queue, preparer, deliveries);
const mail = new DeliveryMail(
  files,
  store,
  new SignedLinks(database, config),
  deliveries,
  new MailHosts(database, config, undefined as never),
);
const sender = new DeliverySender(
  queue,
  createMailer(config),
  config,
  deliveries,
  occurrences,
  mail,
  permissions,
  notices,
);
sender.onModuleInit();
new OccurrenceRunner(queue, config, preparer, occurrences, files, notices).onModuleInit();
const sweep = new DeliverySweep(queue, new SchedulePlanner(database, config), occurrences, deliveries, sender, store);
await queue.start().catch(() => process.exit(1));
for (;;) {
  await sweep.sweep().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
}
