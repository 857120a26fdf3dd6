import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';
import { last } from './waiting.ts';

const WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 100;

/** There and back again: two jumps. */
export async function jumpClock({ clocks }: Rig, fault: PlannedFault, signal: AbortSignal): Promise<void> {
  clocks.shift(fault.target, fault.shiftMs ?? 0);
  await last(fault.durationMs, signal);
  clocks.shift(fault.target, 0);
}

/** It runs, and its clock is right: a process that starts under a wrong one believes it, which is another fault. */
export function isRunningInTime({ fleet, clocks }: Rig, signal: AbortSignal, target: string): Promise<void> {
  return until(() => fleet.isRunning(target) && clocks.isRight(target), signal);
}

/** Its start, if it was killed, is over. */
export function isRunning({ fleet }: Rig, signal: AbortSignal, target: string): Promise<void> {
  return until(() => fleet.isRunning(target), signal);
}

async function until(holds: () => boolean, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!holds() && !signal.aborted) {
    if (performance.now() > deadline) throw new Error(`not within ${WITHIN_MS} ms`);
    await last(LOOK_EVERY_MS, signal);
  }
}
