/** Where services apart keep what they share. */
import {
  contentSetting,
  hostsAndPortsSetting,
  onOffSetting,
  redisUrlSetting,
  saslMechanismSetting,
  storeSetting,
  textSetting,
  urlSetting,
} from '@penstock/nest';

export const KAFKA_SETTINGS = {
  brokers: {
    name: 'PENSTOCK_KAFKA_BROKERS',
    description: 'Brokers to ask first, host:port separated by commas.',
    schema: hostsAndPortsSetting,
    default: '127.0.0.1:19001',
  },
  allowSingleReplica: {
    name: 'PENSTOCK_ALLOW_SINGLE_REPLICA',
    description: 'on takes topics with one replica: what a broker loses is lost then.',
    schema: onOffSetting,
    default: 'off',
  },
  kafkaTls: {
    name: 'PENSTOCK_KAFKA_TLS',
    description: 'on speaks TLS to the brokers and verifies them.',
    schema: onOffSetting,
    default: 'off',
  },
  kafkaCa: {
    name: 'PENSTOCK_KAFKA_CA',
    description: 'PEM file of the authorities brokers are verified by; those of the system if unset.',
    schema: textSetting,
  },
  kafkaSasl: {
    name: 'PENSTOCK_KAFKA_SASL',
    description: 'How to sign in: plain, scram-sha-256 or scram-sha-512; not at all if unset.',
    schema: saslMechanismSetting,
  },
  kafkaUser: { name: 'PENSTOCK_KAFKA_USER', description: 'User of PENSTOCK_KAFKA_SASL.', schema: textSetting },
  kafkaPassword: {
    name: 'PENSTOCK_KAFKA_PASSWORD',
    description: 'Password of PENSTOCK_KAFKA_USER.',
    schema: textSetting,
  },
} as const;

export const CONTENT_SETTINGS = {
  content: {
    name: 'PENSTOCK_CONTENT',
    description: 'Where mail lies: a folder that ingest and dispatchers share, or s3://bucket/prefix.',
    schema: contentSetting,
    default: './data/content',
  },
  s3Endpoint: {
    name: 'PENSTOCK_S3_ENDPOINT',
    description: "Address of the S3 server; Amazon's if unset.",
    schema: urlSetting,
  },
  s3Region: { name: 'PENSTOCK_S3_REGION', description: 'Its region.', schema: textSetting, default: 'us-east-1' },
  s3AccessKeyId: { name: 'PENSTOCK_S3_ACCESS_KEY_ID', description: 'Access key of the bucket.', schema: textSetting },
  s3SecretAccessKey: {
    name: 'PENSTOCK_S3_SECRET_ACCESS_KEY',
    description: 'Secret of PENSTOCK_S3_ACCESS_KEY_ID.',
    schema: textSetting,
  },
} as const;

export const READ_SETTINGS = {
  readModels: {
    name: 'PENSTOCK_READ_MODELS',
    description: 'Where read models lie: sqlite (PENSTOCK_STATE_DIR) or redis, which several projectors share.',
    schema: storeSetting('sqlite', 'redis'),
    default: 'sqlite',
  },
  redisUrl: {
    name: 'PENSTOCK_REDIS_URL',
    description: 'Address of Redis, such as redis://127.0.0.1:6379.',
    schema: redisUrlSetting,
  },
  archive: {
    name: 'PENSTOCK_ARCHIVE',
    description: 'Where timelines lie: sqlite (PENSTOCK_STATE_DIR) or eventstore, which several projectors share.',
    schema: storeSetting('sqlite', 'eventstore'),
    default: 'sqlite',
  },
  eventStoreUrl: {
    name: 'PENSTOCK_EVENTSTORE_URL',
    description: 'Connection string of EventStoreDB, such as esdb://127.0.0.1:2113?tls=false.',
    schema: textSetting,
  },
} as const;

export const SANDBOX_SETTINGS = {
  sandboxHosts: {
    name: 'PENSTOCK_SANDBOX_HOSTS',
    description: 'File that says where the mailbox providers of the sandbox are; only for a policy that sends there.',
    schema: textSetting,
  },
} as const;

export const POLICY_SETTINGS = {
  policyFile: {
    name: 'PENSTOCK_CONFIG',
    description: 'Policy file (TOML) to publish where there is no policy yet; penstock policy apply changes it.',
    schema: textSetting,
  },
} as const;
