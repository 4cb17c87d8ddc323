import fc from 'fast-check';
import { editDistance, nearestNames } from './nearest.js';

/** By the definition, without a bound. */
function levenshtein(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const at = (x: number, y: number): number => rows[x]?.[y] ?? NaN;
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      (rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed);
    }
  }
  return rows[a.length]?.[b.length] ?? NaN;
}

describe('the nearest names', () => {
  it('are as many edits away as the definition says, up to the limit', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 12 });
    fc.assert(
      fc.property(word, word, fc.integer({ min: 0, max: 8 }), (a, b, limit) => {
        expect(editDistance(a, b, limit)).toBe(Math.min(levenshtein(a, b), limit + 1));
      }),
      { numRuns: 2_000 },
    );
  });

  it('come nearest first, at most three', () => {
    const known = ['spend', 'campaign_spend', 'speed', 'revenue', 'spender', 'blended_roas'];
    expect(nearestNames('spnd', known)).toEqual(['spend', 'speed']);
    expect(nearestNames('SPEND', known)).toEqual(['spend', 'speed', 'campaign_spend']);
    expect(nearestNames('blended_rosa', known)).toEqual(['blended_roas']);
    expect(nearestNames('nothing of the kind', known)).toEqual([]);
  });
});
