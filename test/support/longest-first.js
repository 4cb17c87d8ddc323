import Sequencer from '@jest/test-sequencer';

/**
 * Those that take longest, by the processor time of all their processes, or by their waits where those are longer. Begun last, one of them would run alone at the end.
 */
const LONG = [
  'test/e2e/crash.spec.ts',
  'test/fault/fault.spec.ts',
  'test/e2e/rollups.spec.ts',
  'test/e2e/doors-agree.spec.ts',
  'test/conformance/attribution.spec.ts',
  'test/e2e/crash-postgres.spec.ts',
  'test/conformance/rollups.spec.ts',
  'test/e2e/data-protection.spec.ts',
  'test/e2e/schedules.spec.ts',
  'test/e2e/workers.spec.ts',
  'src/jobs/job-queue.spec.ts',
  'test/conformance/isolation.spec.ts',
  'test/e2e/first-start.spec.ts',
  'test/wire/oracle.spec.ts',
  'test/conformance/query.spec.ts',
  'test/e2e/attribution.spec.ts',
  'test/e2e/fuzz.spec.ts',
  'test/e2e/two-organizations.spec.ts',
  'test/e2e/lifecycle.spec.ts',
  'test/conformance/injection.spec.ts',
  'test/e2e/attribution-crash.spec.ts',
  'test/e2e/access-matrix.spec.ts',
  'test/integration/ingestion.spec.ts',
  'test/e2e/secrets.spec.ts',
  'test/e2e/limits-shared.spec.ts',
  'test/wire/limits.spec.ts',
  'src/delivery/hostile-mail.spec.ts',
];

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const place = ({ path }) => {
      const index = LONG.findIndex((name) => path.endsWith(`/${name}`));
      return index < 0 ? LONG.length : index;
    };
    return super.sort(tests).sort((one, other) => place(one) - place(other));
  }
}
