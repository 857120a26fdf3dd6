/** The records of `mail.directory` among the examples. */
import type { DirectoryType } from '../directory.ts';
import { derivedId } from '../ids.ts';
import type { LogRecord } from '../records.ts';
import { suppressionId } from '../suppressions.ts';
import { deliveryId, HOUR, NOON, recipientHash, SECOND, tenant } from './example-parts.ts';

const domain = 'news.example.com';

export const DIRECTORY_EXAMPLES: { readonly [T in DirectoryType]: Extract<LogRecord, { readonly type: T }> } = {
  tenant_set: {
    id: derivedId('tenant', tenant, NOON),
    type: 'tenant_set',
    version: 1,
    at: NOON,
    partition: 0,
    body: { tenant, name: 'Acme' },
  },
  api_key_created: {
    id: derivedId('api_key', 'k_7Hq2'),
    type: 'api_key_created',
    version: 1,
    at: NOON,
    partition: 0,
    body: {
      keyId: 'k_7Hq2',
      tenant,
      class: 'bulk',
      scopes: ['mail'],
      hash: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      label: 'newsletter',
    },
  },
  api_key_revoked: {
    id: derivedId('api_key_revoked', 'k_7Hq2'),
    type: 'api_key_revoked',
    version: 1,
    at: NOON + HOUR,
    partition: 0,
    body: { keyId: 'k_7Hq2' },
  },
  domain_added: {
    id: derivedId('domain', domain, NOON),
    type: 'domain_added',
    version: 1,
    at: NOON,
    partition: 0,
    body: {
      domain,
      tenant,
      keys: [
        {
          selector: 'ps1e',
          algorithm: 'ed25519-sha256',
          publicKey: '11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
          sealedPrivateKey: 'c2VhbGVkLCBub3QgcmVhZGFibGUgd2l0aG91dCB0aGUgc2VjcmV0IGtleQ==',
        },
      ],
      returnPath: 'bounces.news.example.com',
    },
  },
  domain_removed: {
    id: derivedId('domain_removed', domain, NOON + HOUR),
    type: 'domain_removed',
    version: 1,
    at: NOON + HOUR,
    partition: 0,
    body: { domain, tenant },
  },
  webhook_set: {
    id: derivedId('webhook', tenant, NOON),
    type: 'webhook_set',
    version: 1,
    at: NOON,
    partition: 0,
    body: {
      tenant,
      url: 'https://hooks.example.com/mail',
      events: ['delivered', 'bounce', 'dropped'],
      publicKey:
        'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g==',
      sealedPrivateKey: 'c2VhbGVkLCBub3QgcmVhZGFibGUgd2l0aG91dCB0aGUgc2VjcmV0IGtleQ==',
    },
  },
  webhook_removed: {
    id: derivedId('webhook_removed', tenant, NOON + HOUR),
    type: 'webhook_removed',
    version: 1,
    at: NOON + HOUR,
    partition: 0,
    body: { tenant },
  },
  suppression_added: {
    id: suppressionId(tenant, recipientHash),
    type: 'suppression_added',
    version: 1,
    at: NOON + SECOND,
    partition: 0,
    body: {
      tenant,
      recipientHash,
      domain: 'gmail.com',
      sealedAddress: 'c2VhbGVkLCBub3QgcmVhZGFibGUgd2l0aG91dCB0aGUgc2VjcmV0IGtleQ==',
      reason: 'bounce',
      expiresAt: NOON + 90 * 24 * HOUR,
      evidence: { deliveryId, at: NOON + 40, cause: 'user_unknown' },
    },
  },
  suppression_removed: {
    id: suppressionId(tenant, recipientHash),
    type: 'suppression_removed',
    version: 1,
    at: NOON + HOUR,
    partition: 0,
    body: { tenant, recipientHash },
  },
};
