import type { Logger } from '@nestjs/common';
import type { Engine } from '../engine/engine.js';

/** After the last import that replaced rows, so that a run of imports is tidied up once. */
const QUIET_MS = 60_000;
/** Tidying may rewrite the table, so it is not done more often than this. */
const INTERVAL_MS = 3_600_000;

/**
 * Merges replaced rows away some time after an import replaced some. Answers are right without it; they are faster after
 * it, because the engine need not look for replaced rows any more.
 */
export class Tidying {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> = Promise.resolve();
  private lastStart = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly engine: Pick<Engine, 'tidy'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  /** Call when an import has replaced rows. */
  due(): void {
    if (this.timer) clearTimeout(this.timer);
    const wait = Math.max(QUIET_MS, this.lastStart + INTERVAL_MS - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.lastStart = performance.now();
      this.running = this.engine
        .tidy()
        .catch((error: unknown) => this.logger.warn(`Replaced rows were not merged away: ${String(error)}`));
    }, wait).unref();
  }

  /** Forgets what is due and waits for what runs. */
  async stop(): Promise<void> {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    await this.running;
  }
}
