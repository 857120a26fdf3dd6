import { lasting } from '../../../fixtures/until.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';

/** FLUSHALL. */
export function flushRedis(rig: Rig): Promise<void> {
  return rig.flushRedis();
}

/** SIGKILL: what it had not written is gone. */
export async function restartRedis({ stack }: Rig, { durationMs }: PlannedFault, signal: AbortSignal): Promise<void> {
  const server = stack.server('redis');
  await server.kill();
  await lasting(durationMs, signal);
  if (!signal.aborted) await server.start();
}
