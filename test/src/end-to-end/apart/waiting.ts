/** Waits on what services apart say, with an end. */
import assert from 'node:assert/strict';
import { type DeliverySummary, isSettled, type PlatformApi } from '@penstock/cli';
import { type Services, START_ORDER } from './services.ts';

const PATIENCE_MS = 120_000;
const LOOK_EVERY_MS = 200;

export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `waited too long until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export async function isReady(url: string): Promise<boolean> {
  return (await fetch(`${url}/health/ready`)).status === 200;
}

export async function everyoneReady(services: Services): Promise<void> {
  for (const name of START_ORDER) await until(() => isReady(services.url(name)), `${name} is ready`);
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
