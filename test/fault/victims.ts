/** The workers of a fault run: so many at a time, each to die or to stand still at a point, and another in its place. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Longest conversation with the mail host; leases follow from it. */
const MAIL_SECONDS = 5;
/** By then every lease that a worker held is over. */
const SLEEP_MS = (2 * MAIL_SECONDS + 2) * 1_000;
/** So many work undisturbed beside those that are to die, as the next ones would in a real installation. */
const SPARED = 2;
/** By then a worker that is spared has run through all that workers do; the later ones start with what it has compiled. */
const REHEARSED_MS = 10_000;
/** One that wakes up has so long to do harm with what it still believes. */
const AWAKE_MS = 3_000;

interface Sleeper {
  since: number;
  isAwake: boolean;
}

export class Victims {
  kills = 0;
  stops = 0;
  private readonly wanted: number;
  private readonly running = new Set<ChildProcess>();
  private readonly spared = new Set<ChildProcess>();
  /** Those that are to stand still; once they do, others work in their place. */
  private readonly sleepers = new Map<ChildProcess, Sleeper>();
  private started = 0;
  private isEnding = false;

  /** @param faults where the next ones die: a point, or `<point>:stop` */
  constructor(
    private readonly launch: readonly string[],
    private readonly faults: string[],
    private readonly atOnce: number,
    private readonly env: Readonly<Record<string, string>>,
  ) {
    this.wanted = faults.length;
  }

  /** Which part of the faults has happened. */
  get share(): number {
    return this.wanted === 0 ? 1 : (this.kills + this.stops) / this.wanted;
  }

  get isDone(): boolean {
    return this.kills + this.stops >= this.wanted && this.sleepers.size === 0;
  }

  begin(): void {
    while (!this.isEnding && this.working() < this.atOnce) this.start();
  }

  /** Workers that stopped themselves are woken once every lease that they held is over. */
  wakeSleepers(): void {
    for (const [worker, sleeper] of this.sleepers) {
      if (sleeper.isAwake) continue;
      if (sleeper.since === 0) {
        if (stateOf(worker.pid) === 'T') sleeper.since = Date.now();
      } else if (Date.now() - sleeper.since > SLEEP_MS) {
        sleeper.isAwake = true;
        worker.kill('SIGCONT');
        setTimeout(() => worker.kill('SIGKILL'), AWAKE_MS);
      }
    }
    this.begin();
  }

  end(): void {
    this.isEnding = true;
    for (const worker of this.running) worker.kill('SIGKILL');
  }

  private working(): number {
    return [...this.running].filter((worker) => (this.sleepers.get(worker)?.since ?? 0) === 0).length;
  }

  private start(): void {
    const fault = this.spared.size < SPARED ? '' : (this.faults.shift() ?? '');
    const { REDIS_URL = '', ...env } = this.env;
    this.started += 1;
    const hasRedis = REDIS_URL !== '' && this.started % 5 !== 0;
    const worker = spawn(process.execPath, [...this.launch], {
      env: {
        PATH: process.env.PATH ?? '',
        ...env,
        ...(hasRedis ? { REDIS_URL } : {}),
        MAIL_FROM: 'Reports <reports@example.com>',
        MAIL_SECONDS: String(MAIL_SECONDS),
        SCHEDULE_SPREAD_SECONDS: '0',
        FAULT_POINT: fault,
        ...(this.started === 1 ? { KEEP_COMPILED_MS: String(REHEARSED_MS) } : {}),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.running.add(worker);
    if (fault === '') this.spared.add(worker);
    if (fault.endsWith(':stop')) this.sleepers.set(worker, { since: 0, isAwake: false });
    worker.once('exit', (_code, signal) => {
      const isAwake = this.sleepers.get(worker)?.isAwake === true;
      this.running.delete(worker);
      this.spared.delete(worker);
      this.sleepers.delete(worker);
      if (this.isEnding) return;
      // One that ended otherwise than by its fault (its Postgres was away when it began) has its turn again.
      if (isAwake) this.stops += 1;
      else if (fault !== '' && !fault.endsWith(':stop') && signal === 'SIGKILL') this.kills += 1;
      else if (fault !== '') this.faults.unshift(fault);
      this.begin();
    });
  }
}

/** `T` for a process that is stopped. */
function stateOf(pid: number | undefined): string {
  try {
    return /\) (\S)/.exec(readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}
