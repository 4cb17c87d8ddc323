/** While one read waits for the store, those whom another one has answered are served. */
const MOST_UNDER_WAY = 2;
/** Were all who ask at a moment to share one read, they would all go on, and ask again, at one moment, and wait for nothing else. */
const MOST_ASKERS = 32;

/** Who asks together. */
interface Batch<V> {
  askers: number;
  readonly waiting: Map<string, Waiting<V>>;
}

interface Waiting<V> {
  readonly promise: Promise<V | undefined>;
  readonly resolve: (value: V | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads that are shared and still never old: whoever asks gets what a read found that began after the asking. While a read
 * is on its way all who ask meanwhile are gathered for the next one, which waits for its end unless it is full. Under load a
 * store is asked a few hundred times a second, however many requests there are, and nothing has to be invalidated.
 */
export class CoalescedRead<V> {
  private readonly gathered: Batch<V>[] = [];
  private underWay = 0;
  private isDue = false;

  /** @param readMany what is found under these keys, each once; what is not there is left out */
  constructor(private readonly readMany: (keys: readonly string[]) => Promise<ReadonlyMap<string, V>>) {}

  /** @returns undefined when there is nothing under that key. @throws what the read threw */
  read(key: string): Promise<V | undefined> {
    const batch = this.batch();
    const { promise } = batch.waiting.get(key) ?? wait(batch, key);
    batch.askers++;
    this.proceed();
    return promise;
  }

  /** The one that still takes in. */
  private batch(): Batch<V> {
    const last = this.gathered.at(-1);
    if (last && last.askers < MOST_ASKERS) return last;
    const batch = { askers: 0, waiting: new Map<string, Waiting<V>>() };
    this.gathered.push(batch);
    return batch;
  }

  /** Full reads begin at once; another one when none is under way, and all that has come in by now has asked. */
  private proceed(): void {
    while (this.underWay < MOST_UNDER_WAY && this.gathered[0]?.askers === MOST_ASKERS) this.begin();
    if (this.isDue || this.underWay > 0 || this.gathered.length === 0) return;
    this.isDue = true;
    setImmediate(() => {
      this.isDue = false;
      if (this.underWay === 0) this.begin();
    });
  }

  private begin(): void {
    const batch = this.gathered.shift();
    if (batch === undefined) return;
    this.underWay++;
    void this.answer(batch);
  }

  private async answer({ waiting }: Batch<V>): Promise<void> {
    try {
      const found = await this.readMany([...waiting.keys()]);
      for (const [key, { resolve }] of waiting) resolve(found.get(key));
    } catch (error) {
      for (const { reject } of waiting.values()) reject(error);
    }
    this.underWay--;
    this.proceed();
  }
}

function wait<V>({ waiting }: Batch<V>, key: string): Waiting<V> {
  let settle: Pick<Waiting<V>, 'resolve' | 'reject'> | undefined;
  const promise = new Promise<V | undefined>((resolve, reject) => (settle = { resolve, reject }));
  const one = { promise, ...(settle as unknown as Pick<Waiting<V>, 'resolve' | 'reject'>) };
  waiting.set(key, one);
  return one;
}
