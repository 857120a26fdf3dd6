/** Waits on what the platform says, never on time alone. */
import type { PlatformApi, Timeline } from '@penstock/cli';

export interface Waiting {
  /** Far beyond what the condition takes; then the last look is part of the error. */
  readonly withinMs: number;
}

const LOOK_EVERY_MS = 100;

/** The first look that satisfies the condition. */
export async function until<T>(look: () => Promise<T>, satisfied: (seen: T) => boolean, waiting: Waiting): Promise<T> {
  const deadline = Date.now() + waiting.withinMs;
  for (;;) {
    const seen = await look();
    if (satisfied(seen)) return seen;
    if (Date.now() > deadline)
      throw new Error(`not within ${waiting.withinMs} ms; last seen: ${JSON.stringify(seen, null, 1)}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

/** The timelines of a message's deliveries once all of them satisfy the condition. */
export function timelinesOf(
  api: PlatformApi,
  messageId: string,
  satisfied: (timeline: Timeline) => boolean,
  waiting: Waiting = { withinMs: 20_000 },
): Promise<readonly Timeline[]> {
  return until(
    async () => {
      // A message accepted a moment ago may not be in the archive yet.
      const deliveries = await api.deliveries(messageId).catch(() => []);
      return Promise.all(deliveries.map(({ deliveryId }) => api.timeline(deliveryId)));
    },
    (timelines) => timelines.length > 0 && timelines.every(satisfied),
    waiting,
  );
}

/** `processed released delivered`: the facts that changed something, in their order. */
export function story({ facts }: Timeline): string {
  return facts.map(({ type, cause }) => (type === 'deferred' ? `deferred(${cause})` : type)).join(' ');
}
