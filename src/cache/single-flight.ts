interface Flight<T> {
  readonly result: Promise<T>;
  readonly stop: AbortController;
  passengers: number;
}

/**
 * Lets equal jobs that are wanted at the same time run once. Each who waits may leave; the job is aborted only when the
 * last one has left.
 */
export class SingleFlight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  /**
   * Runs `job`, or waits for the one that runs under the same key.
   * @param left who asks is gone: rejects at once with the signal's reason
   */
  async run(key: string, left: AbortSignal | undefined, job: (stop: AbortSignal) => Promise<T>): Promise<T> {
    left?.throwIfAborted();
    const flight = this.flights.get(key) ?? this.start(key, job);
    flight.passengers++;
    let leave = (): void => undefined;
    const gone = new Promise<never>((_, reject) => {
      leave = () => reject(left?.reason as Error);
      left?.addEventListener('abort', leave, { once: true });
    });
    try {
      return await Promise.race([flight.result, gone]);
    } finally {
      left?.removeEventListener('abort', leave);
      flight.passengers--;
      if (flight.passengers === 0) {
        this.forget(key, flight);
        flight.stop.abort();
      }
    }
  }

  private start(key: string, job: (stop: AbortSignal) => Promise<T>): Flight<T> {
    const stop = new AbortController();
    const flight: Flight<T> = { result: job(stop.signal), stop, passengers: 0 };
    this.flights.set(key, flight);
    const done = (): void => this.forget(key, flight);
    flight.result.then(done, done);
    return flight;
  }

  /** A job that has ended, or that is being aborted, takes nobody on any more. */
  private forget(key: string, flight: Flight<T>): void {
    if (this.flights.get(key) === flight) this.flights.delete(key);
  }
}
