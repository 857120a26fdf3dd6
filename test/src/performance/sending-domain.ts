/** A data folder that has a sending domain with one kind of key, written before the platform starts. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateDkimKey } from '@penstock/adapter-dkim';
import { openEmbedded } from '@penstock/adapter-embedded';
import { type DkimAlgorithm, type DomainAdded, derivedId } from '@penstock/events';
import { deriveKey, seal } from '@penstock/sealing';

/** Of the load generator's From. */
const DOMAIN = 'example.com';
const SELECTOR = 'bench';
/** Whose the benchmark's key is. */
const TENANT = 'default';
const SECRET_KEY_BYTES = 32;
const NONCE_BYTES = 12;

/**
 * `penstock domain add` makes an RSA and an Ed25519 key, and mail is signed with both; here the price of each is
 * wanted.
 */
export async function prepareSendingDomain(dataDir: string, algorithm: DkimAlgorithm): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const secretKey = randomBytes(SECRET_KEY_BYTES);
  writeFileSync(join(dataDir, 'secret.key'), secretKey, { mode: 0o600 });
  const { publicKey, privateKey } = await generateDkimKey(algorithm);
  const sealingKey = deriveKey(secretKey, 'dkim-private-keys');
  const sealedPrivateKey = seal(sealingKey, privateKey, `${DOMAIN}/${SELECTOR}`, randomBytes(NONCE_BYTES));
  const keys = [{ selector: SELECTOR, algorithm, publicKey, sealedPrivateKey }];
  const record: DomainAdded = {
    id: derivedId('domain', DOMAIN),
    type: 'domain_added',
    version: 1,
    at: Date.now(),
    partition: 0,
    body: { domain: DOMAIN, tenant: TENANT, keys, returnPath: `bounces.${DOMAIN}` },
  };
  const failed = (error: Error) => {
    throw error;
  };
  const engine = await openEmbedded({ dataDir, telemetry: { log: () => undefined }, onFatal: failed });
  await engine.log.append([{ topic: 'mail.directory', partition: 0, records: [record] }]);
  await engine.close();
}
