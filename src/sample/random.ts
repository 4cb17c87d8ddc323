/** A small seeded generator (mulberry32): equal seeds, equal numbers, on every machine. */
export class Random {
  private state: number;

  constructor(seed: number | string) {
    let hash = 2_166_136_261;
    for (const character of String(seed)) hash = Math.imul(hash ^ character.charCodeAt(0), 16_777_619);
    this.state = hash >>> 0;
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  integer(low: number, high: number): number {
    return Math.floor(this.between(low, high + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** `mean`, give or take about `spread` of it. */
  around(mean: number, spread: number): number {
    const bell = (this.next() + this.next() + this.next()) * (2 / 3) - 1;
    return mean * (1 + bell * spread);
  }

  /** A whole number near `mean` whose average is `mean`. */
  count(mean: number): number {
    const noisy = Math.max(0, this.around(mean, 0.25));
    return Math.floor(noisy) + (this.chance(noisy - Math.floor(noisy)) ? 1 : 0);
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }

  /** Picks by weight. */
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let rest = this.next() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      rest -= weight;
      if (rest < 0) return item;
    }
    return (items.at(-1) as readonly [T, number])[0];
  }
}
