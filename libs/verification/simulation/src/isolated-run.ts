import process from 'node:process';
import type { Simulation } from './simulation.ts';
import { withDeterminism } from './time/determinism-guard.ts';

/** Runs `body` cut off from real time and chance; a promise rejected with nobody listening ends the run. */
export async function isolatedRun<T>(simulation: Simulation, body: () => Promise<T>): Promise<T> {
  const fail = (reason: unknown) => simulation.fail(reason);
  const others = process.listeners('unhandledRejection');
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', fail);
  try {
    return await withDeterminism(body, fail);
  } finally {
    process.off('unhandledRejection', fail);
    for (const other of others) process.on('unhandledRejection', other);
  }
}
