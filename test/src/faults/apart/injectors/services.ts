import { lasting } from '../../../fixtures/until.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';

/** SIGKILL, and started again after a while, as a supervisor would. */
export async function killService({ fleet }: Rig, { target, durationMs }: PlannedFault, signal: AbortSignal) {
  await fleet.kill(target);
  await lasting(durationMs, signal);
  if (!signal.aborted) await fleet.run(target);
}

/** SIGSTOP, SIGCONT. */
export async function stopService({ fleet }: Rig, { target, durationMs }: PlannedFault, signal: AbortSignal) {
  fleet.pause(target);
  try {
    await lasting(durationMs, signal);
  } finally {
    fleet.resume(target);
  }
}
