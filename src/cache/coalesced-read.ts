interface Waiting<V> {
  readonly promise: Promise<V | undefined>;
  readonly resolve: (value: V | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads that are shared and still never old: whoever asks gets what a read found that began after the asking. While one
 * read is on its way all who ask meanwhile are gathered for the next one. Under load a store is asked a few hundred times
 * a second, however many requests there are, and nothing has to be invalidated.
 */
export class CoalescedRead<V> {
  private waiting = new Map<string, Waiting<V>>();
  private reading = false;

  /** @param readMany what is found under these keys, each once; what is not there is left out */
  constructor(private readonly readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>) {}

  /** @returns undefined when there is nothing under that key. @throws what the read threw */
  read(key: string): Promise<V | undefined> {
    const waiting = this.waiting.get(key) ?? this.wait(key);
    if (!this.reading) {
      this.reading = true;
      setImmediate(() => void this.next());
    }
    return waiting.promise;
  }

  private wait(key: string): Waiting<V> {
    let settle: Pick<Waiting<V>, 'resolve' | 'reject'> | undefined;
    const promise = new Promise<V | undefined>((resolve, reject) => (settle = { resolve, reject }));
    const waiting = { promise, ...(settle as unknown as Pick<Waiting<V>, 'resolve' | 'reject'>) };
    this.waiting.set(key, waiting);
    return waiting;
  }

  private async next(): Promise<void> {
    const batch = this.waiting;
    this.waiting = new Map();
    try {
      const found = await this.readMany([...batch.keys()]);
      for (const [key, { resolve }] of batch) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of batch.values()) reject(error);
    }
    if (this.waiting.size > 0) setImmediate(() => void this.next());
    else this.reading = false;
  }
}
