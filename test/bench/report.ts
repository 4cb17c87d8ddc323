import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

/** One result on stdout: a JSON object on a line of its own, with the machine's load. Numbers are rounded to three decimals. */
export function report(
  result: { readonly bench: string; readonly ratio: number | null; readonly unit: string } & Record<string, unknown>,
): void {
  process.stdout.write(
    `${JSON.stringify({ ...result, load: loadavg()[0] }, (_, value: unknown) => (typeof value === 'number' ? Math.round(value * 1_000) / 1_000 : value))}\n`,
  );
}

/** What is going on, for whoever watches. */
export const progress = (text: string): void => void process.stderr.write(`${text}\n`);

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Milliseconds that a job takes, with what it gave. */
export async function timed<T>(job: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const started = performance.now();
  const value = await job();
  return { ms: performance.now() - started, value };
}

/** The same with the milliseconds of processor time that this process has used meanwhile, on all of its threads. */
export async function timedWhole<T>(job: () => Promise<T>): Promise<{ ms: number; processorMs: number; value: T }> {
  const before = process.cpuUsage();
  const { ms, value } = await timed(job);
  const { user, system } = process.cpuUsage(before);
  return { ms, processorMs: (user + system) / 1_000, value };
}

/** Runs a job with a folder of its own, which is gone afterwards whatever comes of the job. */
export async function withFolder(job: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tributary-bench-'));
  try {
    await job(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
