/**
 * Lets a limited number of jobs run at once, first come first served. libuv has four threads for everything that blocks
 * (files, names, hashing, and each call into the embedded engine); were all of them computing queries, the process
 * could not even read a file. So calls into the engine pass a gate one narrower than that pool.
 */
export class Gate {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(width: number) {
    this.free = width;
  }

  async run<T>(job: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await job();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}

/** One thread of libuv's pool stays free for the rest of the process. */
export const engineThreads = (): number => Math.max(1, (Number(process.env.UV_THREADPOOL_SIZE) || 4) - 1);
