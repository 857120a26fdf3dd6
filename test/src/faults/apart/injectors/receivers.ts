import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';
import { last } from './waiting.ts';

/** The provider has the message, and nobody hears of it. */
export async function cutAfterDot({ receivers }: Rig, { target, durationMs }: PlannedFault, signal: AbortSignal) {
  const receiver = receivers.receiver(target);
  receiver.cutting = true;
  await last(durationMs, signal);
  receiver.cutting = false;
}
