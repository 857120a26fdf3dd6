/** A service joins the log, as a shell would have it. */
import type { Topic } from '@penstock/events';
import type { Consumer, EventLog, Membership, PenstockService } from '@penstock/ports';

/** `onStopped` is told of partitions that do not go on by themselves. */
export async function joinAll(
  service: PenstockService,
  log: EventLog,
  onStopped: (error: unknown) => void,
): Promise<readonly Membership[]> {
  await service.start();
  const memberships: Membership[] = [];
  for (const consumer of service.consumers) memberships.push(await join(log, consumer, onStopped));
  return memberships;
}

function join<T extends Topic>(log: EventLog, consumer: Consumer<T>, onStopped: (error: unknown) => void) {
  return log.join(watched(consumer, onStopped));
}

function watched<T extends Topic>(consumer: Consumer<T>, onStopped: (error: unknown) => void): Consumer<T> {
  const { handler } = consumer;
  return {
    ...consumer,
    handler: {
      assigned: (partition) => handler.assigned(partition),
      batch: (partition, records) => handler.batch(partition, records),
      revoked: (partition) => handler.revoked(partition),
      failed: (partition, error) => {
        handler.failed(partition, error);
        onStopped(error);
      },
    },
  };
}
