/** After so many who wait for one key, others are left to the sweep. */
const MOST_WAITING = 5_000;

/**
 * Bounds how many mails go out at once to one host and for one organisation, so that a host that hangs, or an organisation
 * with many reports, leaves room for the others. Nobody is held up here: who finds no room is called when there is some.
 */
export class SendSlots {
  private readonly taken = new Map<string, number>();
  /** Who found no room, by the key that was full, in the order in which they came. */
  private readonly waiting = new Map<string, Set<string>>();
  /** For each of those, what is full and how many it takes. */
  private readonly full = new Map<string, { readonly key: string; readonly limit: number }>();
  /** Who was called and has not come yet, with the key that has room. */
  private readonly called = new Map<string, string>();

  /** @param call wakes one that found no room; it should come again */
  constructor(private readonly call: (id: string) => void) {}

  /** @param limits most at once for each key. @returns what gives the room back, or null when there is none yet */
  enter(id: string, limits: Readonly<Record<string, number>>): (() => void) | null {
    const room = this.called.get(id);
    this.called.delete(id);
    this.stopWaiting(id);
    const keys = Object.keys(limits);
    const full = keys.find((key) => (this.taken.get(key) ?? 0) >= (limits[key] ?? 0));
    if (full !== undefined) {
      this.wait(id, full, limits[full] ?? 0);
      if (room !== undefined && room !== full) this.callNext(room);
      return null;
    }
    for (const key of keys) this.taken.set(key, (this.taken.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      for (const key of keys) {
        const rest = (this.taken.get(key) ?? 1) - 1;
        if (rest > 0) this.taken.set(key, rest);
        else this.taken.delete(key);
        this.callNext(key);
      }
    };
  }

  /** Whether one waits for what is full still, so that it need not even ask. */
  isInVain(id: string): boolean {
    const full = this.full.get(id);
    return full !== undefined && (this.taken.get(full.key) ?? 0) >= full.limit;
  }

  /** One that may have been called has nothing to send any more, so that the next may come. */
  forgo(id: string): void {
    const room = this.called.get(id);
    this.called.delete(id);
    this.stopWaiting(id);
    if (room !== undefined) this.callNext(room);
  }

  private wait(id: string, key: string, limit: number): void {
    const others = this.waiting.get(key) ?? new Set();
    if (others.size >= MOST_WAITING) return;
    this.waiting.set(key, others.add(id));
    this.full.set(id, { key, limit });
  }

  private stopWaiting(id: string): void {
    const key = this.full.get(id)?.key ?? '';
    const others = this.waiting.get(key);
    this.full.delete(id);
    others?.delete(id);
    if (others?.size === 0) this.waiting.delete(key);
  }

  private callNext(key: string): void {
    const [next] = this.waiting.get(key) ?? [];
    if (next === undefined) return;
    this.stopWaiting(next);
    // Those whose wake-up was lost; the sweep wakes them.
    if (this.called.size >= MOST_WAITING) this.called.clear();
    this.called.set(next, key);
    this.call(next);
  }
}
