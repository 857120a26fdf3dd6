import { readFileSync } from 'node:fs';
import type { KafkaLog, KafkaLogOptions } from '@penstock/adapter-kafka';
import { KAFKA_SETTINGS } from '../settings/engine-settings.ts';
import { StartupError } from '../startup/startup-error.ts';
import { kafkaRefusal } from './kafka-refusal.ts';

/** As text, but for the last three: the adapter reads them, here as in the command that makes the topics. */
export type KafkaSettings = Readonly<
  Record<Exclude<keyof typeof KAFKA_SETTINGS, 'instance' | 'kafkaPrefix' | 'allowSingleReplica'>, string | undefined>
> & {
  readonly instance: string | undefined;
  readonly kafkaPrefix: string | undefined;
  readonly allowSingleReplica: boolean;
};

export interface KafkaLogDeps extends Pick<KafkaLogOptions, 'clientId' | 'telemetry' | 'onFatal' | 'clock' | 'timers'> {
  /** Of the member in its groups, the same after a restart. */
  readonly memberName: string;
}

export interface OpenedKafka {
  readonly log: KafkaLog;
  /** Why acknowledged mail stands on one broker alone, for people; undefined where it stands on several. */
  readonly singleReplica: string | undefined;
}

/** @throws StartupError where the brokers cannot be reached, or what is set about them cannot be used */
export async function openKafka(settings: KafkaSettings, deps: KafkaLogDeps): Promise<OpenedKafka> {
  const { KafkaSettingsError, openKafkaLog, parseKafkaSettings } = await import('@penstock/adapter-kafka');
  const { allowSingleReplica, kafkaPrefix: prefix } = settings;
  try {
    const parsed = parseKafkaSettings(byName(settings), (path) => readFileSync(path, 'utf8'));
    if (!parsed) throw new StartupError('PENSTOCK_KAFKA_BROKERS is not set: host:port of some brokers');
    const { brokers, tls, sasl } = parsed;
    const log = await openKafkaLog({
      ...deps,
      brokers,
      tls,
      sasl: sasl as KafkaLogOptions['sasl'],
      prefix,
      allowSingleReplica,
    });
    return { log, singleReplica: singleReplicaText(log.singleReplica) };
  } catch (error) {
    if (error instanceof StartupError) throw error;
    if (error instanceof KafkaSettingsError) throw new StartupError(error.message);
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(kafkaRefusal(settings.brokers, reason));
  }
}

function singleReplicaText(topics: readonly string[]): string | undefined {
  if (topics.length === 0) return undefined;
  return `What is acknowledged stands on one broker alone, and is lost with its disk: ${topics.join(', ')}. Raise replication and min.insync.replicas to 2 or more.`;
}

function byName(settings: KafkaSettings): Readonly<Record<string, string | undefined>> {
  return {
    [KAFKA_SETTINGS.brokers.name]: settings.brokers,
    [KAFKA_SETTINGS.kafkaTls.name]: settings.kafkaTls,
    [KAFKA_SETTINGS.kafkaCa.name]: settings.kafkaCa,
    [KAFKA_SETTINGS.kafkaCert.name]: settings.kafkaCert,
    [KAFKA_SETTINGS.kafkaKey.name]: settings.kafkaKey,
    [KAFKA_SETTINGS.kafkaSaslMechanism.name]: settings.kafkaSaslMechanism,
    [KAFKA_SETTINGS.kafkaSaslUsername.name]: settings.kafkaSaslUsername,
    [KAFKA_SETTINGS.kafkaSaslPassword.name]: settings.kafkaSaslPassword,
  };
}
