/** What the topics have to be like: read from `infra/topics/topics.json`, changed by what an operator asks for. */

export interface TopicDefinition {
  readonly name: string;
  readonly partitions: number;
  /** Whether partitions may be added later: only where no id and no hash depends on their number. */
  readonly mayGrow: boolean;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly cleanupPolicy: 'delete' | 'compact';
  /** Milliseconds, or undefined for ever. */
  readonly retentionMs?: number;
  readonly maxMessageBytes: number;
  /** Its retention must cover the longest that a delivery can be pending. */
  readonly outlivesPendingMail: boolean;
  /** Why it is as it is, for people. */
  readonly why: string;
}

/** What an operator may ask for instead. */
export interface TopicChoices {
  readonly replicationFactor?: number;
  /** Put before each name, so that several installations share a cluster. */
  readonly prefix?: string;
  /** Partitions by topic name, with the prefix or without. */
  readonly partitions?: ReadonlyMap<string, number>;
}

/** The definitions cannot be used, or do not fit the cluster or the policy; the message says what to change. */
export class TopicDefinitionError extends Error {
  override readonly name = 'TopicDefinitionError';
}

const HOUR_MS = 3_600_000;
const UNITS: Readonly<Record<string, number>> = { h: HOUR_MS, d: 24 * HOUR_MS };
/** `send_at` may lie 72 h ahead; 24 h are for expansion, attempts that outlast `max_age`, and clocks that differ. */
const BESIDE_MAX_AGE_MS = 96 * HOUR_MS;

/** @throws TopicDefinitionError that names the topic and the value */
export function parseTopicDefinitions(text: string): readonly TopicDefinition[] {
  const { defaults, topics } = JSON.parse(text) as Record<string, Record<string, unknown>>;
  if (!isObject(defaults) || !isObject(topics)) throw new TopicDefinitionError('`defaults` or `topics` is missing');
  return Object.entries(topics).map(([name, given]) => {
    if (!isObject(given)) throw new TopicDefinitionError(`${name}: no object`);
    return readTopic(name, { ...defaults, ...given });
  });
}

function readTopic(name: string, given: Readonly<Record<string, unknown>>): TopicDefinition {
  const { cleanupPolicy } = given;
  if (cleanupPolicy !== 'delete' && cleanupPolicy !== 'compact')
    throw new TopicDefinitionError(`${name}: cleanupPolicy is delete or compact`);
  const replicationFactor = whole(name, given, 'replicationFactor');
  return {
    name,
    partitions: whole(name, given, 'partitions'),
    mayGrow: given.mayGrow === true,
    replicationFactor,
    minInsyncReplicas: Math.min(replicationFactor, whole(name, given, 'minInsyncReplicas')),
    cleanupPolicy,
    ...readRetention(name, given.retention),
    maxMessageBytes: whole(name, given, 'maxMessageBytes'),
    outlivesPendingMail: given.outlivesPendingMail === true,
    why: typeof given.why === 'string' ? given.why : '',
  };
}

function readRetention(name: string, given: unknown): { retentionMs?: number } {
  if (given === 'forever') return {};
  const [, count, unit] = /^([1-9][0-9]*)([hd])$/.exec(String(given)) ?? [];
  const unitMs = UNITS[unit ?? ''];
  if (unitMs === undefined)
    throw new TopicDefinitionError(`${name}: retention is like 48h, 30d or forever, not ${given}`);
  return { retentionMs: Number(count) * unitMs };
}

function whole(name: string, given: Readonly<Record<string, unknown>>, key: string): number {
  const value = given[key];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1)
    throw new TopicDefinitionError(`${name}: ${key} is a whole number of at least 1, not ${value}`);
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws TopicDefinitionError where a topic is named that there is not */
export function choose(definitions: readonly TopicDefinition[], choices: TopicChoices): readonly TopicDefinition[] {
  const { prefix = '', partitions } = choices;
  const names = definitions.map(({ name }) => name);
  for (const asked of partitions?.keys() ?? []) {
    if (!names.some((name) => asked === name || asked === prefix + name))
      throw new TopicDefinitionError(`there is no topic ${asked}; there are ${names.join(', ')}`);
  }
  return definitions.map((topic) => {
    const name = prefix + topic.name;
    const replicationFactor = choices.replicationFactor ?? topic.replicationFactor;
    return {
      ...topic,
      name,
      partitions: partitions?.get(name) ?? partitions?.get(topic.name) ?? topic.partitions,
      replicationFactor,
      // Two of one copy can never be in sync: nothing could be written.
      minInsyncReplicas: Math.min(topic.minInsyncReplicas, replicationFactor),
    };
  });
}

/**
 * Facts must outlive the longest that a delivery can be pending, or a scheduler would forget mail it still owes.
 *
 * @param maxAgeMs the policy's `max_age`
 * @throws TopicDefinitionError that says how long that is
 */
export function checkTopicRetention(definitions: readonly TopicDefinition[], maxAgeMs: number): void {
  const leastMs = maxAgeMs + BESIDE_MAX_AGE_MS;
  for (const { name, outlivesPendingMail, retentionMs } of definitions) {
    if (!outlivesPendingMail || retentionMs === undefined || retentionMs >= leastMs) continue;
    const hours = (ms: number) => `${Math.ceil(ms / HOUR_MS)}h`;
    throw new TopicDefinitionError(
      `${name}: a retention of ${hours(retentionMs)} is less than mail may be pending: ${hours(leastMs)} ` +
        `(72h of send_at, max_age of ${hours(maxAgeMs)} by the policy, and 24h)`,
    );
  }
}

/** Kafka's settings of the topic. Nothing is deleted by size: what is pending does not shrink when mail is heavy. */
export function topicConfigs(topic: TopicDefinition): Readonly<Record<string, string>> {
  return {
    'cleanup.policy': topic.cleanupPolicy,
    'retention.ms': String(topic.retentionMs ?? -1),
    'retention.bytes': '-1',
    'min.insync.replicas': String(topic.minInsyncReplicas),
    'max.message.bytes': String(topic.maxMessageBytes),
    'unclean.leader.election.enable': 'false',
  };
}
