/** What is decided about a request to `mail/send` before its body is read. */
import type { ApiKey, ApiKeyring } from '@penstock/access';
import type { Admission } from '../acceptance/admission.ts';
import type { Problem } from './problems.ts';

export const MAIL_SEND_PATH = '/v3/mail/send';

/** SendGrid's 30 MB, decimal. */
export const MAX_BODY_BYTES = 30_000_000;

export interface EdgeRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly errors: readonly Problem[] };
}

export interface Admitted {
  readonly key: ApiKey;
  /** Reserved for the body; to be released when the request is over. */
  readonly bytes: number;
}

const BEARER = /^Bearer +(\S+) *$/i;

const RETRY_SOON = { 'Retry-After': '1' };
const NO_SPACE = 'The service has no room for more mail at the moment; try again later.';

/** Method, key, content type, length, room and the scheduler's lag, in this order. */
export function refuseEarly(request: EdgeRequest, keys: ApiKeyring, admission: Admission): Refusal | Admitted {
  const { method, headers } = request;
  if (method !== 'POST') return refusal(405, 'method not allowed', { Allow: 'POST' });
  const { authorization } = headers;
  const presented = typeof authorization === 'string' ? BEARER.exec(authorization)?.[1] : undefined;
  if (presented === undefined) return refusal(401, 'authorization required');
  const key = keys.find(presented);
  if (!key && !keys.knowsAll()) return refusal(503, 'The service does not know all keys yet; try again.', RETRY_SOON);
  if (!key) return refusal(401, 'The provided authorization grant is invalid, expired, or revoked');
  if (!key.scopes.has('mail')) return refusal(403, 'access forbidden');
  if (!isPlainJson(headers)) return refusal(415, 'Content-Type should be application/json.');
  const bytes = announcedBytes(headers['content-length']);
  if (bytes > MAX_BODY_BYTES) return refusal(413, 'The JSON payload you have included in your request is too large.');
  if (admission.full() !== undefined) return refusal(503, NO_SPACE, { 'Retry-After': '60' });
  const behind = admission.behind(key.class);
  if (behind) return refusal(429, behind.text, { 'Retry-After': String(behind.retryAfterS) });
  if (!admission.reserve(bytes)) return refusal(429, 'too many requests', RETRY_SOON);
  return { key, bytes };
}

function isPlainJson(headers: EdgeRequest['headers']): boolean {
  const { 'content-type': type, 'content-encoding': encoding } = headers;
  if (encoding !== undefined && encoding !== 'identity') return false;
  return typeof type === 'string' && /^application\/json *(;|$)/i.test(type.trim());
}

/** A body of unknown length may be as long as any. */
function announcedBytes(length: string | string[] | undefined): number {
  return typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : MAX_BODY_BYTES;
}

type Parse = (request: unknown, body: string, done: (error: Error | null, parsed?: unknown) => void) => void;

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/**
 * A parser of JSON bodies that refuses what is not UTF-8 (RFC 8259 section 8.1): decoded leniently, replacement
 * characters would be sent in place of what was meant.
 */
export function strictUtf8(parse: Parse) {
  return (request: unknown, body: Uint8Array, done: Parameters<Parse>[2]): void => {
    let text: string;
    try {
      text = UTF8.decode(body);
    } catch {
      done(Object.assign(new Error('The request body must be UTF-8.'), { statusCode: 400 }));
      return;
    }
    parse(request, text, done);
  };
}

function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { status, headers, body: { errors: [{ message, field: null, help: null }] } };
}
