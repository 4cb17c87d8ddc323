import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../common/problem.js';
import { queryCancelled } from '../engine/engine-error.js';
import { LANES, RETRY_AFTER_SECONDS, type Lane, type LaneName } from './limits.js';

interface Turn {
  readonly start: () => void;
}
interface Queue {
  running: number;
  readonly waiting: Set<Turn>;
}

/** Turns that processes share; see `SharedTurns`. */
export interface TurnsOfAll {
  take(name: string, most: number): Promise<(() => void) | null>;
}

/** How often a request asks whether another process has given a turn back; each time a little else. */
const ASK_AGAIN_MS = 50;

/**
 * Gives each organisation its share of the engine: so many requests at once, so many waiting, first come first served. One
 * organisation's rush is refused; another's requests do not feel it. Requests that run are counted over all processes where
 * there is something to share; those that wait, in each.
 */
export class Admission {
  private readonly queues = new Map<string, Queue>();

  constructor(
    private readonly lanes: Readonly<Record<LaneName, Lane>> = LANES,
    private readonly ofAll: TurnsOfAll | null = null,
  ) {}

  /**
   * Waits for a turn.
   * @returns gives the turn back; to be called exactly once
   * @throws Problem `too_many_queries` when too many wait already or the turn does not come in time; `query_cancelled`
   */
  async enter(organizationId: string, name: LaneName, signal?: AbortSignal): Promise<() => void> {
    if (signal?.aborted) throw queryCancelled();
    const lane = this.lanes[name];
    const key = `${name}:${organizationId}`;
    const until = performance.now() + lane.patienceMs;
    const leave = await this.enterHere(key, lane, signal);
    if (!this.ofAll) return leave;
    try {
      const leaveAll = await turnOfAll(this.ofAll, key, lane, until, signal);
      return () => {
        leave();
        leaveAll();
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  private async enterHere(key: string, lane: Lane, signal?: AbortSignal): Promise<() => void> {
    let queue = this.queues.get(key);
    if (!queue) this.queues.set(key, (queue = { running: 0, waiting: new Set() }));
    if (queue.running < lane.running) queue.running++;
    else if (queue.waiting.size >= lane.waiting) throw tooMany(lane);
    else await turnOf(queue, lane, signal);
    const mine = queue;
    return () => this.leave(key, mine);
  }

  /** Whoever waits longest takes the turn over; the count of running requests stays. */
  private leave(key: string, queue: Queue): void {
    const [next] = queue.waiting;
    if (next) {
      queue.waiting.delete(next);
      next.start();
      return;
    }
    queue.running--;
    if (queue.running === 0) this.queues.delete(key);
  }
}

function turnOf({ waiting }: Queue, lane: Lane, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (job: () => void) => (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      waiting.delete(turn);
      job();
    };
    const turn: Turn = { start: settle(resolve) };
    const cancel = settle(() => reject(queryCancelled()));
    const timer = setTimeout(
      settle(() => reject(tooMany(lane))),
      lane.patienceMs,
    );
    signal?.addEventListener('abort', cancel, { once: true });
    waiting.add(turn);
  });
}

/** Waits until one of the turns of all processes is free. */
async function turnOfAll(
  ofAll: TurnsOfAll,
  key: string,
  lane: Lane,
  until: number,
  signal?: AbortSignal,
): Promise<() => void> {
  for (;;) {
    const leave = await ofAll.take(key, lane.running);
    if (leave && !signal?.aborted) return leave;
    leave?.();
    if (!leave && performance.now() > until) throw tooMany(lane);
    await sleep(ASK_AGAIN_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {
      throw queryCancelled();
    });
  }
}

const tooMany = ({ running, waiting, patienceMs, refusal }: Lane): Problem =>
  new Problem(
    refusal,
    'too_many_queries',
    `Your organisation has ${running} queries running, which is the limit; up to ${waiting} more may wait, for ` +
      `${patienceMs / 1_000} s. Ask again in ${RETRY_AFTER_SECONDS} s, send fewer at the same time, or ask for several metrics in one query.`,
    [],
    { 'retry-after': String(RETRY_AFTER_SECONDS) },
  );
