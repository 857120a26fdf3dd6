import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';
import { last } from './waiting.ts';

/** There and back again: two jumps. */
export async function jumpClock({ clocks }: Rig, fault: PlannedFault, signal: AbortSignal): Promise<void> {
  clocks.shift(fault.target, fault.shiftMs ?? 0);
  await last(fault.durationMs, signal);
  clocks.shift(fault.target, 0);
}
