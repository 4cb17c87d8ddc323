/** The working parts of delivery, put together as the server's module does it, over a report runner of the test's own. */
import type { DataSource } from 'typeorm';
import { Identities } from '../../src/access/identities.service.js';
import type { AuditTrail } from '../../src/audit/audit-trail.js';
import type { AppConfig } from '../../src/config/config.js';
import { DeliveryLedger } from '../../src/delivery/delivery-ledger.js';
import { DeliveryMail } from '../../src/delivery/delivery-mail.js';
import { DeliverySender } from '../../src/delivery/delivery-sender.js';
import { createMailer } from '../../src/delivery/mail.js';
import { MailHosts } from '../../src/delivery/mail-hosts/mail-hosts.js';
import { MailPermissions } from '../../src/delivery/mail-permissions.js';
import { OccurrenceEnding } from '../../src/delivery/occurrence-ending.js';
import { OccurrenceLedger } from '../../src/delivery/occurrence-ledger.js';
import { OccurrenceRunner } from '../../src/delivery/occurrence-runner.js';
import type { PdfRenderer } from '../../src/rendering/pdf-renderer.js';
import { ReportFilesService } from '../../src/delivery/report-files.js';
import type { ReportRunner } from '../../src/delivery/report-runner.port.js';
import type { ReportSubjects } from '../../src/delivery/report-subject.port.js';
import { ReportStore } from '../../src/delivery/report-store.js';
import { SignedLinks } from '../../src/delivery/signed-links.js';
import { DeliverySweep } from '../../src/delivery/sweep.js';
import type { JobQueue } from '../../src/jobs/job-queue.js';
import { ErasedCustomers } from '../../src/protection/erased-customers.js';
import { OrganizationStates } from '../../src/query/organization-state.js';
import { ConditionCheck } from '../../src/schedules/condition-check.js';
import { DataGateCheck } from '../../src/schedules/data-gate.js';
import { SchedulePlanner } from '../../src/schedules/planner.js';
import { SchedulePreparer } from '../../src/schedules/preparer.js';
import { Recipients } from '../../src/schedules/recipients.service.js';
import { SecretStore } from '../../src/secrets/secret-store.js';

export interface DeliveryWorld {
  readonly database: DataSource;
  readonly config: AppConfig;
  readonly queue: JobQueue;
  readonly audit: AuditTrail;
  readonly runner: ReportRunner;
  readonly printer: PdfRenderer;
  readonly subjects: ReportSubjects;
}

/** Registers the jobs of delivery with the queue. Conditions of schedules and mail hosts of organisations' own are not part of it. */
export function deliveryParts({ database, config, queue, audit, runner, printer, subjects }: DeliveryWorld): {
  readonly sweep: DeliverySweep;
  readonly permissions: MailPermissions;
} {
  const erased = new ErasedCustomers(database, new SecretStore(database, audit, config));
  const permissions = new MailPermissions(database, erased);
  const deliveries = new DeliveryLedger(database, audit, config);
  const occurrences = new OccurrenceLedger(database, config);
  const store = new ReportStore(database);
  const files = new ReportFilesService(runner, printer, store);
  const preparer = new SchedulePreparer(
    database,
    new Identities(database),
    subjects,
    new Recipients(database),
    new DataGateCheck(new OrganizationStates(database)),
    new ConditionCheck(database, undefined as never),
  );
  const ending = new OccurrenceEnding(queue, preparer, config, occurrences);
  const hosts = new MailHosts(database, config, undefined as never);
  const mail = new DeliveryMail(files, store, new SignedLinks(database, config), deliveries, hosts, preparer);
  const mailer = createMailer(config);
  const sender = new DeliverySender(queue, mailer, config, deliveries, occurrences, mail, permissions, ending);
  sender.onModuleInit();
  new OccurrenceRunner(queue, config, preparer, occurrences, files, ending).onModuleInit();
  const planner = new SchedulePlanner(database, config);
  const sweep = new DeliverySweep(queue, planner, occurrences, deliveries, sender, ending, store, config);
  return { sweep, permissions };
}
