import type { LogLevel, Telemetry } from '@penstock/ports';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaLogOptions, LogSettings } from '../options.ts';
import { clientConfig } from '../settings/kafka-connection.ts';
import { guardIdleTimers } from './idle-timer-guard.ts';
import { guardRequestTimeouts } from './request-timeout-guard.ts';

/** kafkajs with our times and our log, its idle timers guarded. */
export function kafkaClient(options: KafkaLogOptions, settings: LogSettings): Kafka {
  if (settings.guards.idleTimers) guardIdleTimers();
  guardRequestTimeouts();
  return new Kafka({
    ...clientConfig(options),
    connectionTimeout: Math.min(3_000, settings.times.requestTimeoutMs),
    requestTimeout: settings.times.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: () => logTo(options.telemetry),
  });
}

/** kafkajs calls an error what it is about to try again: no louder than a warning here; what ends is told by us. */
function logTo(telemetry: Telemetry) {
  return ({
    namespace,
    level,
    log,
  }: {
    namespace: string;
    level: logLevel;
    log: { message: string; error?: string };
  }) => {
    const ours: LogLevel = level <= logLevel.WARN ? 'warn' : 'debug';
    telemetry.log(ours, 'kafkajs', { where: namespace, message: log.message, error: log.error });
  };
}
