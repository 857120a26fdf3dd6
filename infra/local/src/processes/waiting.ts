import { setTimeout as sleep } from 'node:timers/promises';

/** How often a server is asked whether it is ready, or has ended. */
const ASK_EVERY_MS = 50;

/** Asks until `done` says so; false when it did not within the time. */
export async function until(done: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
  const deadline = performance.now() + withinMs;
  while (!(await done())) {
    if (performance.now() > deadline) return false;
    await sleep(ASK_EVERY_MS);
  }
  return true;
}
