import fc from 'fast-check';
import { CoalescedRead } from './coalesced-read.js';
import { ResultCache, type CachedResult } from './result-cache.js';
import { SingleFlight } from './single-flight.js';

/** A promise that is settled from outside. */
function deferred<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}

describe('results in memory', () => {
  const sized = (bytes: number): CachedResult => ({
    rows: Buffer.alloc(bytes),
    totals: null,
    truncated: false,
    dataAsOf: {},
  });

  it('are bounded in bytes; the one not asked for longest makes room', async () => {
    const cache = new ResultCache({ bytes: 10_000, resultBytes: 5_000 }, null);
    cache.set('a', sized(3_000));
    cache.set('b', sized(3_000));
    expect(await cache.get('a')).not.toBeNull();
    cache.set('c', sized(3_000));
    expect(await cache.get('b')).toBeNull();
    expect(await cache.get('a')).not.toBeNull();
    expect(await cache.get('c')).not.toBeNull();
  });

  it('that are too large are not kept', async () => {
    const cache = new ResultCache({ bytes: 10_000, resultBytes: 5_000 }, null);
    cache.set('a', sized(5_001));
    expect(await cache.get('a')).toBeNull();
  });
});

describe('equal jobs at the same time', () => {
  it('run once, and again for who comes later', async () => {
    const flights = new SingleFlight<number>();
    const first = deferred<number>();
    let runs = 0;
    const job = (): Promise<number> => (runs++, first.promise);
    const both = [flights.run('a', undefined, job), flights.run('a', undefined, job)];
    first.resolve(7);
    expect(await Promise.all(both)).toEqual([7, 7]);
    await flights.run('a', undefined, job);
    expect(runs).toBe(2);
  });

  it('go on while anybody waits, and stop with the last', async () => {
    const flights = new SingleFlight<number>();
    const stops: AbortSignal[] = [];
    const job = (stop: AbortSignal): Promise<number> => (stops.push(stop), new Promise(() => undefined));
    const leaving = [new AbortController(), new AbortController()] as const;
    const waiting = leaving.map(({ signal }) => flights.run('a', signal, job).catch(() => 'left'));
    leaving[0].abort();
    expect(await waiting[0]).toBe('left');
    expect(stops.map(({ aborted }) => aborted)).toEqual([false]);
    leaving[1].abort();
    expect(await waiting[1]).toBe('left');
    expect(stops.map(({ aborted }) => aborted)).toEqual([true]);
    // Who comes now gets a job of its own, not the one that is being stopped.
    void flights.run('a', undefined, job);
    expect(stops.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('fail for all who wait, and are tried again by the next', async () => {
    const flights = new SingleFlight<number>();
    const fail = async (): Promise<number> => {
      throw new Error('no');
    };
    const both = [flights.run('a', undefined, fail), flights.run('a', undefined, fail)];
    for (const one of both) await expect(one).rejects.toThrow('no');
    expect(await flights.run('a', undefined, async () => 1)).toBe(1);
  });
});

describe('reads that are shared', () => {
  it('begin after they are asked for: who asks during one gets the next', async () => {
    let stored = 'old';
    const gates = [deferred<undefined>(), deferred<undefined>()];
    const asked: string[][] = [];
    const reads = new CoalescedRead<string>(async (keys) => {
      const found = new Map(keys.map((key) => [key, stored]));
      asked.push([...keys]);
      await gates[asked.length - 1]?.promise;
      return found;
    });
    const first = [reads.read('a'), reads.read('b'), reads.read('a')];
    while (asked.length === 0) await new Promise((turn) => setImmediate(turn));
    stored = 'new';
    const second = [reads.read('a'), reads.read('c')];
    gates.forEach(({ resolve }) => resolve(undefined));
    expect(await Promise.all(first)).toEqual(['old', 'old', 'old']);
    expect(await Promise.all(second)).toEqual(['new', 'new']);
    expect(asked).toEqual([
      ['a', 'b'],
      ['a', 'c'],
    ]);
  });

  it('are two at a time at most, and none is older than who asked for it', async () => {
    // Steps: someone or a crowd asks for a key, the store changes, the oldest or the newest read under way ends, a turn passes.
    const step = fc.oneof(
      fc.constantFrom('a', 'b', 'c'),
      fc.constantFrom('crowd', 'change', 'oldest', 'newest', 'turn'),
    );
    const turn = (): Promise<unknown> => new Promise((next) => setImmediate(next));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        let version = 0;
        const underWay: (() => void)[] = [];
        const most: number[] = [];
        const reads = new CoalescedRead<number>((keys) => {
          const found = new Map(keys.map((key) => [key, version]));
          const { promise, resolve } = deferred<typeof found>();
          underWay.push(() => resolve(found));
          most.push(underWay.length);
          return promise;
        });
        const asked: Promise<boolean>[] = [];
        for (const what of [...steps, 'turn']) {
          if (what === 'change') version++;
          else if (what === 'oldest') underWay.shift()?.();
          else if (what === 'newest') underWay.pop()?.();
          else if (what === 'turn') await turn();
          else {
            const now = version;
            for (let asker = 0; asker < (what === 'crowd' ? 100 : 1); asker++)
              asked.push(reads.read(what).then((found) => found !== undefined && found >= now));
          }
        }
        // Whoever still waits is answered once those under way have ended.
        let left = asked.length;
        for (const one of asked) void one.then(() => left--);
        for (; left > 0; await turn()) underWay.shift()?.();
        expect(await Promise.all(asked)).toEqual(asked.map(() => true));
        expect(Math.max(0, ...most)).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('fail for those who shared them only', async () => {
    let fails = true;
    const reads = new CoalescedRead<number>(async () => {
      if (fails) throw new Error('no');
      return new Map([['a', 1]]);
    });
    await expect(reads.read('a')).rejects.toThrow('no');
    fails = false;
    expect(await reads.read('a')).toBe(1);
    expect(await reads.read('b')).toBeUndefined();
  });
});
