/**
 * What the first query of a model costs, from the request to its SQL, in a compiling thread that runs already; every later
 * query of the same model finds it compiled.
 */
import { CompiledModelService } from '../../src/metrics/compiled-model.service.js';
import { LibraryService } from '../../src/metrics/library.service.js';
import { buildModel } from '../../src/compiler/model/build.js';
import { snapshotOf } from '../../src/compiler/model/snapshot.js';
import type { Snapshot } from '../../src/compiler/model/types.js';
import { planQuery } from '../../src/compiler/query/plan.js';
import type { ReportRequest } from '../../src/compiler/query/types.js';
import { median, report, timed } from './report.js';

const ROUNDS = 5;
const PLANS = 200;
const NOW = new Date('2026-01-15T12:00:00Z');
const ORGANIZATION = '7b0c1d2e-0000-4000-8000-000000000001';

export async function benchCompile(): Promise<void> {
  const library = new LibraryService();
  const service = new CompiledModelService(library);
  try {
    for (const dialect of ['clickhouse', 'postgres'] as const) {
      const cold: number[] = [];
      const plans: number[] = [];
      let members = 0;
      const plan = async (snapshot: Snapshot, request: ReportRequest): Promise<number> => {
        const compiled = service.get(snapshot, dialect);
        const input = { snapshot, compiled, request, dialect, organizationId: ORGANIZATION, now: NOW, maxRows: null };
        return (await timed(() => planQuery(input))).ms;
      };
      // The thread loads Cube's compiler first, as it does while a server starts.
      await plan(modelOf(library, -1), { metrics: ['spend'], dimensions: [] });
      for (let round = 0; round < ROUNDS; round++) {
        const snapshot = modelOf(library, round);
        members = snapshot.model.members.length;
        cold.push(await plan(snapshot, { metrics: ['spend'], dimensions: [] }));
        for (let day = 1; day <= PLANS / ROUNDS; day++) {
          const asked = { metrics: ['spend', 'revenue', 'roas'], dimensions: ['campaign_name'], limit: day };
          plans.push(await plan(snapshot, { ...asked, time_grain: 'daily' }));
        }
      }
      report({
        bench: `compile_${dialect}`,
        ratio: null,
        unit: 'ms',
        ms: median(cold),
        first_ms: cold[0],
        members,
        plan_ms: median(plans),
      });
    }
  } finally {
    await service.onApplicationShutdown();
  }
}

/** The standard library's model, a little different each time, so that nobody has compiled it before. */
const modelOf = ({ library }: LibraryService, round: number): Snapshot =>
  snapshotOf(
    buildModel({
      standard: library.members.map((member, index) =>
        index === 0 ? { ...member, display_label: `${member.display_label} ${round}` } : member,
      ),
      organization: [],
      settings: { currency: 'USD', time_zone: 'UTC', week_start: 1 },
    }),
  );
