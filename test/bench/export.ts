/** A CSV export over HTTP against the engine's own CSV of the same rows. */
import { ask, overRows, plannedSql, runOnEngine, USUAL_ROWS } from './over-rows.js';
import { median, progress, report, timedWhole } from './report.js';

const EXPORTED = 1_000_000;
const ROUNDS = 5;
const GOAL = 1.5;

const REQUEST = {
  metrics: ['spend', 'revenue'],
  dimensions: ['recorded_at', 'data_source', 'campaign_name', 'device'],
  date_range: { from: '2025-01-01', to: '2026-01-31' },
  order: [],
  limit: EXPORTED,
} as const;

export const benchExport = (): Promise<void> =>
  overRows(USUAL_ROWS, async ({ app, base, session, organizationId }) => {
    const planned = await plannedSql(app, organizationId, REQUEST);
    const times = { request: [] as number[], engine: [] as number[] };
    const processor = { request: [] as number[], engine: [] as number[] };
    let lines = 0;
    for (let round = -1; round < ROUNDS; round++) {
      const exported = await timedWhole(() => ask(base, REQUEST, 'text/csv'));
      const raw = await timedWhole(() => runOnEngine(session, planned, 'CSV'));
      lines = exported.value.split('\n').length - 2;
      progress(`export: ${lines} rows in ${exported.ms.toFixed(0)} ms, engine ${raw.ms.toFixed(0)} ms`);
      if (round < 0) continue;
      times.request.push(exported.ms);
      times.engine.push(raw.ms);
      processor.request.push(exported.processorMs);
      processor.engine.push(raw.processorMs);
    }
    const [request, engine] = [median(times.request), median(times.engine)];
    report({
      bench: 'export',
      ratio: request / engine,
      unit: 'x_engine_csv',
      goal: GOAL,
      rows: lines,
      request_ms: request,
      engine_ms: engine,
      processor_ratio: median(processor.request) / median(processor.engine),
      request_processor_ms: median(processor.request),
      engine_processor_ms: median(processor.engine),
    });
  });
