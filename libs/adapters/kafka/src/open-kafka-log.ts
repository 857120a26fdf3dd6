import { GuardedProducer } from './append/guarded-producer.ts';
import { SendQueue } from './append/send-queue.ts';
import { ClusterAccess } from './client/cluster-access.ts';
import { kafkaClient } from './client/kafka-client.ts';
import { KafkaEventLog, type KafkaLog } from './kafka-log.ts';
import { type KafkaLogOptions, settingsOf } from './options.ts';
import { loadTopics } from './topics/topic-table.ts';

/**
 * Connects to Kafka and checks that the topics are there and durable enough.
 *
 * @throws Error for a missing topic, naming it and the command that makes it, and for topics that one broker alone
 * keeps, unless `allowSingleReplica`.
 */
export async function openKafkaLog(options: KafkaLogOptions): Promise<KafkaLog> {
  const settings = settingsOf(options);
  const { clock, guards, telemetry, timers } = settings;
  const kafka = kafkaClient(options, settings);
  const topics = await loadTopics(kafka, settings);
  const access = new ClusterAccess(kafka, settings);
  const producer = new GuardedProducer(kafka, settings);
  try {
    await Promise.all([access.connect(topics.names), producer.connect()]);
  } catch (error) {
    await Promise.allSettled([access.close(), producer.close()]);
    throw error;
  }
  const queue = new SendQueue({
    sender: producer,
    clock,
    timers,
    telemetry,
    maxBatchBytes: (name) => topics.maxBatchBytes(name),
    guardLeaders: guards.leaders,
    guardOrder: guards.order,
  });
  let isFatal = false;
  const onFatal = (error: Error): void => {
    if (isFatal) return;
    isFatal = true;
    options.onFatal(error);
  };
  return new KafkaEventLog({ kafka, access, topics, settings, onFatal, producer, queue });
}
