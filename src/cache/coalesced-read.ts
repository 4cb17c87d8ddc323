/** While one read waits for the store, those whom another one has answered are served. */
const MOST_UNDER_WAY = 2;

interface Waiting<V> {
  readonly promise: Promise<V | undefined>;
  readonly resolve: (value: V | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads that are shared and still never old: whoever asks gets what a read found that began after the asking. While two
 * reads are on their way all who ask meanwhile are gathered for the next one. Under load a store is asked a few hundred
 * times a second, however many requests there are, and nothing has to be invalidated.
 */
export class CoalescedRead<V> {
  private waiting = new Map<string, Waiting<V>>();
  private underWay = 0;
  private isDue = false;

  /** @param readMany what is found under these keys, each once; what is not there is left out */
  constructor(private readonly readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>) {}

  /** @returns undefined when there is nothing under that key. @throws what the read threw */
  read(key: string): Promise<V | undefined> {
    const waiting = this.waiting.get(key) ?? this.wait(key);
    this.begin();
    return waiting.promise;
  }

  private wait(key: string): Waiting<V> {
    let settle: Pick<Waiting<V>, 'resolve' | 'reject'> | undefined;
    const promise = new Promise<V | undefined>((resolve, reject) => (settle = { resolve, reject }));
    const waiting = { promise, ...(settle as unknown as Pick<Waiting<V>, 'resolve' | 'reject'>) };
    this.waiting.set(key, waiting);
    return waiting;
  }

  /** The next read begins once all that has come in by now has asked. */
  private begin(): void {
    if (this.isDue || this.underWay === MOST_UNDER_WAY || this.waiting.size === 0) return;
    this.isDue = true;
    setImmediate(() => void this.next());
  }

  private async next(): Promise<void> {
    const batch = this.waiting;
    this.waiting = new Map();
    this.isDue = false;
    this.underWay++;
    try {
      const found = await this.readMany([...batch.keys()]);
      for (const [key, { resolve }] of batch) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of batch.values()) reject(error);
    }
    this.underWay--;
    this.begin();
  }
}
