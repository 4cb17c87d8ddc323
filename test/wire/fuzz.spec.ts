/** Messages of hostile clients: nothing crashes, nothing hangs, nothing is our own mistake, and memory stays flat. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelPacket } from '../../src/pgwire/startup.js';
import * as said from '../../src/pgwire/client-messages.js';
import type { Frame } from '../../src/pgwire/frames.js';
import { readFault } from '../../src/pgwire/server-messages.js';
import { TestServer } from '../support/server.js';
import { connect } from './clients.js';
import { randomStart, randomVolley } from './hostile-messages.js';
import { Dice, SOURCES } from './random-queries.js';
import { RawClient } from './raw-client.js';

/** `FUZZ_MESSAGES=1000000` for the full run, `FUZZ_SEED` for another one. */
const MESSAGES = Number(process.env.FUZZ_MESSAGES ?? 10_000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const LANES = 6;
/** An answer that takes longer is taken for one that never comes. */
const PATIENCE_MS = 60_000;
const KNOWN_ANSWERS = new Set('RKSZTDCENnst123IHdcv'.split(''));

let server: TestServer;

beforeAll(async () => {
  const off = { RATE_LIMIT_KEY: 'off', RATE_LIMIT_ORGANIZATION: 'off', QUERY_BUDGET_SECONDS: 'off' };
  server = await TestServer.start({ env: off });
  const rows = SOURCES.map((data_source, index) => ({
    ...{ external_id: `r${index}`, recorded_at: '2026-01-05T00:00:00Z', data_source, currency: 'USD' },
    ...{
      source_category: 'external_marketing',
      data_payload: { campaign_name: 'spring', spend: '1.50', clicks: index },
    },
  }));
  expect((await server.rows(rows)).status).toBe(201);
}, 180_000);

afterAll(() => server?.stop());

/** Megabytes that the server's process has in memory. */
const memory = (): number => {
  const status = readFileSync(`/proc/${server.process.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
};

it(`answers or refuses ${MESSAGES} messages`, async () => {
  const failures: string[] = [];
  const codes = new Map<string, number>();
  const seen: number[] = [];
  let sent = 0;
  let volley = 0;

  const within = async <T>(about: string, work: Promise<T>): Promise<T | null> => {
    const done = new AbortController();
    const late = sleep(PATIENCE_MS, 'late' as const, { signal: done.signal }).catch(() => null);
    const first = await Promise.race([work.catch((error: unknown) => error as Error), late]);
    done.abort();
    if (first === 'late') failures.push(`${about}: no answer in ${PATIENCE_MS / 1000} s`);
    else if (first instanceof Error) failures.push(`${about}: ${first.message}`);
    else return first as T;
    return null;
  };

  const check = (about: string, { type, body }: Frame): void => {
    if (!KNOWN_ANSWERS.has(type)) failures.push(`${about}: an answer of type ${type}`);
    if (type !== 'E') return;
    const { C = '', M = '' } = readFault(body);
    codes.set(C, (codes.get(C) ?? 0) + 1);
    // Postgres says XX000 itself of a parameter whose type does not exist, or whose bytes are none of the type's.
    const isOurs = C === 'XX000' && !/^cache lookup failed for type|^unsupported jsonb version/.test(M);
    if (!/^[0-9A-Z]{5}$/.test(C) || isOurs) failures.push(`${about}: ${C} ${M}`);
  };

  /** Reads up to the error with the mark, or up to the end of the connection. @returns whether it is still open */
  const settle = async (about: string, client: RawClient, mark: string | null): Promise<boolean> => {
    for (;;) {
      const frame = await client.next();
      if (!frame) return false;
      check(about, frame);
      if (frame.type === 'E' && mark !== null && readFault(frame.body).M?.includes(mark)) break;
    }
    for (const frame of await client.until('Z')) check(about, frame);
    return true;
  };

  const attack = async (about: string, dice: Dice, client: RawClient): Promise<boolean> => {
    const { bytes, messages, isWhole } = randomVolley(dice);
    const mark = `mark ${dice.below(2 ** 31 - 1)}`;
    sent += messages + 3;
    client.socket.write(bytes);
    if (!isWhole) {
      client.socket.end();
      await settle(about, client, null);
      return false;
    }
    client.socket.write(Buffer.concat([said.sync(), said.query('ROLLBACK'), said.query(`DEALLOCATE "${mark}"`)]));
    return settle(about, client, mark);
  };

  const lane = async (): Promise<void> => {
    let client: RawClient | null = null;
    while (sent < MESSAGES && failures.length < 10) {
      const seed = SEED * 10_000_019 + volley++;
      const dice = new Dice(seed);
      const about = `volley ${seed}`;
      if (sent > (seen.length + 1) * (MESSAGES / 10)) seen.push(memory());
      if (dice.chance(1)) {
        const stranger = await RawClient.open(server);
        stranger.socket.end(randomStart(dice));
        await within(`${about} (start)`, settle(about, stranger, null));
        stranger.socket.destroy();
        sent++;
      }
      if (!client) {
        client = await RawClient.open(server);
        const known: RawClient = client;
        if (!(await within(`${about} (login)`, known.start(dice.one([0, 2]))))) return;
        if (dice.chance(20)) {
          const other = await RawClient.open(server);
          other.socket.end(cancelPacket(known.process, Buffer.from([1, 2, 3, dice.below(256)])));
        }
      }
      const isOpen: boolean | null = await within(about, attack(about, dice, client));
      if (isOpen) continue;
      client.socket.destroy();
      client = null;
    }
    client?.socket.destroy();
  };

  await Promise.all(Array.from({ length: LANES }, lane));
  console.info(
    `${sent} messages in ${volley} volleys; memory ${seen.map((each) => each.toFixed(0)).join(', ')} MB;`,
    JSON.stringify(Object.fromEntries([...codes].sort((left, right) => right[1] - left[1]))),
  );
  expect(failures).toEqual([]);
  expect(server.process.exitCode).toBeNull();
  expect(server.printed).not.toMatch(/error|fatal/i);
  // What is kept for good, such as statements that were seen before, is there after the first third.
  expect((seen.at(-1) ?? 0) - (seen[2] ?? 0)).toBeLessThan(200);
  const client = await connect(server);
  expect((await client.query('SELECT COUNT(*) AS n FROM marketing')).rows).toEqual([{ n: String(SOURCES.length) }]);
  await client.end();
}, 7_200_000);
