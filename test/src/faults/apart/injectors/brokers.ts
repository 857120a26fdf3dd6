import { lasting, until } from '../../../fixtures/until.ts';
import type { Rig } from '../rig/rig.ts';
import type { PlannedFault } from '../schedule.ts';

/** Of a broker that came back, until every partition has all of its replicas again. */
const IN_STEP_WITHIN_MS = 90_000;
/** On a busy machine it takes longer than a start usually may. */
const START_TRIES = 3;
const LOOK_EVERY_MS = 1_000;

/** SIGKILL. */
export async function killBroker(rig: Rig, { target, durationMs }: PlannedFault, signal: AbortSignal) {
  await rig.stack.server(target).kill();
  await comeBack(rig, target, durationMs, signal);
}

/** SIGTERM: it hands its partitions over and ends in order. */
export async function bounceBroker(rig: Rig, { target, durationMs }: PlannedFault, signal: AbortSignal) {
  await rig.stack.server(target).stop();
  await comeBack(rig, target, durationMs, signal);
}

async function comeBack(rig: Rig, target: string, durationMs: number, signal: AbortSignal): Promise<void> {
  await lasting(durationMs, signal);
  for (let tries = 1; !signal.aborted; tries++) {
    try {
      // One that runs already is only waited for.
      return await rig.stack.server(target).start();
    } catch (error) {
      if (tries === START_TRIES) throw error;
    }
  }
}

/** No broker goes before all have what the others have: with two of three away nothing can be acknowledged. */
export async function inStep(rig: Rig, signal: AbortSignal): Promise<void> {
  let lacking: string | undefined;
  const isInStep = async () => {
    lacking = await rig.lackingReplicas();
    return lacking === undefined;
  };
  const patience = { withinMs: IN_STEP_WITHIN_MS, everyMs: LOOK_EVERY_MS, signal };
  await until(isInStep, () => `the brokers are in step: ${lacking}`, patience);
}
