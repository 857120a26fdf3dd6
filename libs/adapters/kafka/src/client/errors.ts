import { OffsetOutOfRangeError } from '@penstock/ports';

interface KafkaError {
  readonly name?: string;
  readonly type?: string;
  readonly retriable?: boolean;
  readonly cause?: unknown;
}

/** The error below the wrappings that kafkajs puts around one. */
export function causeOf(error: unknown): KafkaError {
  let found = error as KafkaError;
  for (let depth = 0; depth < 8 && found?.cause; depth++) found = found.cause as KafkaError;
  return found ?? {};
}

export function isOutOfRange(error: unknown): boolean {
  const cause = causeOf(error);
  return cause.name === 'KafkaJSOffsetOutOfRange' || cause.type === 'OFFSET_OUT_OF_RANGE';
}

/** Answers of a broker that say the same however often they are asked for. */
const PERMANENT_TYPES = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TIMESTAMP',
  'POLICY_VIOLATION',
  'UNSUPPORTED_VERSION',
  'INVALID_GROUP_ID',
  'SASL_AUTHENTICATION_FAILED',
]);

/** The member is no longer what it was when it asked: its assignment is over. */
const ASSIGNMENT_TYPES = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'REBALANCE_IN_PROGRESS',
  'FENCED_INSTANCE_ID',
]);

export function isAssignmentOver(error: unknown): boolean {
  return ASSIGNMENT_TYPES.has(causeOf(error).type ?? '');
}

/** A coordinator that is being chosen, is loading its groups, or has just moved. */
const COORDINATOR_AWAY_TYPES = new Set([
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
]);

/** A broker that has just started may need long to make the topic of offsets; kafkajs gives up on it for good. */
export function isCoordinatorAway(error: unknown): boolean {
  const { name, type } = causeOf(error);
  return name === 'KafkaJSGroupCoordinatorNotFound' || COORDINATOR_AWAY_TYPES.has(type ?? '');
}

/** Whether trying again cannot help. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof OffsetOutOfRangeError || isAssignmentOver(error)) return true;
  return PERMANENT_TYPES.has(causeOf(error).type ?? '');
}

/** What was asked of the brokers could not be answered in time. */
export class LogAwayError extends Error {
  override readonly name = 'LogAwayError';
}

/** Whether it says no more than that brokers cannot be reached, or do not know yet who leads: it may pass by itself. */
export function isAway(error: unknown): boolean {
  const { name = '' } = causeOf(error);
  return (name.startsWith('KafkaJS') || name === 'LogAwayError') && !isPermanent(error);
}
