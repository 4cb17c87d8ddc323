/**
 * Puts the temporary folders of a run of tests into memory, on a Linux that has plenty of it. Stores make and delete files
 * by the thousand, and ext4 looks for a place for each new file among those that were deleted in the last minutes, which
 * took up to a quarter of a spec's processor time. A process that is killed leaves the same behind in both: what it has written.
 */
import { mkdirSync, readdirSync, rmSync, statfsSync, symlinkSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const NAME = 'tributary-tests-';
/** Several times what the folders of two specs come to. */
const ENOUGH_BYTES = 6 * 1024 ** 3;

/** Runs before Jest starts its workers, which inherit the environment. Whoever has set `TMPDIR` has chosen. */
export default function begin() {
  if (process.platform !== 'linux' || process.env.TMPDIR || !isRoomy()) return;
  forgetDeadRuns();
  const folder = join(MEMORY, `${NAME}${process.pid}`);
  mkdirSync(folder);
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  shareBrowser(folder);
  process.env.TMPDIR = folder;
}

function isRoomy() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    return Math.min(bavail * bsize, freemem()) >= ENOUGH_BYTES;
  } catch {
    return false;
  }
}

/** One that was killed could not clear up. */
function forgetDeadRuns() {
  for (const name of readdirSync(MEMORY)) {
    if (!name.startsWith(NAME)) continue;
    try {
      process.kill(Number(name.slice(NAME.length)), 0);
    } catch (error) {
      if (error.code === 'ESRCH') rmSync(join(MEMORY, name), { recursive: true, force: true });
    }
  }
}

/** The browser is unpacked once a machine, and memory may be a place from which no program is run. */
function shareBrowser(folder) {
  const name = `tributary-chromium-${process.getuid()}`;
  const unpacked = join(tmpdir(), name);
  mkdirSync(unpacked, { recursive: true, mode: 0o700 });
  symlinkSync(unpacked, join(folder, name));
}
