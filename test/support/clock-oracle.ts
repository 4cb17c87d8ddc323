/**
 * What a zone's clock shows, asked of `Intl` alone and instant by instant: no arithmetic with offsets, so that it can
 * judge code that does such arithmetic.
 */
const QUARTER_MS = 900_000;
const HOUR_MS = 3_600_000;

export class ClockOracle {
  private readonly format: Intl.DateTimeFormat;

  constructor(zone: string) {
    this.format = new Intl.DateTimeFormat('en-CA', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
    });
  }

  /** `YYYY-MM-DDTHH:MM` */
  reading(at: number): string {
    const part = Object.fromEntries(this.format.formatToParts(at).map(({ type, value }) => [type, value]));
    return `${part.year ?? ''}-${part.month ?? ''}-${part.day ?? ''}T${part.hour ?? ''}:${part.minute ?? ''}`;
  }

  /** Full hours in which the clock was set, from one year's start to another's. */
  changes(fromYear: number, toYear: number): number[] {
    const found: number[] = [];
    const ahead = (at: number): number => Date.parse(`${this.reading(at)}Z`) - at;
    let before = ahead(Date.UTC(fromYear, 0, 1));
    for (let at = Date.UTC(fromYear, 0, 1) + HOUR_MS; at < Date.UTC(toYear, 0, 1); at += HOUR_MS) {
      const now = ahead(at);
      if (now !== before) found.push(at - HOUR_MS);
      before = now;
    }
    return found;
  }

  /**
   * For every reading on a quarter of an hour, from one that the clock shows at `from` to one that it shows at `to`: the
   * first instant that shows it, or, where none does, the first instant that shows a later one.
   */
  meanings(from: number, to: number): Map<string, number> {
    const instants: { at: number; reading: string }[] = [];
    for (let at = from; at <= to; at += QUARTER_MS) instants.push({ at, reading: this.reading(at) });
    const found = new Map<string, number>();
    const first = Date.parse(`${instants[0]?.reading ?? ''}Z`);
    const last = Date.parse(`${instants.at(-1)?.reading ?? ''}Z`);
    for (let clock = first; clock <= last; clock += QUARTER_MS) {
      const wanted = new Date(clock).toISOString().slice(0, 16);
      const meant =
        instants.find(({ reading }) => reading === wanted) ?? instants.find(({ reading }) => reading > wanted);
      if (meant) found.set(wanted, meant.at);
    }
    return found;
  }
}
