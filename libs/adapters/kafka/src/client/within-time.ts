import type { Timers } from '@penstock/ports';

/** Resolves when `work` is done, or after `ms`, whichever is first; rejects if `work` does by then. */
export async function withinTime(timers: Pick<Timers, 'after'>, ms: number, work: Promise<unknown>): Promise<void> {
  let giveUp: () => void = () => {};
  const patience = new Promise<void>((resolve) => {
    giveUp = resolve;
  });
  const timer = timers.after(ms, giveUp);
  // What fails after we have gone on is nobody's any more.
  work.catch(() => undefined);
  try {
    await Promise.race([work, patience]);
  } finally {
    timer.cancel();
  }
}
