import type { Cluster, Kafka, Message, PartitionerArgs, Producer, RecordMetadata } from 'kafkajs';
import type { LogSettings } from '../options.ts';
import { type PartitionSend, type PartitionSender, partitionKey } from './send-queue.ts';

/** The partitions of one send turned out to be led by several brokers. */
class LeadersDifferError extends Error {
  override readonly name = 'LeadersDifferError';
  /** For kafkajs: it is we who send again, each partition on its own. */
  readonly retriable = false;
}

/** kafkajs asks for new metadata when an error has this name. */
class LeaderUnknownError extends Error {
  override readonly name = 'KafkaJSMetadataNotLoaded';
  readonly retriable = true;
}

const SEND = Symbol('send');

/** Marks the first message of a partition in a send, so that the partitioner looks at each partition once. */
interface FirstMessage extends Message {
  [SEND]?: { leader: number | undefined };
}

type PartitionMetadata = ReturnType<Cluster['findTopicPartitionMetadata']>[number];

/**
 * A kafkajs producer that sends to one leader at a time and believes only an answer that names every partition.
 *
 * kafkajs 2.2.4 keeps the answers of the brokers it has reached when it sends again after a failure, and asks only
 * brokers without one; when a partition has moved to a broker that had answered for another, its records are sent to
 * nobody and the send resolves (issue 1303). So kafkajs never sends again by itself (`retries: 0`), a send has one
 * leader, by the very metadata it is sent with, and who is not in the answer goes again.
 */
export class GuardedProducer implements PartitionSender {
  private readonly producer: Producer;
  private readonly leaders = new Map<string, number>();
  private readonly seen = new Map<string, readonly PartitionMetadata[]>();

  constructor(
    kafka: Kafka,
    private readonly settings: LogSettings,
  ) {
    const { guards } = settings;
    this.producer = kafka.producer({
      idempotent: !guards.order,
      allowAutoTopicCreation: false,
      createPartitioner: () => (args) => this.choose(args),
      ...(guards.leaders ? { retry: { retries: 0 } } : {}),
    });
  }

  connect(): Promise<void> {
    return this.producer.connect();
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }

  leaderOf(topic: string, partition: number): number | undefined {
    return this.leaders.get(partitionKey(topic, partition));
  }

  async send(sends: readonly PartitionSend[]): Promise<ReadonlyMap<string, number>> {
    const byTopic = new Map<string, Message[]>();
    const together = { leader: undefined };
    for (const { topic, partition, messages } of sends) {
      const all = byTopic.get(topic) ?? [];
      byTopic.set(topic, all);
      for (const [i, message] of messages.entries()) {
        all.push(i === 0 ? firstMessage(message, partition, together) : { ...message, partition });
      }
    }
    const answers = await this.producer.sendBatch({
      acks: -1,
      timeout: Math.max(1_000, this.settings.times.requestTimeoutMs - 1_000),
      topicMessages: [...byTopic].map(([topic, messages]) => ({ topic, messages })),
    });
    return offsetsOf(answers);
  }

  /** The partition that we named; and, once for each partition of a send, whether its leader is that of the others. */
  private choose({ topic, partitionMetadata, message }: PartitionerArgs): number {
    const { partition, [SEND]: together }: FirstMessage = message;
    if (partition === undefined) throw new TypeError('a record without a partition');
    if (!together || !this.settings.guards.leaders) return partition;
    this.learn(topic, partitionMetadata);
    const leader = this.leaders.get(partitionKey(topic, partition));
    if (leader === undefined) throw new LeaderUnknownError(`no leader is known for ${topic}-${partition}`);
    together.leader ??= leader;
    if (together.leader !== leader) {
      throw new LeadersDifferError(`${topic}-${partition} is led by broker ${leader}, not ${together.leader}`);
    }
    return partition;
  }

  private learn(topic: string, metadata: readonly PartitionMetadata[]): void {
    if (this.seen.get(topic) === metadata) return;
    this.seen.set(topic, metadata);
    for (const { partitionId, leader } of metadata) this.leaders.set(partitionKey(topic, partitionId), leader);
  }
}

function firstMessage(message: Message, partition: number, together: { leader: number | undefined }): FirstMessage {
  return { ...message, partition, [SEND]: together };
}

/** The offsets of an answer, without whatever is not plainly a success. */
export function offsetsOf(answers: readonly RecordMetadata[]): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const answer of answers ?? []) {
    if (answer?.errorCode !== 0 || answer.baseOffset === undefined) continue;
    const offset = Number(answer.baseOffset);
    if (Number.isSafeInteger(offset) && offset >= 0)
      offsets.set(partitionKey(answer.topicName, answer.partition), offset);
  }
  return offsets;
}
