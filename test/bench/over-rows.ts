/** The product over many rows of its embedded engine, and the engine's own client beside it, in one process. */
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { drainPending, Session } from 'chdb';
import { acrossOrganizations, inOrganization } from '../../src/access/tenancy/scope.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import type { ReportRequest } from '../../src/compiler/query/types.js';
import { parseConfig } from '../../src/config/config.js';
import { createApp } from '../../src/create-app.js';
import { bindParameters, type BoundStatement } from '../../src/engine/clickhouse/bind.js';
import { BASE_SETTINGS } from '../../src/engine/clickhouse/transport.js';
import { CompiledModelService } from '../../src/metrics/compiled-model.service.js';
import { ModelService } from '../../src/metrics/model.service.js';
import { SetupService } from '../../src/setup/setup.service.js';
import { openStores } from '../../src/stores.js';
import { insertMarketingData, USD_ONLY } from './marketing-data.js';
import { progress, timed, withFolder } from './report.js';
import { KEY, settings } from './server.js';

/** As many as the bench `query` has. */
export const USUAL_ROWS = Number(process.env.BENCH_ROWS ?? 2_000_000);

export interface OverRows {
  readonly app: NestFastifyApplication;
  /** Address of the server. */
  readonly base: string;
  /** On the engine's own client. */
  readonly session: Session;
  readonly organizationId: string;
}

/** @param currency SQL of the currency of a row */
export const overRows = (
  rows: number,
  job: (bench: OverRows) => Promise<void>,
  currency: string = USD_ONLY,
): Promise<void> =>
  withFolder(async (dataDir) => {
    const stores = await openStores(parseConfig(settings(dataDir)));
    const { app, organization } = await acrossOrganizations('start and background work', async () => {
      const started = await createApp(stores);
      const made = await started.get(SetupService).ensureOrganization();
      await started.listen({ host: '127.0.0.1', port: 0 });
      return { app: started, organization: made.organization };
    });
    const session = new Session(join(dataDir, 'clickhouse'));
    try {
      session.query(
        `SET ${Object.entries(BASE_SETTINGS)
          .map(([name, value]) => `${name} = '${value}'`)
          .join(', ')}`,
      );
      const loading = await timed(async () => insertMarketingData(session, organization.id, rows, currency));
      session.query('OPTIMIZE TABLE unified_marketing_data FINAL');
      progress(`${rows} rows made in ${(loading.ms / 1_000).toFixed(1)} s`);
      const bench = { app, base: await app.getUrl(), session, organizationId: organization.id };
      await inOrganization(organization.id, () => job(bench));
    } finally {
      session.close();
      await app.close();
      await stores.close();
      await drainPending();
    }
  });

/** Runs SQL on the engine's client and reads the result to its end. */
export async function runOnEngine(
  session: Session,
  { sql, params }: BoundStatement,
  format = 'JSONCompactEachRow',
): Promise<string> {
  let text = '';
  for await (const chunk of session.queryStreamBind(sql, params, { format })) text += chunk.text();
  return text;
}

/** A whole answer as it comes over the wire; reading it as JSON is the client's own time. */
export async function ask(base: string, request: ReportRequest, accept = 'application/json'): Promise<string> {
  const response = await fetch(new URL('/api/query', base), {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', accept },
    body: JSON.stringify(request),
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`);
  return text;
}

/** The SQL that a request is planned as, without conversion of currencies. */
export async function plannedSql(
  app: NestFastifyApplication,
  organizationId: string,
  request: ReportRequest,
): Promise<BoundStatement> {
  const { snapshot } = await app.get(ModelService).live(organizationId);
  const compiled = app.get(CompiledModelService).get(snapshot, 'clickhouse');
  const now = new Date();
  const input = { snapshot, compiled, request, dialect: 'clickhouse', organizationId, now, maxRows: null } as const;
  return bindParameters((await planQuery(input)).statement);
}
