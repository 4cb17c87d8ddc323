import type { Fault } from '../pgwire/server-messages.js';
import { SqlMistake } from '../sql/mistake.js';

const TIMED_OUT = { code: '57014', message: 'canceling statement due to statement timeout' };
const CANCELLED = { code: '57014', message: 'canceling statement due to user request' };

/** Stops what a client's message has set going, when the client or its `statement_timeout` says so. */
export class Interruption {
  private controller = new AbortController();
  private hasTimedOut = false;
  private stopping: Promise<void> | undefined;

  /** @param stopPostgres stops what Postgres is running, if it is */
  constructor(private readonly stopPostgres: () => Promise<void> | undefined) {}

  /** Of the message that is being answered. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * A message begins: what came before is past.
   * @param timeoutMs 0 for none
   * @returns to be called when the message has been answered
   */
  watch(timeoutMs: number): () => void {
    if (this.signal.aborted) this.controller = new AbortController();
    this.hasTimedOut = false;
    if (timeoutMs <= 0) return () => undefined;
    const late = setTimeout(() => {
      this.hasTimedOut = true;
      this.stop();
    }, timeoutMs);
    return () => clearTimeout(late);
  }

  stop(): void {
    this.controller.abort();
    this.stopping = this.stopPostgres() ?? this.stopping;
  }

  /** Waits until Postgres has been told to stop: what comes next must not be what is stopped. */
  async settle(): Promise<void> {
    if (this.stopping) await this.stopping;
    this.stopping = undefined;
  }

  /** For where there is nothing yet, or no more, that could be stopped. @throws SqlMistake 57014 once it is stopped */
  throwIfStopped(): void {
    if (this.signal.aborted) throw new SqlMistake(CANCELLED);
  }

  /**
   * Waits for a client that has enough to read for now: no longer than until it is stopped, so that an engine does not wait
   * for a client that never reads. @throws SqlMistake 57014 once it is stopped
   */
  async waitFor(sent: Promise<void> | undefined): Promise<void> {
    if (sent) {
      const { signal } = this;
      let stopped = (): void => undefined;
      const stop = new Promise<void>((resolve) => (stopped = resolve));
      signal.addEventListener('abort', stopped, { once: true });
      if (!signal.aborted) await Promise.race([sent, stop]);
      signal.removeEventListener('abort', stopped);
    }
    this.throwIfStopped();
  }

  /** What to tell instead of an error that came of stopping; null where it did not. */
  faultInsteadOf({ code, unexpected }: Fault & { readonly unexpected?: true }): Fault | null {
    if (!this.signal.aborted || !(unexpected || code === CANCELLED.code)) return null;
    return this.hasTimedOut ? TIMED_OUT : CANCELLED;
  }
}
