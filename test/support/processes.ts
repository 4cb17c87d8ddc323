/** The processes of a machine, as Linux tells about them. */
import { readdirSync, readFileSync } from 'node:fs';

/** A process that can't be mistaken for a later one with the same id. */
export interface KnownProcess {
  readonly pid: number;
  readonly command: string;
  /** Clock ticks after boot. */
  readonly started: string;
}

interface Seen extends KnownProcess {
  readonly parent: number;
  readonly session: number;
}

/** Whether this system tells about its processes. */
export const canSeeProcesses = process.platform === 'linux';

/** A process with all that it started, also what it put into a session of its own (Postgres and its workers). */
export function familyOf(pid: number): KnownProcess[] {
  const all = allProcesses();
  const family = new Map<number, Seen>();
  const sessions = new Set<number>();
  const mine = all.find((one) => one.pid === pid)?.session;
  for (let size = -1; size !== family.size;) {
    size = family.size;
    for (const one of all) {
      if (one.pid !== pid && !family.has(one.parent) && !sessions.has(one.session)) continue;
      family.set(one.pid, one);
      if (one.session !== mine) sessions.add(one.session);
    }
  }
  return [...family.values()];
}

/** Those of the processes that still run. */
export function stillRunning(known: readonly KnownProcess[]): KnownProcess[] {
  const all = allProcesses();
  return known.filter((one) => all.some(({ pid, started }) => pid === one.pid && started === one.started));
}

function allProcesses(): Seen[] {
  return readdirSync('/proc').flatMap((name): Seen[] => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      return [
        {
          pid: Number(name),
          command,
          started: fields[19] ?? '',
          parent: Number(fields[1]),
          session: Number(fields[3]),
        },
      ];
    } catch {
      return []; // It has ended meanwhile.
    }
  });
}
