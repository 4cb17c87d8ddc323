/** Most edits between a name and one that may have been meant, however long they are; bounds the work, too. */
const MOST_EDITS = 6;

/**
 * Levenshtein distance; `limit + 1` as soon as it is known to pass `limit`. Only the band of edits that stay within it is
 * looked at: at most `a.length * (2 * limit + 1)` steps.
 */
export function editDistance(a: string, b: string, limit: number): number {
  const over = limit + 1;
  if (Math.abs(a.length - b.length) > limit) return over;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => Math.min(index, over));
  let current = Array.from(previous, () => over);
  for (let i = 1; i <= a.length; i++) {
    const [from, to] = [Math.max(1, i - limit), Math.min(b.length, i + limit)];
    let best = (current[from - 1] = from === 1 ? Math.min(i, over) : over);
    for (let j = from; j <= to; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      const value = Math.min((previous[j] ?? over) + 1, (current[j - 1] ?? over) + 1, (previous[j - 1] ?? over) + cost);
      current[j] = Math.min(value, over);
      best = Math.min(best, value);
    }
    if (to < b.length) current[to + 1] = over;
    if (best > limit) return over;
    [previous, current] = [current, previous];
  }
  return previous[b.length] ?? over;
}

/** Up to three known names that a user may have meant by `name`, nearest first. */
export function nearestNames(name: string, known: Iterable<string>): string[] {
  const wanted = name.slice(0, 64).toLowerCase();
  const limit = Math.min(MOST_EDITS, Math.max(2, Math.floor(wanted.length / 3)));
  const scored: { candidate: string; distance: number }[] = [];
  for (const candidate of known) {
    const edits = editDistance(wanted, candidate, limit);
    const distance = candidate.includes(wanted) && wanted.length > 2 ? Math.min(edits, 2) : edits;
    if (distance <= limit) scored.push({ candidate, distance });
  }
  return scored
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
