import { type DirectoryType, WEBHOOK_EVENTS } from '../directory.ts';
import { SUPPRESSION_REASONS } from '../suppressions.ts';
import { arrayOf, instant, type JsonSchema, object, oneOf, text } from './json-schema.ts';
import { trafficClass } from './outcome.ts';
import { deliveryId, record } from './record.ts';

const base64: JsonSchema = { type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$' };

const dkimKey = object({
  selector: text,
  algorithm: oneOf(['rsa-sha256', 'ed25519-sha256']),
  publicKey: base64,
  sealedPrivateKey: base64,
});

const apiKey = object(
  {
    keyId: text,
    tenant: text,
    class: trafficClass,
    scopes: arrayOf(oneOf(['mail', 'operate']), 1),
    hash: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  },
  { label: text },
);

const recipientHash: JsonSchema = { type: 'string', pattern: '^[0-9a-f]{32}$' };

const suppression = object(
  { tenant: text, recipientHash, domain: text, sealedAddress: base64, reason: oneOf(SUPPRESSION_REASONS) },
  { expiresAt: instant, evidence: object({ deliveryId, at: instant, cause: text }) },
);

export const DIRECTORY_SCHEMAS: Readonly<Record<DirectoryType, JsonSchema>> = {
  tenant_set: record('tenant_set', [], object({ tenant: text, name: text })),
  api_key_created: record('api_key_created', [], apiKey),
  api_key_revoked: record('api_key_revoked', [], object({ keyId: text })),
  domain_added: record(
    'domain_added',
    [],
    object({ domain: text, tenant: text, keys: arrayOf(dkimKey, 1), returnPath: text }),
  ),
  domain_removed: record('domain_removed', [], object({ domain: text, tenant: text })),
  webhook_set: record(
    'webhook_set',
    [],
    object({
      tenant: text,
      url: text,
      events: arrayOf(oneOf(WEBHOOK_EVENTS), 1),
      publicKey: base64,
      sealedPrivateKey: base64,
    }),
  ),
  webhook_removed: record('webhook_removed', [], object({ tenant: text })),
  suppression_added: record('suppression_added', [], suppression),
  suppression_removed: record('suppression_removed', [], object({ tenant: text, recipientHash })),
};
