/** The configuration of one node that is broker and controller in one (KRaft, no ZooKeeper). */
import { LOOPBACK, type StackPorts } from '../processes/ports.ts';

export interface NodeProperties {
  readonly nodeId: number;
  readonly brokers: number;
  readonly ports: StackPorts;
  readonly dataFolder: string;
  /** Added last, so that they win; `log.flush.interval.messages=1` for a sync per write, say. */
  readonly extra: Readonly<Record<string, string>>;
}

export function serverProperties(node: NodeProperties): string {
  const all = { ...roles(node), ...replication(node.brokers), ...SMALL_MACHINE, ...node.extra };
  return Object.entries(all)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

function roles({ nodeId, brokers, ports, dataFolder }: NodeProperties): Readonly<Record<string, string>> {
  const ids = Array.from({ length: brokers }, (_, index) => index + 1);
  const client = `PLAINTEXT://${LOOPBACK}:${ports.kafka(nodeId)}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'controller.quorum.voters': ids.map((id) => `${id}@${LOOPBACK}:${ports.kafkaController(id)}`).join(','),
    listeners: `${client},CONTROLLER://${LOOPBACK}:${ports.kafkaController(nodeId)}`,
    'advertised.listeners': client,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': dataFolder,
  };
}

/** With three brokers as in production: three copies, two of which must have a record before it is acknowledged. */
function replication(brokers: number): Readonly<Record<string, string>> {
  const factor = String(brokers);
  const inSync = String(Math.max(1, brokers - 1));
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': inSync,
  };
}

/** Kafka's own defaults are for machines of many cores: 50 partitions of offsets, 128 MB of heap for the cleaner. */
const SMALL_MACHINE: Readonly<Record<string, string>> = {
  'auto.create.topics.enable': 'false',
  'offsets.topic.num.partitions': '8',
  'transaction.state.log.num.partitions': '4',
  'share.coordinator.state.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
  'num.network.threads': '2',
  'num.io.threads': '4',
  'log.cleaner.dedupe.buffer.size': '16777216',
};
