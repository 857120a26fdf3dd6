import type { Envelope } from './envelope.ts';
import type { SuppressionAdded, SuppressionRemoved } from './suppressions.ts';
import type { TrafficClass } from './topics.ts';

/** A tenant exists, or what is known of it changed: the latest record counts. */
export type TenantSet = Envelope<'tenant_set', { readonly tenant: string; readonly name: string }>;

/** `mail`: send, and read the tenant's own mail. `operate`: everybody's, and the directory itself. */
export type KeyScope = 'mail' | 'operate';

/** A key may be used. The key itself is shown once and kept nowhere. */
export type ApiKeyCreated = Envelope<
  'api_key_created',
  {
    readonly keyId: string;
    readonly tenant: string;
    readonly class: TrafficClass;
    readonly scopes: readonly KeyScope[];
    /** SHA-256 of the key, hex. */
    readonly hash: string;
    readonly label?: string;
  }
>;

/** The key opens nothing any more. */
export type ApiKeyRevoked = Envelope<'api_key_revoked', { readonly keyId: string }>;

/** RFC 6376 section 3.3.1 and RFC 8463. */
export type DkimAlgorithm = 'rsa-sha256' | 'ed25519-sha256';

export interface DkimKey {
  readonly selector: string;
  readonly algorithm: DkimAlgorithm;
  /** The `p=` value of its DNS record: base64 of the SubjectPublicKeyInfo (RSA) or of the raw key (Ed25519). */
  readonly publicKey: string;
  /** The private key, PKCS #8 DER, sealed under `PENSTOCK_SECRET_KEY`; base64. */
  readonly sealedPrivateKey: string;
}

/** The tenant may send from this domain and those below it; mail from it is signed with every key. */
export type DomainAdded = Envelope<
  'domain_added',
  {
    /** Lower case, A-labels. */
    readonly domain: string;
    readonly tenant: string;
    readonly keys: readonly DkimKey[];
    /** Host name whose mailboxes take the bounces; a name below `domain`, so that SPF aligns (RFC 7489). */
    readonly returnPath: string;
  }
>;

/** The tenant may not send from the domain any more, and its keys sign nothing. */
export type DomainRemoved = Envelope<'domain_removed', { readonly domain: string; readonly tenant: string }>;

/** What a webhook tells of, in SendGrid's words. */
export type WebhookEventName = 'processed' | 'deferred' | 'delivered' | 'bounce' | 'dropped';

export const WEBHOOK_EVENTS: readonly WebhookEventName[] = ['processed', 'deferred', 'delivered', 'bounce', 'dropped'];

/** The tenant's events are posted to this address; the latest record of a tenant counts. */
export type WebhookSet = Envelope<
  'webhook_set',
  {
    readonly tenant: string;
    readonly url: string;
    /** Those it wants to hear of. */
    readonly events: readonly WebhookEventName[];
    /** Of the key its requests are signed with (ECDSA, P-256): SubjectPublicKeyInfo, base64. */
    readonly publicKey: string;
    /** PKCS #8 DER, sealed under `PENSTOCK_SECRET_KEY`; base64. */
    readonly sealedPrivateKey: string;
  }
>;

/** Nothing is posted for the tenant any more. */
export type WebhookRemoved = Envelope<'webhook_removed', { readonly tenant: string }>;

/** Records of `mail.directory`: who may send, and as whom; who is told; and who gets no more mail. */
export type DirectoryRecord =
  | TenantSet
  | ApiKeyCreated
  | ApiKeyRevoked
  | DomainAdded
  | DomainRemoved
  | WebhookSet
  | WebhookRemoved
  | SuppressionAdded
  | SuppressionRemoved;

export type DirectoryType = DirectoryRecord['type'];
