import type { PlatformApi } from '../api/platform-api.ts';
import { isSettled, type Timeline } from '../api/views.ts';
import type { Console } from '../console.ts';
import { factLine } from '../rendering/timeline-text.ts';

const POLL_MS = 250;
/** Deliveries whose facts are shown as they come; more would only scroll by. */
const FOLLOWED = 20;

/** Prints every fact of the message's deliveries as it comes, until all are settled. */
export async function follow(messageId: string, console: Console, api: PlatformApi): Promise<void> {
  const shown = new Map<string, number>();
  for (;;) {
    const deliveries = (await api.deliveries(messageId)).slice(0, FOLLOWED);
    for (const { deliveryId } of deliveries) {
      const timeline = await api.timeline(deliveryId);
      printNew(timeline, shown, console, deliveries.length > 1);
    }
    if (deliveries.length > 0 && deliveries.every(isSettled)) return;
    await console.sleep(POLL_MS);
  }
}

function printNew(timeline: Timeline, shown: Map<string, number>, console: Console, named: boolean): void {
  const before = shown.get(timeline.deliveryId) ?? 0;
  const start = timeline.facts[0]?.at ?? 0;
  const name = named ? `${timeline.domain ?? timeline.deliveryId}  ` : '';
  for (const fact of timeline.facts.slice(before)) console.print(`${name}${factLine(fact, start)}`);
  shown.set(timeline.deliveryId, timeline.facts.length);
}
