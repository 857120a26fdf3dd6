/**
 * A broker that wants a password, or speaks TLS and wants a certificate, reached with the settings people give. It is
 * started here, as others have no use for it.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkTopics, parseKafkaSettings } from '@penstock/adapter-kafka';
import { type Stack, startStack } from '@penstock/local-stack';
import { generate } from 'selfsigned';

const PLAIN_LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_penstock="secret";';

let folder = '';
let base = 0;
let stack: Stack | undefined;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'penstock-secured-'));
  await writeIdentity();
  base = await freeBase();
  stack = await startStack({
    folder: join(folder, 'stack'),
    basePort: base,
    only: ['kafka'],
    kafkaProperties: listeners(),
  });
});

after(async () => {
  await stack?.down({ wipe: true });
  await rm(folder, { recursive: true, force: true });
});

/** Broker and client show the same certificate and trust it alone. */
async function writeIdentity(): Promise<void> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  await writeFile(file('key.pem'), made.private, { mode: 0o600 });
  await writeFile(file('cert.pem'), made.cert);
  await writeFile(file('both.pem'), `${made.private}\n${made.cert}`, { mode: 0o600 });
}

function file(name: string): string {
  return join(folder, name);
}

const PASSWORD = 45;
const CERTIFICATE = 46;
const BOTH = 47;

async function freeBase(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const tried = 20_000 + 50 * Math.floor(Math.random() * 240);
    const free = await Promise.all([1, 11, PASSWORD, CERTIFICATE, BOTH].map((offset) => isFree(tried + offset)));
    if (free.every(Boolean)) return tried;
  }
  throw new Error('no ports are free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function listeners(): Record<string, string> {
  const at = (offset: number) => `127.0.0.1:${base + offset}`;
  const named = (offset: number) => `localhost:${base + offset}`;
  return {
    listeners: `PLAINTEXT://${at(1)},CONTROLLER://${at(11)},PASSWORD://${at(PASSWORD)},CERTIFICATE://${at(CERTIFICATE)},BOTH://${at(BOTH)}`,
    'advertised.listeners': `PLAINTEXT://${at(1)},PASSWORD://${at(PASSWORD)},CERTIFICATE://${named(CERTIFICATE)},BOTH://${named(BOTH)}`,
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PASSWORD:SASL_PLAINTEXT,CERTIFICATE:SSL,BOTH:SASL_SSL',
    'listener.name.password.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.password.plain.sasl.jaas.config': PLAIN_LOGIN,
    'listener.name.both.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.both.plain.sasl.jaas.config': PLAIN_LOGIN,
    'listener.name.certificate.ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': file('both.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': file('cert.pem'),
  };
}

/** Reaches the broker as the settings say; it has no topics, and tells so. */
async function reach(port: number, given: Readonly<Record<string, string>>): Promise<void> {
  const environment = { PENSTOCK_KAFKA_BROKERS: `localhost:${base + port}`, ...given };
  const files = new Map<string, string>();
  for (const name of ['key.pem', 'cert.pem']) files.set(file(name), await readFile(file(name), 'utf8'));
  const settings = parseKafkaSettings(environment, (path) => files.get(path) ?? '');
  assert.ok(settings);
  assert.deepEqual(await checkTopics({ ...settings, clientId: 'secured-test' }, []), []);
}

const USER = {
  PENSTOCK_KAFKA_SASL_MECHANISM: 'PLAIN',
  PENSTOCK_KAFKA_SASL_USERNAME: 'penstock',
  PENSTOCK_KAFKA_SASL_PASSWORD: 'secret',
};

test('a password opens the broker, another does not', async () => {
  await reach(PASSWORD, USER);
  const wrong = reach(PASSWORD, { ...USER, PENSTOCK_KAFKA_SASL_PASSWORD: 'guess' });
  await assert.rejects(wrong, /Authentication failed: Invalid username or password/);
});

test('a certificate opens the broker; without ours it refuses, and without its authority we do', async () => {
  const trusted = { PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: file('cert.pem') };
  const ours = { PENSTOCK_KAFKA_CERT: file('cert.pem'), PENSTOCK_KAFKA_KEY: file('key.pem') };
  await reach(CERTIFICATE, { ...trusted, ...ours });
  await assert.rejects(reach(CERTIFICATE, trusted));
  await assert.rejects(reach(CERTIFICATE, { PENSTOCK_KAFKA_TLS: 'on', ...ours }), /self.signed certificate/);
});

test('a password within TLS', async () => {
  await reach(BOTH, { ...USER, PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: file('cert.pem') });
});
