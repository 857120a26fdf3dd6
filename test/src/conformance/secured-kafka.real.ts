/**
 * A broker that wants a password, or speaks TLS and wants a certificate, reached with the settings people give. It is
 * started here, as others have no use for it.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkTopics, parseKafkaSettings } from '@penstock/adapter-kafka';
import { SecuredBroker, USER } from './secured-broker.ts';

const folder = mkdtempSync(join(tmpdir(), 'penstock-secured-'));
let broker: SecuredBroker | undefined;

before(async () => {
  broker = await SecuredBroker.start(folder);
});

after(async () => {
  await broker?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function running(): SecuredBroker {
  assert.ok(broker);
  return broker;
}

/** Reaches the broker as the settings say; it has no topics, and tells so. */
async function reach(
  door: Parameters<SecuredBroker['address']>[0],
  given: Readonly<Record<string, string>>,
): Promise<void> {
  const environment = { PENSTOCK_KAFKA_BROKERS: running().address(door), ...given };
  const settings = parseKafkaSettings(environment, (path) => readFileSync(path, 'utf8'));
  assert.ok(settings);
  assert.deepEqual(await checkTopics({ ...settings, clientId: 'secured-test' }, []), []);
}

test('a password opens the broker, another does not', async () => {
  await reach('password', USER);
  const wrong = reach('password', { ...USER, PENSTOCK_KAFKA_SASL_PASSWORD: 'guess' });
  await assert.rejects(wrong, /Authentication failed: Invalid username or password/);
});

test('a certificate opens the broker; without ours it refuses, and without its authority we do', async () => {
  const trusted = { PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: running().file('cert.pem') };
  const ours = { PENSTOCK_KAFKA_CERT: running().file('cert.pem'), PENSTOCK_KAFKA_KEY: running().file('key.pem') };
  await reach('certificate', { ...trusted, ...ours });
  await assert.rejects(reach('certificate', trusted));
  await assert.rejects(reach('certificate', { PENSTOCK_KAFKA_TLS: 'on', ...ours }), /self.signed certificate/);
});

test('a password within TLS', async () => {
  await reach('both', { ...USER, PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: running().file('cert.pem') });
});
