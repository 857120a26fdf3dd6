export type { KafkaLog, PartitionLag } from './kafka-log.ts';
export { openKafkaLog } from './open-kafka-log.ts';
export type { KafkaGuards, KafkaLogOptions, KafkaTimes, Lingers } from './options.ts';
export {
  clientConfig,
  type KafkaConnection,
  type KafkaSasl,
  type KafkaSaslMechanism,
  type KafkaTls,
} from './settings/kafka-connection.ts';
export {
  KAFKA_SETTINGS,
  type KafkaSettings,
  KafkaSettingsError,
  parseKafkaSettings,
} from './settings/kafka-settings.ts';
export { applyTopics, checkTopics, isRefused } from './topics/topic-admin.ts';
export {
  checkTopicRetention,
  choose as chooseTopics,
  parseTopicDefinitions,
  type TopicChoices,
  type TopicDefinition,
  TopicDefinitionError,
} from './topics/topic-definitions.ts';
export { type FoundTopic, stepText, type TopicPlan, type TopicStep } from './topics/topic-plan.ts';
