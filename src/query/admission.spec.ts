import { Problem } from '../common/problem.js';
import { Admission } from './admission.js';
import type { Lane } from './limits.js';

const lane: Lane = { running: 2, waiting: 2, patienceMs: 60_000, refusal: 429, seconds: 60 };
const admission = (change: Partial<Lane> = {}): Admission => {
  const small = { ...lane, ...change };
  return new Admission({ interactive: small, export: small, delivery: small });
};
const refused = (job: Promise<unknown>): Promise<unknown> =>
  job.then(
    () => null,
    (error: unknown) => (error instanceof Problem ? error.code : error),
  );

describe('turns at the engine', () => {
  it('lets so many run, so many wait in order, and refuses the rest with a word when to come back', async () => {
    const gate = admission();
    const first = await gate.enter('a', 'interactive');
    const second = await gate.enter('a', 'interactive');
    const order: string[] = [];
    const third = gate.enter('a', 'interactive').then((leave) => (order.push('third'), leave));
    const fourth = gate.enter('a', 'interactive').then((leave) => (order.push('fourth'), leave));
    await expect(gate.enter('a', 'interactive')).rejects.toMatchObject({
      status: 429,
      code: 'too_many_queries',
      headers: { 'retry-after': '5' },
    });
    first();
    second();
    const leave = [await third, await fourth];
    expect(order).toEqual(['third', 'fourth']);
    leave.forEach((give) => give());
    // All turns are back.
    expect(await Promise.all([gate.enter('a', 'interactive'), gate.enter('a', 'interactive')])).toHaveLength(2);
  });

  it('keeps organisations and lanes apart', async () => {
    const gate = admission({ running: 1, waiting: 0 });
    await gate.enter('a', 'interactive');
    await gate.enter('b', 'interactive');
    await gate.enter('a', 'export');
    expect(await refused(gate.enter('a', 'interactive'))).toBe('too_many_queries');
  });

  it('takes whoever leaves out of the line', async () => {
    const gate = admission({ running: 1 });
    const leave = await gate.enter('a', 'interactive');
    const gone = new AbortController();
    const waiting = refused(gate.enter('a', 'interactive', gone.signal));
    const next = gate.enter('a', 'interactive');
    gone.abort();
    expect(await waiting).toBe('query_cancelled');
    leave();
    expect(await next).toBeInstanceOf(Function);
  });

  it('refuses who has waited too long', async () => {
    const gate = admission({ running: 1, patienceMs: 1 });
    await gate.enter('a', 'interactive');
    expect(await refused(gate.enter('a', 'interactive'))).toBe('too_many_queries');
  });
});
