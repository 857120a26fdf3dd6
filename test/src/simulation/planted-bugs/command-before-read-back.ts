import {
  type Attempt,
  type Fact,
  factId,
  type Processed,
  type Released,
  type ReleasedDelivery,
} from '@penstock/events';
import type { AnyAppendBatch } from '@penstock/ports';
import { SOURCE_PARTITIONS } from '../surroundings.ts';
import { type PlantedBug, readingOtherwise, withLog } from './planted-bug.ts';

/** Commands leave together with the releases they follow from: nobody has read yet that those stand in the log. */
export const commandBeforeReadBack: PlantedBug = {
  in: 'scheduler',
  found:
    /attempted without an open release|was attempted .* early|arrived \d+ times|answers command|ended twice|never accepted/,
  into: (ports) => {
    const accepted = new Map<string, Processed>();
    return withLog(ports, {
      append: (batches) => {
        const commands = batches.flatMap(({ records }) =>
          (records as readonly Fact[]).flatMap((fact) => commandsOf(fact, accepted)),
        );
        if (commands.length > 0) ports.log.append(commands).catch(() => {});
        return ports.log.append(batches);
      },
      join: readingOtherwise(ports.log, 'mail.events', (batch) => (partition, records) => {
        for (const { record } of records) {
          if (record.type === 'processed' && record.deliveryId !== undefined) accepted.set(record.deliveryId, record);
        }
        return batch(partition, records);
      }),
    });
  },
};

function commandsOf(fact: Fact, accepted: ReadonlyMap<string, Processed>): readonly AnyAppendBatch[] {
  if (fact.type !== 'released') return [];
  const partition = SOURCE_PARTITIONS.get(fact.body.source);
  if (partition === undefined) return [];
  const records = fact.body.deliveries.flatMap((released) => {
    const processed = accepted.get(released.deliveryId);
    return processed ? [commandOf(fact, released, processed)] : [];
  });
  return records.length > 0 ? [{ topic: 'mail.attempts', partition, records }] : [];
}

/** As the scheduler makes it when it reads the release. */
function commandOf({ at, partition, body }: Released, released: ReleasedDelivery, processed: Processed): Attempt {
  const { deliveryId, release, attempt } = released;
  const { messageId = '', tenant = '' } = processed;
  const { domain, content, size, sendAt } = processed.body;
  const { source, site, path, pool, startBy, provider } = body;
  const delivery = { deliveryId, messageId, tenant, release, attempt, content, size };
  return {
    id: factId(deliveryId, release, 'attempt', 'released'),
    type: 'attempt',
    version: 1,
    at,
    partition,
    deliveryId,
    messageId,
    tenant,
    release,
    body: {
      source,
      site,
      path,
      domain,
      pool,
      class: body.class,
      startBy,
      expiresAt: Math.max(startBy, sendAt),
      deliveries: [released.mayDuplicate ? { ...delivery, mayDuplicate: true } : delivery],
      ...(provider === undefined ? {} : { provider }),
    },
  };
}
