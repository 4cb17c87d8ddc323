import Sequencer from '@jest/test-sequencer';

/** Those that take minutes, longest first. Begun last, one of them would run alone at the end. */
const LONG = [
  'test/e2e/crash.spec.ts',
  'test/fault/fault.spec.ts',
  'test/e2e/crash-postgres.spec.ts',
  'test/e2e/workers.spec.ts',
  'test/e2e/rollups.spec.ts',
  'test/e2e/first-start.spec.ts',
  'test/e2e/data-protection.spec.ts',
  'test/e2e/doors-agree.spec.ts',
  'test/conformance/rollups.spec.ts',
  'test/conformance/attribution.spec.ts',
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
