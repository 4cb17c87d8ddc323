/** A worker of the fault run: planner, sweep, runner and sender as in the server, over a report that needs no engine. */
import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { acrossOrganizations } from '../../src/access/tenancy/scope.js';
import { AuditTrail } from '../../src/audit/audit-trail.js';
import { parseConfig } from '../../src/config/config.js';
import { scopedDatabaseOptions } from '../../src/database.js';
import { PdfRenderer } from '../../src/rendering/pdf-renderer.js';
import type { ReportRunner } from '../../src/delivery/report-runner.port.js';
import type { ReportSubjects } from '../../src/delivery/report-subject.port.js';
import { createJobQueue } from '../../src/jobs/create-job-queue.js';
import { fewCategories } from '../../src/reports/render/sample-reports.js';
import { ReportView } from '../../src/reports/report-view.entity.js';
import { deliveryParts } from '../support/delivery-parts.js';

const SWEEP_MS = 1_000;

const runner: ReportRunner = {
  run: async () => ({
    document: { ...fewCategories, dashboardConfig: { chart: 'none' } },
    columns: fewCategories.columns,
    rows: (async function* () {
      for (const row of fewCategories.rows) yield fewCategories.columns.map(({ name }) => row[name] ?? null);
    })(),
  }),
};

/** Works until it is killed. */
export const work = (): Promise<void> => acrossOrganizations('background work, as of a server', workOn);

async function workOn(): Promise<void> {
  Logger.overrideLogger(['fatal']);
  const config = parseConfig(process.env);
  if (config.databaseUrl === null) throw new Error('The worker needs DATABASE_URL.');
  const options = { ...scopedDatabaseOptions(config.databaseUrl), poolSize: 4 };
  const database = await new DataSource(options as never).initialize();
  const queue = createJobQueue({ redisUrl: config.redisUrl, databaseUrl: config.databaseUrl, prefix: 'fault' });
  const audit = new AuditTrail(database);
  // Only whether the view is there matters.
  const subjects: ReportSubjects = {
    find: async (_owner, { view_id }) => {
      const view = await database.manager.findOneByOrFail(ReportView, { id: view_id ?? '' });
      return { view_id: view.id, dashboard_id: null, name: view.report_name, requests: [] };
    },
    readableIds: () => Promise.resolve(null),
  };
  const { sweep } = deliveryParts({ database, config, queue, audit, runner, printer: new PdfRenderer(), subjects });
  await queue.start();
  for (;;) {
    await sweep.sweep().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, SWEEP_MS));
  }
}
