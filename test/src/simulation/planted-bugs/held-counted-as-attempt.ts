import type { Released } from '@penstock/events';
import { type PlantedBug, readingOtherwise, withLog, writingOtherwise } from './planted-bug.ts';

/** Whoever waited for us has used up an attempt by that. */
export const heldCountedAsAttempt: PlantedBug = {
  in: 'scheduler',
  found: /is attempt \d+, and only \d+ were made/,
  into: (ports) => {
    const held = new Map<string, number>();
    const counted = (released: Released): Released => ({
      ...released,
      body: {
        ...released.body,
        deliveries: released.body.deliveries.map((delivery) => ({
          ...delivery,
          attempt: delivery.attempt + (held.get(delivery.deliveryId) ?? 0),
        })),
      },
    });
    return withLog(ports, {
      append: writingOtherwise(ports.log, (facts) =>
        facts.map((fact) => (fact.type === 'released' ? counted(fact) : fact)),
      ),
      join: readingOtherwise(ports.log, 'mail.events', (batch) => (partition, records) => {
        for (const { record } of records) {
          if (record.type !== 'deferred' || record.body.cause !== 'held' || record.deliveryId === undefined) continue;
          held.set(record.deliveryId, (held.get(record.deliveryId) ?? 0) + 1);
        }
        return batch(partition, records);
      }),
    });
  },
};
