import { lasting } from '../../../fixtures/until.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';

/** Not a page is free for a while. */
export async function fillDisk(
  { disks }: Rig,
  { target, durationMs }: PlannedFault,
  signal: AbortSignal,
): Promise<void> {
  const disk = disks.disk(target);
  disk.fill();
  await lasting(durationMs, signal);
  disk.free();
}
