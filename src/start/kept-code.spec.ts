import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { loadKept } from './kept-code.js';

const KEEP_AFTER_MS = 10_000;
let folder: string;
let file: string;
beforeEach(() => {
  jest.useFakeTimers();
  folder = mkdtempSync(join(tmpdir(), 'tributary-kept-'));
  file = join(folder, 'bundle.cjs');
});
afterEach(() => {
  jest.useRealTimers();
  rmSync(folder, { recursive: true, force: true });
});

const kept = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.compiled'));
const load = (): { answer: () => number; where: string } => loadKept(pathToFileURL(file).href);
const write = (answer: number): void =>
  writeFileSync(file, `exports.answer = () => ${answer}; exports.where = require('node:path').basename(__filename);`);

it('keeps what was compiled some time after a start, and takes it at the next', () => {
  write(1);
  expect(load()).toMatchObject({ where: 'bundle.cjs' });
  expect(kept()).toEqual([]);
  jest.advanceTimersByTime(KEEP_AFTER_MS);
  expect(readdirSync(folder)).toHaveLength(2);
  const [first] = kept();
  expect(load().answer()).toBe(1);
  jest.advanceTimersByTime(KEEP_AFTER_MS);
  expect(kept()).toEqual([first]);
});

it('never takes what was compiled of another source, though it has the same length', () => {
  write(1);
  load();
  jest.advanceTimersByTime(KEEP_AFTER_MS);
  write(2);
  expect(load().answer()).toBe(2);
});

it('compiles anew where what lies there is not to be used', () => {
  // A source that this process has not compiled yet, which V8 would remember.
  write(3);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 16);
  const bad = `${file}.${digest}.compiled`;
  writeFileSync(bad, 'no code at all');
  expect(load().answer()).toBe(3);
  jest.advanceTimersByTime(KEEP_AFTER_MS);
  expect(readFileSync(bad, 'latin1')).not.toBe('no code at all');
});

it('lets a bundle import packages that are ES modules, from where it lies', async () => {
  writeFileSync(file, `exports.late = () => importPackage('node:path');`);
  const { late } = loadKept<{ late: () => Promise<object> }>(pathToFileURL(file).href);
  expect(await late()).toHaveProperty('join');
});
