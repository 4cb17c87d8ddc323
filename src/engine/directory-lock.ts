import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conflict } from '../common/problem.js';
import { errorCode } from '../common/unreachable.js';

export interface DirectoryLock {
  release(): void;
}

/**
 * Claims a data directory for this process by a file that names it. A file left by a process that is gone (killed,
 * power lost) is taken over; a process is known by its id and start time, because ids come round again.
 * @throws Problem `data_directory_in_use` while its owner lives
 */
export function lockDirectory(directory: string): DirectoryLock {
  const file = join(directory, 'tributary.lock');
  const mine = identity(process.pid);
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, mine, { mode: 0o600 });
  try {
    for (let attempt = 0; ; attempt++) {
      if (linked(draft, file)) break;
      const owner = read(file);
      if (owner === null) continue;
      const pid = Number(owner.split(' ')[0]);
      if (attempt > 20 || (isAlive(pid) && identity(pid) === owner)) {
        throw conflict(
          'data_directory_in_use',
          `The analytics data directory is in use by process ${pid}. Stop that process, or give this one another DATA_DIR.`,
        );
      }
      takeAway(file, owner);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return {
    release: () => {
      if (read(file) === mine) rmSync(file, { force: true });
    },
  };
}

/** `link` creates the file with its content at once, or fails when it exists. */
function linked(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Moves a stale file away; if another process has replaced it meanwhile, that one gets its file back. */
function takeAway(file: string, stale: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  if (read(aside) !== stale) linked(aside, file);
  rmSync(aside, { force: true });
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

/** True while a process of this id runs, whoever owns it. One that has died but was not buried yet does not run. */
export function isAlive(pid: number): boolean {
  if (status(pid)?.[0] === 'Z') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

/** `<pid> <start time>`; the start time where the system tells it (Linux). */
const identity = (pid: number): string => `${pid} ${status(pid)?.[19] ?? ''}`;

/** Fields of `/proc/<pid>/stat` from the state on; null where there is no such file. */
function status(pid: number): string[] | null {
  const stat = read(`/proc/${pid}/stat`);
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
