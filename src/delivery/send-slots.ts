/**
 * Bounds how many mails go out at once to one host and for one organisation, so that a host that hangs, or an organisation
 * with many reports, leaves room for the others. Nobody waits here: who finds no room comes back later.
 */
export class SendSlots {
  private readonly taken = new Map<string, number>();

  /** @param limits most at once for each key. @returns what gives the room back, or null when there is none */
  enter(limits: Readonly<Record<string, number>>): (() => void) | null {
    const keys = Object.keys(limits);
    if (keys.some((key) => (this.taken.get(key) ?? 0) >= (limits[key] ?? 0))) return null;
    for (const key of keys) this.taken.set(key, (this.taken.get(key) ?? 0) + 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      for (const key of keys) {
        const rest = (this.taken.get(key) ?? 1) - 1;
        if (rest > 0) this.taken.set(key, rest);
        else this.taken.delete(key);
      }
    };
  }
}
