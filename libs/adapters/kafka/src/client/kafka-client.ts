import type { Telemetry } from '@penstock/ports';
import { Kafka, logLevel } from 'kafkajs';
import type { KafkaLogOptions, LogSettings } from '../options.ts';
import { clientConfig } from '../settings/kafka-connection.ts';
import { guardIdleTimers } from './idle-timer-guard.ts';
import { quietSocket } from './quiet-socket.ts';
import { Repeats } from './repeats.ts';
import { guardRequestTimeouts } from './request-timeout-guard.ts';

/** kafkajs with our times and our log, its idle timers guarded. */
export function kafkaClient(options: KafkaLogOptions, settings: LogSettings): Kafka {
  if (settings.guards.idleTimers) guardIdleTimers();
  guardRequestTimeouts();
  return new Kafka({
    ...clientConfig(options),
    socketFactory: quietSocket,
    connectionTimeout: Math.min(3_000, settings.times.requestTimeoutMs),
    requestTimeout: settings.times.requestTimeoutMs,
    enforceRequestTimeout: true,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logLevel: logLevel.WARN,
    logCreator: () => logTo(options.telemetry, new Repeats(settings.clock)),
  });
}

/**
 * kafkajs calls an error what it is about to try again: no louder than a warning here; what ends is told by us. It also
 * says so at each try, of each consumer and connection: a state is told once, then not for a minute.
 */
function logTo(telemetry: Telemetry, repeats: Repeats) {
  return ({
    namespace,
    level,
    log,
  }: {
    namespace: string;
    level: logLevel;
    log: { message: string; error?: string; broker?: string };
  }) => {
    if (level > logLevel.WARN) {
      telemetry.log('debug', 'kafkajs', { where: namespace, message: log.message, error: log.error });
      return;
    }
    const unheard = repeats.of(`${namespace}\n${log.message}\n${log.error ?? ''}\n${log.broker ?? ''}`);
    if (unheard === undefined) return;
    const again = unheard > 0 ? { repeats: unheard } : {};
    telemetry.log('warn', 'kafkajs', { where: namespace, message: log.message, error: log.error, ...again });
  };
}
