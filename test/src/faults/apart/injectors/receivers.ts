import { lasting } from '../../../fixtures/until.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';

/** Nothing comes while its sources wait for a new owner; a cut that cuts nothing shows nothing. */
const WITHIN_MS = 90_000;
const LOOK_EVERY_MS = 100;

/** The provider has the message, and nobody hears of it. */
export async function cutAfterDot({ receivers }: Rig, { target, durationMs }: PlannedFault, signal: AbortSignal) {
  const receiver = receivers.receiver(target);
  const before = receiver.cuts;
  const deadline = performance.now() + WITHIN_MS;
  receiver.cutting = true;
  await lasting(durationMs, signal);
  while (receiver.cuts === before && performance.now() < deadline && !signal.aborted)
    await lasting(LOOK_EVERY_MS, signal);
  receiver.cutting = false;
}
