import type { Control, Topic } from '@penstock/events';
import type {
  AnyAppendBatch,
  AppendReceipt,
  Consumer,
  EventLog,
  PartitionHandler,
  StoredRecord,
} from '@penstock/ports';
import type { SimulatedPorts, SimulatedProcess } from '@penstock/simulation';
import type { ServiceName } from '../services.ts';

/**
 * A mistake that is made when services are composed, by ports that do not do what they are asked, and nowhere in the
 * services: what a service would do that had it.
 */
export interface PlantedBug {
  readonly in: ServiceName;
  /** What whoever meets it has to say. */
  readonly found: RegExp;
  /** The ports with which the service makes the mistake. */
  into(ports: SimulatedPorts, process: SimulatedProcess): SimulatedPorts;
}

/** The ports with a log of which some calls do something else. */
export function withLog(ports: SimulatedPorts, other: Partial<EventLog>): SimulatedPorts {
  const { log } = ports;
  const same: EventLog = {
    partitionCount: (topic) => log.partitionCount(topic),
    append: (batches) => log.append(batches),
    read: (topic, partition, from, maxRecords) => log.read(topic, partition, from, maxRecords),
    bounds: (topic, partition) => log.bounds(topic, partition),
    committed: (group, topic, partition) => log.committed(group, topic, partition),
    commit: (group, topic, partition, offset) => log.commit(group, topic, partition, offset),
    join: (consumer) => log.join(consumer),
  };
  return { ...ports, log: { ...same, ...other } };
}

type Batch<T extends Topic> = (partition: number, records: readonly StoredRecord<T>[]) => Promise<void>;

/** `join`, but what is read of one topic goes through `alter` on its way to the handler. */
export function readingOtherwise<T extends Topic>(
  log: EventLog,
  topic: T,
  alter: (batch: Batch<T>, consumer: Consumer<T>) => Batch<T>,
): EventLog['join'] {
  return (consumer) => {
    if (!isOf(consumer, topic)) return log.join(consumer);
    const its: Consumer<T> = consumer;
    const { handler } = its;
    const altered: PartitionHandler<T> = {
      assigned: (partition) => handler.assigned(partition),
      batch: alter((partition, records) => handler.batch(partition, records), its),
      revoked: (partition) => handler.revoked(partition),
      failed: (partition, error) => handler.failed(partition, error),
    };
    return log.join({ ...its, handler: altered });
  };
}

function isOf<T extends Topic>(consumer: { readonly topic: Topic }, topic: T): consumer is Consumer<T> {
  return consumer.topic === topic;
}

/** `append`, but the records of `mail.events` go through `alter` on their way to the log. */
export function writingOtherwise(
  log: EventLog,
  alter: (records: EventRecords) => EventRecords,
  failed: (records: EventRecords) => void = () => {},
): (batches: readonly AnyAppendBatch[]) => Promise<readonly AppendReceipt[]> {
  return async (batches) => {
    const altered = batches.map((batch) =>
      batch.topic === 'mail.events' ? { ...batch, records: alter(batch.records) } : batch,
    );
    try {
      return await log.append(altered);
    } catch (error) {
      for (const batch of batches) if (batch.topic === 'mail.events') failed(batch.records);
      throw error;
    }
  };
}

export type EventRecords = Extract<AnyAppendBatch, { readonly topic: 'mail.events' }>['records'];

/** As it is, but about nobody: offsets stay what they are. */
export function aboutNobody(record: Control): Control {
  if (record.type === 'source_claimed') return { ...record, body: { ...record.body, source: 'nobody' } };
  if (record.type === 'path_throttled') return { ...record, body: { ...record.body, path: 'nobody' } };
  return record;
}
