import type { Clock, Telemetry, Timers } from '@penstock/ports';
import type { KafkaConnection } from './settings/kafka-connection.ts';

export interface KafkaLogOptions extends KafkaConnection {
  readonly telemetry: Telemetry;
  /** Called once when this process can no longer do its work: a consumer has ended for good. Leave the process. */
  readonly onFatal: (error: Error) => void;
  /** Name of this member in its groups, the same after a restart: its partitions come back to it. Default: clientId. */
  readonly memberName?: string | undefined;
  /** Put before each topic and group, so that several installations share a cluster. Default: none. */
  readonly prefix?: string | undefined;
  /** Accept topics that one broker alone keeps, or that are acknowledged by one. Warned of. Default: refused. */
  readonly allowSingleReplica?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly timers?: Timers | undefined;
  readonly lingers?: Partial<Lingers> | undefined;
  readonly times?: Partial<KafkaTimes> | undefined;
  readonly guards?: Partial<KafkaGuards> | undefined;
}

/** How long records wait for others to be sent with, in ms. */
export interface Lingers {
  /** Somebody waits for the answer: `mail.submissions`, `mail.directory`, `processed` of `mail.events`. */
  readonly acceptanceMs: number;
  readonly otherMs: number;
}

export interface KafkaTimes {
  /** An append that is not acknowledged by then is rejected once no request carries it any more. */
  readonly appendTimeoutMs: number;
  /** A request that a broker does not answer is given up. */
  readonly requestTimeoutMs: number;
  /** Longest that a fetch waits for something to arrive, and that a change of the assignment goes unnoticed. */
  readonly fetchWaitMs: number;
  /** Least time between two fetches of a consumer from one broker while records arrive; its `mayLagMs` where it has one. */
  readonly fetchPaceMs: number;
  readonly heartbeatMs: number;
  /** A member that is not heard from for so long loses its partitions. */
  readonly sessionTimeoutMs: number;
  /** A rebalance waits so long for handlers that still work. */
  readonly rebalanceTimeoutMs: number;
  /** A consumer that has handed over nothing for so long although there is something is replaced. */
  readonly stallMs: number;
}

/**
 * What keeps the known defects of kafkajs out. All are on; a regression test switches one off to see that it would
 * notice.
 */
export interface KafkaGuards {
  /** One leader to a send, and every partition sent must be answered (issue 1303). */
  readonly leaders: boolean;
  /** One send in flight for a partition, and no idempotent producer. */
  readonly order: boolean;
  /** No timer on idle connections (issue 1751). */
  readonly idleTimers: boolean;
}

export const DEFAULT_LINGERS: Lingers = { acceptanceMs: 3, otherMs: 30 };

export const DEFAULT_TIMES: KafkaTimes = {
  appendTimeoutMs: 30_000,
  requestTimeoutMs: 10_000,
  fetchWaitMs: 250,
  fetchPaceMs: 25,
  heartbeatMs: 1_000,
  sessionTimeoutMs: 30_000,
  rebalanceTimeoutMs: 60_000,
  stallMs: 30_000,
};

export const ALL_GUARDS: KafkaGuards = { leaders: true, order: true, idleTimers: true };

/** The options with everything that may be left out. */
export interface LogSettings {
  readonly memberName: string;
  readonly prefix: string;
  readonly allowSingleReplica: boolean;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly lingers: Lingers;
  readonly times: KafkaTimes;
  readonly guards: KafkaGuards;
}

export function settingsOf(options: KafkaLogOptions): LogSettings {
  return {
    memberName: options.memberName ?? options.clientId,
    prefix: options.prefix ?? '',
    allowSingleReplica: options.allowSingleReplica ?? false,
    clock: options.clock ?? processClock,
    timers: options.timers ?? processTimers,
    telemetry: options.telemetry,
    lingers: { ...DEFAULT_LINGERS, ...options.lingers },
    times: { ...DEFAULT_TIMES, ...options.times },
    guards: { ...ALL_GUARDS, ...options.guards },
  };
}

export const processClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

export const processTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep: (delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs)),
};
