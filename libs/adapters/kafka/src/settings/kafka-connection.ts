import type { KafkaConfig, SASLOptions } from 'kafkajs';

/** Where the brokers are and how they are spoken to. */
export interface KafkaConnection {
  /** `host:port` of brokers to begin with; they name the others. */
  readonly brokers: readonly string[];
  /** What the brokers' logs and quotas call us. */
  readonly clientId: string;
  readonly tls?: KafkaTls;
  readonly sasl?: KafkaSasl;
}

/** TLS is on; each is the PEM text. Without `ca` the authorities of Node are trusted. */
export interface KafkaTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export type KafkaSaslMechanism = 'plain' | 'scram-sha-256' | 'scram-sha-512';

export interface KafkaSasl {
  readonly mechanism: KafkaSaslMechanism;
  readonly username: string;
  readonly password: string;
}

/** The connection in kafkajs' words. */
export function clientConfig({ brokers, clientId, tls, sasl }: KafkaConnection): KafkaConfig {
  return {
    brokers: [...brokers],
    clientId,
    ...(tls && { ssl: { ...tls } }),
    ...(sasl && { sasl: { ...sasl } as SASLOptions }),
  };
}
