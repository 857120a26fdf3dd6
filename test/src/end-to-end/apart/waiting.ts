/** Waits on what services apart say, with an end. */
import assert from 'node:assert/strict';
import { type DeliverySummary, isSettled, type PlatformApi } from '@penstock/cli';
import { type Services, START_ORDER } from './services.ts';

const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 200;

/** @param what for the error; as a function, what is known by then */
export async function until(holds: () => boolean | Promise<boolean>, what: string | (() => string)): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    const told = () => (typeof what === 'string' ? what : what());
    if (performance.now() >= deadline) assert.fail(`waited too long until ${told()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export async function becomesReady(url: string, name: string): Promise<void> {
  let said = '';
  const look = async () => {
    const response = await fetch(`${url}/health/ready`);
    said = await response.text();
    return response.status === 200;
  };
  await until(look, () => `${name} is ready: ${said}`);
}

export async function everyoneReady(services: Services): Promise<void> {
  for (const name of START_ORDER) await becomesReady(services.url(name), name);
}

/** The deliveries of all these messages, once none of them waits any more. */
export async function settled(api: PlatformApi, messageIds: readonly string[]): Promise<readonly DeliverySummary[]> {
  const found: DeliverySummary[] = [];
  for (const messageId of messageIds) {
    let deliveries: readonly DeliverySummary[] = [];
    await until(async () => {
      // Unknown until the projector has read of it.
      deliveries = await api.deliveries(messageId).catch(() => []);
      return deliveries.length > 0 && deliveries.every(isSettled);
    }, `${messageId} is settled`);
    found.push(...deliveries);
  }
  return found;
}
