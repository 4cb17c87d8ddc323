/** What compiling the standard library's model costs, cold; every later query of the same model finds it compiled. */
import { CompiledModelService } from '../../src/metrics/compiled-model.service.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { buildModel } from '../../src/compiler/model/build.js';
import { snapshotOf } from '../../src/compiler/model/snapshot.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import { median, report, timed } from './report.js';

const ROUNDS = 5;
const PLANS = 200;
const ORGANIZATION = '7b0c1d2e-0000-4000-8000-000000000001';

export async function benchCompile(): Promise<void> {
  const library = new LibraryService();
  const model = buildModel({
    standard: library.library.members,
    organization: [],
    settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
  });
  const snapshot = snapshotOf(model);
  for (const dialect of ['clickhouse', 'postgres'] as const) {
    const cold: number[] = [];
    const plans: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      // A service of its own, since each remembers what it has compiled.
      const { ms, value: compiled } = await timed(() => new CompiledModelService(library).get(snapshot, dialect));
      cold.push(ms);
      for (let day = 1; day <= PLANS / ROUNDS; day++) {
        const request = {
          metrics: ['spend', 'revenue', 'roas'],
          dimensions: ['campaign_name'],
          time_grain: 'daily' as const,
          limit: day,
        };
        const input = {
          snapshot,
          compiled,
          request,
          dialect,
          organizationId: ORGANIZATION,
          now: new Date(),
          maxRows: null,
        };
        plans.push((await timed(() => planQuery(input))).ms);
      }
    }
    report({
      bench: `compile_${dialect}`,
      ratio: null,
      unit: 'ms',
      ms: median(cold),
      first_ms: cold[0],
      members: model.members.length,
      plan_ms: median(plans),
    });
  }
}
