import { createPrivateKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import type { GenerateWebhookKey } from '@penstock/ports';

const newKeyPair = promisify(generateKeyPair);

/** As SendGrid shows a public key: base64 of the SubjectPublicKeyInfo, without the lines of a PEM file. */
export const generateWebhookKey: GenerateWebhookKey = async () => {
  const { publicKey, privateKey } = await newKeyPair('ec', { namedCurve: 'prime256v1' });
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
  };
};

/** Names of SendGrid's Signed Event Webhook. */
const SIGNATURE_HEADER = 'X-Twilio-Email-Event-Webhook-Signature';
const TIMESTAMP_HEADER = 'X-Twilio-Email-Event-Webhook-Timestamp';

/** Keys read lately: one for each endpoint that is posted to. */
const KEYS = 64;

export class Signatures {
  private readonly keys = new Map<string, KeyObject>();

  /** ECDSA over SHA-256 of timestamp and body, DER (RFC 3279 section 2.2.3), base64. */
  headers(privateKey: Uint8Array, timestamp: number, body: Uint8Array): Readonly<Record<string, string>> {
    const signed = Buffer.concat([Buffer.from(`${timestamp}`), body]);
    const signature = sign('sha256', signed, this.key(privateKey)).toString('base64');
    return { [SIGNATURE_HEADER]: signature, [TIMESTAMP_HEADER]: `${timestamp}` };
  }

  private key(privateKey: Uint8Array): KeyObject {
    const bytes = Buffer.from(privateKey);
    const name = bytes.toString('base64');
    const known = this.keys.get(name);
    if (known) return known;
    const key = createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' });
    if (this.keys.size >= KEYS) this.keys.clear();
    this.keys.set(name, key);
    return key;
  }
}
