/** What a thread was given of the processors, as Linux tells it; nothing is known on other systems. */
import { existsSync, readFileSync } from 'node:fs';

/** Milliseconds for which the main thread of a process has run so far. */
export const onProcessorMs = (pid: number): number | null => told(pid)?.[0] ?? null;

function told(pid: number): [number, number] | null {
  const path = `/proc/${pid}/task/${pid}/schedstat`;
  if (!existsSync(path)) return null;
  const [ran = 0, waited = 0] = readFileSync(path, 'utf8').split(' ').map(Number);
  return [ran / 1e6, waited / 1e6];
}

const TICK_MS = 5;

/** A turn of the event loop that came too late. */
export interface LateTurn {
  readonly lateMs: number;
  /** Of it, what this thread has computed; for the rest it waited for a processor. Null where that is not known. */
  readonly ownMs: number | null;
}

/** Notes how late each turn of this process's event loop comes, and how much of it was its own work. */
export class TurnWatch {
  readonly turns: LateTurn[] = [];
  private due = 0;
  private ran: number | null = null;
  private timer: NodeJS.Timeout | undefined;

  start(): void {
    this.due = performance.now() + TICK_MS;
    this.ran = onProcessorMs(process.pid);
    this.timer = setTimeout(() => this.turn(), TICK_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  /** The latest by `measure`, as a share of all: 1 for the very latest. */
  at(share: number, measure: (turn: LateTurn) => number): number {
    const sorted = this.turns.map(measure).sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  }

  private turn(): void {
    const ran = onProcessorMs(process.pid);
    const ownMs = ran === null || this.ran === null ? null : ran - this.ran;
    this.turns.push({ lateMs: Math.max(0, performance.now() - this.due), ownMs });
    this.start();
  }
}
