/**
 * A thousand organisations, each with the standard library and ten metrics of its own, asked once each: memory, how long
 * the first query of a model waits for its compilation, and how long that keeps the event loop from others.
 */
import { buildModel } from '../../src/compiler/model/build.js';
import { snapshotOf } from '../../src/compiler/model/snapshot.js';
import type { MemberDefinition, Snapshot } from '../../src/compiler/model/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { CompiledModelService } from '../../src/metrics/compiled-model.service.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { progress, report, timedWhole } from './report.js';
import { TurnWatch, type LateTurn } from './thread-time.js';

const ORGANIZATIONS = 1_000;
const OWN = 10;
/** Compiled models that are kept fill up until about here. */
const WARM = 150;
const GOAL_MS = 500;
const GOAL_DELAY_MS = 50;

const megabytes = (): number => process.memoryUsage().rss / 2 ** 20;

export async function benchOrganizations(): Promise<void> {
  const library = new LibraryService();
  const service = new CompiledModelService(library);
  const idle = megabytes();
  let warm = idle;
  let peak = idle;
  const cold: number[] = [];
  const processor: number[] = [];
  const watch = new TurnWatch();
  try {
    await firstQuery(service, modelOf(library, -1));
    watch.start();
    for (let organization = 0; organization < ORGANIZATIONS; organization++) {
      const snapshot = modelOf(library, organization);
      const { ms, processorMs } = await timedWhole(() => firstQuery(service, snapshot));
      cold.push(ms);
      processor.push(processorMs);
      peak = Math.max(peak, megabytes());
      if (organization + 1 === WARM) warm = megabytes();
      if ((organization + 1) % 100 === 0) progress(`organizations: ${organization + 1}, ${megabytes().toFixed(0)} MB`);
    }
    watch.stop();
    for (const times of [cold, processor]) times.sort((a, b) => a - b);
    const at = (share: number, times = cold): number =>
      times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
    report({
      bench: 'organizations_memory',
      ratio: peak / warm,
      unit: `x_after_${WARM}`,
      organizations: ORGANIZATIONS,
      own_metrics: OWN,
      idle_mb: idle,
      warm_mb: warm,
      peak_mb: peak,
    });
    report({
      bench: 'organizations_cold_compile',
      ratio: at(1) / GOAL_MS,
      unit: 'of_goal',
      goal: 1,
      median_ms: at(0.5),
      p99_ms: at(0.99),
      worst_ms: at(1),
      // Of all threads, so with collecting garbage: what it would take where nothing else wants a processor, at most.
      processor_median_ms: at(0.5, processor),
      processor_p99_ms: at(0.99, processor),
      processor_worst_ms: at(1, processor),
      processor_ratio: at(1, processor) / GOAL_MS,
    });
    const late = ({ lateMs }: LateTurn): number => lateMs;
    const own = ({ lateMs, ownMs }: LateTurn): number => Math.min(lateMs, ownMs ?? lateMs);
    report({
      bench: 'organizations_event_loop',
      ratio: watch.at(1, own) / GOAL_DELAY_MS,
      unit: 'of_goal',
      goal: 1,
      own_p99_9_ms: watch.at(0.999, own),
      own_worst_ms: watch.at(1, own),
      p99_9_ms: watch.at(0.999, late),
      worst_ms: watch.at(1, late),
      turns: watch.turns.length,
    });
  } finally {
    await service.onApplicationShutdown();
  }
}

async function firstQuery(service: CompiledModelService, snapshot: Snapshot): Promise<void> {
  const request = { metrics: ['own_0', 'spend', 'roas'], dimensions: ['campaign_name'], time_grain: 'daily' } as const;
  const organizationId = '7b0c1d2e-0000-4000-8000-000000000001';
  const now = new Date('2026-01-15T12:00:00Z');
  const compiled = service.get(snapshot, 'clickhouse');
  await planQuery({ snapshot, compiled, request, dialect: 'clickhouse', organizationId, now, maxRows: null });
}

const modelOf = ({ library }: LibraryService, organization: number): Snapshot =>
  snapshotOf(
    buildModel({
      standard: library.members,
      organization: Array.from({ length: OWN }, (_, index) => ownMetric(organization, index)),
      settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
    }),
  );

const ownMetric = (organization: number, index: number): MemberDefinition => ({
  metric_key: `own_${index}`,
  standard_key: null,
  display_label: `Own ${index} of ${organization}`,
  description: null,
  category: 'calculated',
  metric_type: 'metric',
  data_type: 'currency',
  aggregation: null,
  formula: `round(revenue / clicks * ${organization + 2} / ${index + 1}, 4)`,
  expression: null,
  weight: null,
  additivity: 'non_additive',
  unit: null,
  alias_keys: [],
  source_tables: [],
});
