/** A broker that wants a password, or speaks TLS and wants a certificate, or speaks TLS and wants a password. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { type Stack, startStack } from '@penstock/local-stack';
import { generate } from 'selfsigned';

const PLAIN_LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_penstock="secret";';

const OFFSETS = { password: 45, certificate: 46, both: 47 } as const;

/** How clients of the broker sign in. */
export const USER = {
  PENSTOCK_KAFKA_SASL_MECHANISM: 'PLAIN',
  PENSTOCK_KAFKA_SASL_USERNAME: 'penstock',
  PENSTOCK_KAFKA_SASL_PASSWORD: 'secret',
} as const;

export class SecuredBroker {
  private constructor(
    private readonly folder: string,
    private readonly base: number,
    private readonly stack: Stack,
  ) {}

  /** @param folder of its data, its certificate and its key */
  static async start(folder: string): Promise<SecuredBroker> {
    await mkdir(folder, { recursive: true });
    await writeIdentity(folder);
    const base = await freeBase();
    const stack = await startStack({
      folder: join(folder, 'stack'),
      basePort: base,
      only: ['kafka'],
      kafkaProperties: properties(folder, base),
    });
    return new SecuredBroker(folder, base, stack);
  }

  address(door: keyof typeof OFFSETS): string {
    return `localhost:${this.base + OFFSETS[door]}`;
  }

  file(name: 'key.pem' | 'cert.pem'): string {
    return join(this.folder, name);
  }

  async stop(): Promise<void> {
    await this.stack.down({ wipe: true });
  }
}

/** Broker and client show the same certificate and trust it alone. */
async function writeIdentity(folder: string): Promise<void> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  });
  await writeFile(join(folder, 'key.pem'), made.private, { mode: 0o600 });
  await writeFile(join(folder, 'cert.pem'), made.cert);
  await writeFile(join(folder, 'both.pem'), `${made.private}\n${made.cert}`, { mode: 0o600 });
}

async function freeBase(): Promise<number> {
  for (let tries = 0; tries < 50; tries++) {
    const tried = 20_000 + 50 * Math.floor(Math.random() * 240);
    const free = await Promise.all([1, 11, ...Object.values(OFFSETS)].map((offset) => isFree(tried + offset)));
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

function properties(folder: string, base: number): Record<string, string> {
  const at = (offset: number) => `127.0.0.1:${base + offset}`;
  const named = (offset: number) => `localhost:${base + offset}`;
  const { password, certificate, both } = OFFSETS;
  return {
    listeners: `PLAINTEXT://${at(1)},CONTROLLER://${at(11)},PASSWORD://${at(password)},CERTIFICATE://${at(certificate)},BOTH://${at(both)}`,
    'advertised.listeners': `PLAINTEXT://${at(1)},PASSWORD://${at(password)},CERTIFICATE://${named(certificate)},BOTH://${named(both)}`,
    'listener.security.protocol.map':
      'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PASSWORD:SASL_PLAINTEXT,CERTIFICATE:SSL,BOTH:SASL_SSL',
    'listener.name.password.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.password.plain.sasl.jaas.config': PLAIN_LOGIN,
    'listener.name.both.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.both.plain.sasl.jaas.config': PLAIN_LOGIN,
    'listener.name.certificate.ssl.client.auth': 'required',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': join(folder, 'both.pem'),
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': join(folder, 'cert.pem'),
  };
}
