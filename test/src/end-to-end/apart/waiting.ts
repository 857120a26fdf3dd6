/** Waits on what services apart say, with an end. */
import { type DeliverySummary, isSettled, type PlatformApi } from '@penstock/cli';
import { until } from '../../fixtures/until.ts';
import { type Services, START_ORDER } from './services.ts';

const ANSWER_WITHIN_MS = 5_000;

/** Resolves when the service says that it is ready, or the signal is aborted. */
export async function becomesReady(url: string, name: string, signal?: AbortSignal): Promise<void> {
  let said = '';
  const look = async () => {
    try {
      const response = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      said = await response.text();
      return response.status === 200;
    } catch (error) {
      said = String(error);
      return false;
    }
  };
  await until(look, () => `${name} is ready: ${said}`, { signal });
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
