import { readFileSync } from 'node:fs';
import type { EventLog, Telemetry } from '@penstock/ports';
import { required } from '../settings/required.ts';
import { errnoOf, StartupError } from '../startup/startup-error.ts';

export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly allowSingleReplica: boolean;
  readonly kafkaTls: boolean;
  readonly kafkaCa: string | undefined;
  readonly kafkaSasl: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly kafkaUser: string | undefined;
  readonly kafkaPassword: string | undefined;
}

export interface KafkaLogDeps {
  readonly clientId: string;
  readonly telemetry: Telemetry;
  /** The log is lost for this process: it has to end. */
  readonly onFatal: (error: Error) => void;
}

export interface ClosableLog extends EventLog {
  close(): Promise<void>;
}

type OpenKafkaLog = (options: object) => Promise<ClosableLog>;

/** @throws StartupError where the brokers cannot be reached, or what is set about them cannot be used */
export async function openKafka(settings: KafkaSettings, deps: KafkaLogDeps): Promise<ClosableLog> {
  const { brokers, allowSingleReplica } = settings;
  const tls = tlsOf(settings);
  const sasl = saslOf(settings);
  const adapter: Readonly<Record<string, unknown>> = await import('@penstock/adapter-kafka');
  const open = adapter.openKafkaLog as OpenKafkaLog;
  try {
    return await open({ brokers, allowSingleReplica, ...deps, ...(tls && { tls }), ...(sasl && { sasl }) });
  } catch (error) {
    if (error instanceof StartupError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartupError(`PENSTOCK_KAFKA_BROKERS: ${brokers.join(',')} cannot be used as the log: ${reason}`);
  }
}

function tlsOf({ kafkaTls, kafkaCa }: KafkaSettings): { readonly ca?: string } | undefined {
  if (!kafkaTls) return undefined;
  if (kafkaCa === undefined) return {};
  try {
    return { ca: readFileSync(kafkaCa, 'utf8') };
  } catch (error) {
    throw new StartupError(`PENSTOCK_KAFKA_CA: ${kafkaCa} cannot be read (${errnoOf(error) ?? 'unknown error'})`);
  }
}

function saslOf({ kafkaSasl: mechanism, kafkaUser, kafkaPassword }: KafkaSettings) {
  if (mechanism === undefined) return undefined;
  const username = required(kafkaUser, 'PENSTOCK_KAFKA_USER', 'PENSTOCK_KAFKA_SASL signs in with it');
  const password = required(kafkaPassword, 'PENSTOCK_KAFKA_PASSWORD', 'PENSTOCK_KAFKA_SASL signs in with it');
  return { mechanism, username, password };
}
