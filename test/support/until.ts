/** Asks again until there is an answer. @throws Error when there is none in time */
export async function until<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  { seconds = 60, everyMs = 250, what = 'an answer' } = {},
): Promise<T> {
  const end = performance.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`Waited ${seconds} s in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
