/**
 * The fault run: workers are killed, or stopped past their lease and woken, at every named point between planning a report
 * and recording its end, while a mail host misbehaves, Redis is flushed and dies, and Postgres is restarted. Then the ledger
 * is compared with what the mail host saw.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { migrateDatabase } from '../../src/database.js';
import { FAULT_POINTS } from '../../src/delivery/fault-point.js';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/engine/embedded-postgres.js';
import { hasRedisServer, OwnRedis } from '../support/own-redis.js';
import { bundleWorker } from './bundle.js';
import { judge, type Judgement } from './judge.js';
import { Victims } from './victims.js';
import { Witness } from './witness.js';
import { SCHEDULES, STEP_MINUTES, World } from './world.js';

export interface FaultRunOptions {
  /** How often a worker is killed at each named point. */
  readonly killsAtEachPoint: number;
  /** How often one is stopped there instead, and woken after its lease. */
  readonly stopsAtEachPoint: number;
  /** Workers, each with a planner, at a time; every fifth has its queue on Postgres. */
  readonly workers: number;
  /** Occurrences that are due at once when the run begins. */
  readonly occurrences: number;
  /** So often, in the course of it, Postgres is restarted, Redis is flushed, and Redis dies for a while. */
  readonly rounds: number;
  readonly say: (line: string) => void;
  /** Ends the run before its time; what it has started goes with it. */
  readonly signal: AbortSignal;
}

export interface FaultReport extends Judgement {
  readonly kills: number;
  readonly stops: number;
  readonly restarts: number;
  readonly flushes: number;
  readonly outages: number;
  /** Occurrences that were finished while there was no Redis. */
  readonly finishedWithoutRedis: number;
  /** Longest time from the death of Redis until an occurrence was finished without it. */
  readonly recoverySeconds: number;
  /** What the mail host did, and how often. */
  readonly mailHost: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** Redis is away until so many occurrences were finished without it, which it takes a slow machine a while to do. */
const FINISHED_WITHOUT = 5;
const LONGEST_OUTAGE_MS = 60_000;
const POLL_MS = 250;
const FEW = 12;
const MOST_SECONDS = 6_000;

export async function faultRun(options: FaultRunOptions): Promise<FaultReport> {
  const begun = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'fault-'));
  const dataDir = join(folder, 'postgres');
  const witness = await Witness.start();
  const redis = hasRedisServer ? await OwnRedis.start() : null;
  if (redis === null) options.say('*** WITHOUT REDIS: there is no redis-server on this machine. ***');
  let postgres: EmbeddedPostgres = await startEmbeddedPostgres({ dataDir });
  let victims: Victims | undefined;
  const world = new World(() => postgres.url);
  try {
    const [launch] = await Promise.all([bundleWorker(folder), migrateDatabase(postgres.url)]);
    const until = Date.now();
    const minutes = Math.ceil(options.occurrences / SCHEDULES) * STEP_MINUTES;
    await world.prepare(until, minutes);
    victims = new Victims(launch, faultsOf(options), options.workers, {
      DATA_DIR: folder,
      DATABASE_URL: postgres.url,
      SMTP_URL: witness.url,
      REDIS_URL: redis?.url ?? '',
    });
    const restart = async (): Promise<void> => {
      await postgres.stop();
      postgres = await startEmbeddedPostgres({ dataDir });
    };
    const facts = await course(options, world, victims, redis, restart);
    const { kills, stops } = victims;
    victims.end();
    const from = until - minutes * 60_000;
    const judgement = judge({ from, until }, await world.occurrences(), await world.deliveries(), witness);
    const seconds = Math.round((performance.now() - begun) / 1_000);
    return { ...judgement, kills, stops, ...facts, mailHost: witness.did, seconds };
  } finally {
    victims?.end();
    await world.close();
    await witness.close();
    await redis?.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Each point in turn, so that every part of the run has all of them. */
const faultsOf = ({ killsAtEachPoint, stopsAtEachPoint }: FaultRunOptions): string[] =>
  Array.from({ length: Math.max(killsAtEachPoint, stopsAtEachPoint) }, (_value, round) =>
    FAULT_POINTS.flatMap((point) => [
      ...(round < stopsAtEachPoint ? [`${point}:stop`] : []),
      ...(round < killsAtEachPoint ? [point] : []),
    ]),
  ).flat();

/** Lets the run take its course: misfortunes spread over it, work for each fault, until everything has ended. */
async function course(
  { rounds, say, signal }: FaultRunOptions,
  world: World,
  victims: Victims,
  redis: OwnRedis | null,
  restartPostgres: () => Promise<void>,
): Promise<Pick<FaultReport, 'restarts' | 'flushes' | 'outages' | 'finishedWithoutRedis' | 'recoverySeconds'>> {
  const facts = { restarts: 0, flushes: 0, outages: 0, finishedWithoutRedis: 0, recoverySeconds: 0 };
  const misfortunes: (() => Promise<void>)[] = [
    async () => {
      await redis?.flush();
      facts.flushes += redis === null ? 0 : 1;
    },
    async () => {
      if (redis === null) return;
      const before = await world.count();
      await redis.kill();
      const gone = performance.now();
      let finished = 0;
      let recovered: number | null = null;
      while (finished < FINISHED_WITHOUT && performance.now() - gone < LONGEST_OUTAGE_MS) {
        await setTimeout(1_000, undefined, { signal });
        victims.wakeSleepers();
        const now = await world.count();
        finished = now.finished - before.finished;
        if (finished > 0) recovered ??= (performance.now() - gone) / 1_000;
        if (now.open < FEW) await world.feed();
      }
      facts.recoverySeconds = Math.max(facts.recoverySeconds, recovered ?? LONGEST_OUTAGE_MS / 1_000);
      facts.finishedWithoutRedis += finished;
      await redis.restart();
      facts.outages += 1;
    },
    async () => {
      await restartPostgres();
      facts.restarts += 1;
    },
  ];
  const begun = performance.now();
  const all = rounds * misfortunes.length;
  let struck = 0;
  victims.begin();
  for (;;) {
    await setTimeout(POLL_MS, undefined, { signal });
    victims.wakeSleepers();
    if (performance.now() - begun > MOST_SECONDS * 1_000) throw new Error(`Not done in ${MOST_SECONDS} s.`);
    if (struck < all && victims.share >= (struck + 0.5) / all) {
      await misfortunes[struck % misfortunes.length]?.();
      struck += 1;
    }
    const { open, finished, waiting } = await world.count();
    say(`${victims.kills} kills, ${victims.stops} stops; ${finished} occurrences finished, ${open} open`);
    if (victims.isDone && struck === all && finished > 0 && open + waiting === 0) return facts;
    if (!victims.isDone && open < FEW) await world.feed();
  }
}
