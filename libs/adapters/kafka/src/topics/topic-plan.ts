/** What has to change so that the cluster's topics are as defined. Pure. */
import { type TopicDefinition, topicConfigs } from './topic-definitions.ts';

/** A topic as the cluster has it. */
export interface FoundTopic {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** The values in force, by name. */
  readonly configs: ReadonlyMap<string, string>;
  /** What the topic itself sets, apart from the cluster's defaults. */
  readonly ownConfigs: ReadonlyMap<string, string>;
}

export type TopicStep =
  | { readonly action: 'create' }
  | { readonly action: 'add_partitions'; readonly from: number; readonly to: number }
  | { readonly action: 'set'; readonly config: string; readonly from: string | undefined; readonly to: string }
  /** Cannot be put right here: an operator has to choose. */
  | { readonly action: 'refuse'; readonly reason: string };

export interface TopicPlan {
  readonly definition: TopicDefinition;
  readonly found: FoundTopic | undefined;
  /** Empty if the topic is as it should be. */
  readonly steps: readonly TopicStep[];
}

export function planTopics(
  definitions: readonly TopicDefinition[],
  found: ReadonlyMap<string, FoundTopic>,
  brokers: number,
): readonly TopicPlan[] {
  return definitions.map((definition) => {
    const topic = found.get(definition.name);
    return { definition, found: topic, steps: topic ? stepsFor(definition, topic) : creation(definition, brokers) };
  });
}

function creation({ replicationFactor }: TopicDefinition, brokers: number): readonly TopicStep[] {
  if (replicationFactor <= brokers) return [{ action: 'create' }];
  const few = `${replicationFactor} copies need ${replicationFactor} brokers and the cluster has ${brokers}`;
  return [{ action: 'refuse', reason: `${few}; --replication ${brokers} makes fewer copies` }];
}

function stepsFor(definition: TopicDefinition, found: FoundTopic): readonly TopicStep[] {
  return [...partitionSteps(definition, found), ...copySteps(definition, found), ...configSteps(definition, found)];
}

function partitionSteps({ name, partitions, mayGrow }: TopicDefinition, found: FoundTopic): readonly TopicStep[] {
  if (found.partitions === partitions) return [];
  if (mayGrow && found.partitions < partitions)
    return [{ action: 'add_partitions', from: found.partitions, to: partitions }];
  const why = mayGrow ? 'Kafka takes no partition away' : 'which partition a record is in depends on their number';
  const reason = `has ${found.partitions} partitions, not ${partitions}, and ${why}; --partitions ${name}=${found.partitions} keeps them`;
  return [{ action: 'refuse', reason }];
}

function copySteps({ replicationFactor }: TopicDefinition, found: FoundTopic): readonly TopicStep[] {
  if (found.replicationFactor === replicationFactor) return [];
  const reason = `has ${found.replicationFactor} copies, not ${replicationFactor}: kafka-reassign-partitions changes that`;
  return [{ action: 'refuse', reason }];
}

function configSteps(definition: TopicDefinition, found: FoundTopic): readonly TopicStep[] {
  return Object.entries(topicConfigs(definition)).flatMap(([config, to]) => {
    const from = found.configs.get(config);
    return from === to ? [] : [{ action: 'set' as const, config, from, to }];
  });
}

/** One line for people. */
export function stepText(step: TopicStep, definition: TopicDefinition): string {
  switch (step.action) {
    case 'create':
      return `create: ${definition.partitions} partitions, ${definition.replicationFactor} copies`;
    case 'add_partitions':
      return `add partitions: ${step.from} to ${step.to}`;
    case 'set':
      return `set ${step.config}: ${step.from ?? 'unset'} to ${step.to}`;
    case 'refuse':
      return `refused: ${step.reason}`;
  }
}
