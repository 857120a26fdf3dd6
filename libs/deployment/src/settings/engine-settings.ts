/** Where services apart keep what they share. */
import {
  contentSetting,
  daysSetting,
  minutesSetting,
  onOffSetting,
  redisUrlSetting,
  storeSetting,
  textSetting,
  urlSetting,
  webhookAllowSetting,
} from '@penstock/nest';

export const KAFKA_SETTINGS = {
  brokers: {
    name: 'PENSTOCK_KAFKA_BROKERS',
    description: 'Brokers to ask first, host:port separated by commas.',
    schema: textSetting,
    default: '127.0.0.1:19001',
  },
  instance: {
    name: 'PENSTOCK_INSTANCE',
    description:
      'Name of this process among those of its service, the same after a restart: it gets its partitions back.',
    schema: textSetting,
    placeholder: 'the host name',
  },
  kafkaPrefix: {
    name: 'PENSTOCK_KAFKA_PREFIX',
    description: 'Put before every topic and group, and keys in Redis, where several installations share a cluster.',
    schema: textSetting,
    placeholder: 'none',
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
    schema: textSetting,
    placeholder: 'off',
  },
  kafkaCa: {
    name: 'PENSTOCK_KAFKA_CA',
    description: 'PEM file of the authorities that brokers are verified by; those of Node if unset.',
    schema: textSetting,
  },
  kafkaCert: {
    name: 'PENSTOCK_KAFKA_CERT',
    description: 'PEM file of the certificate we show to brokers.',
    schema: textSetting,
  },
  kafkaKey: { name: 'PENSTOCK_KAFKA_KEY', description: 'PEM file of its private key.', schema: textSetting },
  kafkaSaslMechanism: {
    name: 'PENSTOCK_KAFKA_SASL_MECHANISM',
    description: 'How to sign in: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; not at all if unset.',
    schema: textSetting,
  },
  kafkaSaslUsername: { name: 'PENSTOCK_KAFKA_SASL_USERNAME', description: 'User to sign in.', schema: textSetting },
  kafkaSaslPassword: {
    name: 'PENSTOCK_KAFKA_SASL_PASSWORD',
    description: 'Password of that user.',
    schema: textSetting,
  },
} as const;

export const CONTENT_SETTINGS = {
  content: {
    name: 'PENSTOCK_CONTENT',
    description: 'Where mail lies: a folder that all services share, or s3://bucket/prefix.',
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

export const COPY_SETTINGS = {
  copyEvery: {
    name: 'PENSTOCK_STATE_COPY_EVERY',
    description: 'How often the state of a partition is copied beside the content, such as 10m; for a new owner.',
    schema: minutesSetting,
    default: '10m',
  },
} as const;

export const RETENTION_SETTINGS = {
  retention: {
    name: 'PENSTOCK_RETENTION',
    description: 'Content older than this is deleted, and in one process the log, such as 30d or 720h.',
    schema: daysSetting,
    default: '30d',
  },
} as const;

const REDIS_URL_SETTING = { name: 'PENSTOCK_REDIS_URL', schema: redisUrlSetting } as const;

/** Without an address, budgets are kept by the process and hold for one scheduler only. */
export const QUOTA_SETTINGS = {
  redisUrl: {
    ...REDIS_URL_SETTING,
    description: 'Redis that counts limits over more than a minute for all schedulers, such as redis://127.0.0.1:6379.',
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
    ...REDIS_URL_SETTING,
    description: 'Redis of PENSTOCK_READ_MODELS=redis, such as redis://127.0.0.1:6379.',
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

export const WEBHOOK_SETTINGS = {
  webhookAllow: {
    name: 'PENSTOCK_WEBHOOK_ALLOW',
    description: 'Where webhooks go: public (https, public addresses), http (without TLS too) or private (anywhere).',
    schema: webhookAllowSetting,
    default: 'public',
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
