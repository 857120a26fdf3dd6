import { lasting, until } from '../../../fixtures/until.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';

const LOOK_EVERY_MS = 100;

/** There and back again: two jumps. */
export async function jumpClock({ clocks }: Rig, fault: PlannedFault, signal: AbortSignal): Promise<void> {
  clocks.shift(fault.target, fault.shiftMs ?? 0);
  await lasting(fault.durationMs, signal);
  clocks.shift(fault.target, 0);
}

/** It runs, and its clock is right: a process does not start under a wrong one, which is another fault. */
export function isRunningInTime({ fleet, clocks }: Rig, signal: AbortSignal, target: string): Promise<void> {
  const holds = () => fleet.isRunning(target) && clocks.isRight(target);
  return until(holds, `${target} runs and its clock is right`, { everyMs: LOOK_EVERY_MS, signal });
}

/** Its start, if it was killed, is over. */
export function isRunning({ fleet }: Rig, signal: AbortSignal, target: string): Promise<void> {
  return until(() => fleet.isRunning(target), `${target} runs`, { everyMs: LOOK_EVERY_MS, signal });
}
