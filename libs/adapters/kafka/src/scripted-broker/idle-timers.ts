import type { TestContext } from 'node:test';

/** Turns of the test's own 1 ms timer for which others are counted. */
const TURNS = 50;

/**
 * How many timers of 1 ms or less somebody else arms while one of the test's own fires fifty times. A delay below 1,
 * as kafkajs asks for, is 1 for Node.
 */
export async function armedWhileIdle(context: TestContext): Promise<number> {
  const real = globalThis.setTimeout;
  let armed = 0;
  const counting = (callback: () => void, delayMs?: number, ...rest: []) => {
    if ((delayMs ?? 0) <= 1) armed++;
    return real(callback, Math.max(1, delayMs ?? 1), ...rest);
  };
  const mock = context.mock.method(globalThis, 'setTimeout', counting as typeof setTimeout);
  for (let turn = 0; turn < TURNS; turn++) await new Promise<void>((resolve) => real(resolve, 1));
  mock.mock.restore();
  return armed;
}
