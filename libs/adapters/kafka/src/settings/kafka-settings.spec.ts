import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaSettingsError, parseKafkaSettings } from './kafka-settings.ts';

const PEM = '-----BEGIN CERTIFICATE-----\n';
const BROKERS = { PENSTOCK_KAFKA_BROKERS: 'a.example:9092' };

function parsed(environment: Record<string, string>) {
  return parseKafkaSettings(environment, (path) => {
    if (path === '/missing') throw new Error('ENOENT');
    return path === '/text' ? 'hello' : `${PEM}${path}`;
  });
}

function refuses(environment: Record<string, string>, message: RegExp): void {
  assert.throws(
    () => parsed(environment),
    (error) => error instanceof KafkaSettingsError && message.test(error.message),
  );
}

test('without brokers there is no Kafka, and a setting that would then be of no use is named', () => {
  assert.equal(parsed({}), undefined);
  assert.equal(parsed({ PENSTOCK_KAFKA_BROKERS: ' ' }), undefined);
  refuses({ PENSTOCK_KAFKA_TLS: 'on' }, /^PENSTOCK_KAFKA_TLS: /);
});

test('brokers are a list of host:port', () => {
  const { brokers } = parsed({ PENSTOCK_KAFKA_BROKERS: 'a.example:9092, [::1]:9093 ,10.0.0.1:19001' }) ?? {};
  assert.deepEqual(brokers, ['a.example:9092', '[::1]:9093', '10.0.0.1:19001']);
  for (const list of ['a.example', 'a:0', 'a:70000', 'a:9092,', 'kafka://a:9092'])
    refuses({ PENSTOCK_KAFKA_BROKERS: list }, /^PENSTOCK_KAFKA_BROKERS: /);
});

test('TLS takes PEM files, and is not on by accident', () => {
  assert.deepEqual(parsed({ ...BROKERS, PENSTOCK_KAFKA_TLS: 'on' })?.tls, {});
  const files = { PENSTOCK_KAFKA_CA: '/ca', PENSTOCK_KAFKA_CERT: '/cert', PENSTOCK_KAFKA_KEY: '/key' };
  const { tls } = parsed({ ...BROKERS, ...files, PENSTOCK_KAFKA_TLS: 'on' }) ?? {};
  assert.deepEqual(tls, { ca: `${PEM}/ca`, cert: `${PEM}/cert`, key: `${PEM}/key` });
  refuses({ ...BROKERS, ...files }, /^PENSTOCK_KAFKA_CA: is of no use without PENSTOCK_KAFKA_TLS=on/);
  refuses({ ...BROKERS, PENSTOCK_KAFKA_TLS: 'yes' }, /neither on nor off/);
  refuses({ ...BROKERS, PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CERT: '/cert' }, /both or neither/);
  refuses({ ...BROKERS, PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: '/missing' }, /CA: \/missing cannot be read/);
  refuses({ ...BROKERS, PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: '/text' }, /CA: \/text is no PEM file/);
});

test('SASL needs mechanism, user and password, and says which is missing without saying the password', () => {
  const user = { PENSTOCK_KAFKA_SASL_USERNAME: 'penstock', PENSTOCK_KAFKA_SASL_PASSWORD: ' s3cret ' };
  for (const mechanism of ['PLAIN', 'SCRAM-SHA-256', 'scram-sha-512']) {
    const { sasl } = parsed({ ...BROKERS, ...user, PENSTOCK_KAFKA_SASL_MECHANISM: mechanism }) ?? {};
    assert.deepEqual(sasl, { mechanism: mechanism.toLowerCase(), username: 'penstock', password: ' s3cret ' });
  }
  refuses({ ...BROKERS, ...user }, /^PENSTOCK_KAFKA_SASL_MECHANISM: is missing/);
  refuses({ ...BROKERS, ...user, PENSTOCK_KAFKA_SASL_MECHANISM: 'GSSAPI' }, /^PENSTOCK_KAFKA_SASL_MECHANISM: GSSAPI/);
  refuses({ ...BROKERS, PENSTOCK_KAFKA_SASL_MECHANISM: 'PLAIN' }, /USERNAME: is missing/);
  refuses(
    { ...BROKERS, PENSTOCK_KAFKA_SASL_MECHANISM: 'PLAIN', PENSTOCK_KAFKA_SASL_USERNAME: 'a' },
    /PASSWORD: is missing/,
  );
});
