import { readdirSync, readFileSync } from 'node:fs';

const PAGE_BYTES = 4_096;

/**
 * Bytes of memory that a process and all below it have to themselves; shared libraries count once in no one. Null where
 * the system does not tell, which is everywhere but on Linux.
 */
export function memoryOf(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return privateBytes(pid) + childrenOf(pid).reduce((sum, child) => sum + (memoryOf(child) ?? 0), 0);
  } catch {
    // It has ended in between.
    return null;
  }
}

/** `statm`: pages in all, in memory, shared, … */
function privateBytes(pid: number): number {
  const [, resident = 0, shared = 0] = readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ').map(Number);
  return (resident - shared) * PAGE_BYTES;
}

/** Children belong to the thread that made them. */
const childrenOf = (pid: number): readonly number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    try {
      return readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
    } catch {
      return [];
    }
  });
