/** Posts signed events to addresses that tenants have given. */
export interface WebhookSender {
  /** Never rejects; one call is one request, whatever the address answers. */
  post(request: WebhookPost): Promise<WebhookAnswer>;
}

export interface WebhookPost {
  readonly url: string;
  /** JSON, signed as it is. */
  readonly body: Uint8Array;
  /** Seconds since the epoch; signed before the body. */
  readonly timestamp: number;
  /** Of an ECDSA key on P-256: PKCS #8 DER. */
  readonly privateKey: Uint8Array;
}

export type WebhookAnswer =
  | { readonly kind: 'answered'; readonly status: number }
  /** Stable word, and what stood behind it; no part of the body. */
  | { readonly kind: 'failed'; readonly reason: WebhookFailure; readonly detail: string };

export type WebhookFailure =
  /** The address may not be posted to: not https, or of a network that is not public. */
  'address_refused' | 'unresolved' | 'unreachable' | 'timeout';

/** A new pair of signing keys: SubjectPublicKeyInfo as base64, and PKCS #8 DER. */
export type GenerateWebhookKey = () => Promise<{ readonly publicKey: string; readonly privateKey: Uint8Array }>;
