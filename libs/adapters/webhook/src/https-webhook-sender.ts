import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { isPublicAddress } from '@penstock/mail';
import type { WebhookAnswer, WebhookFailure, WebhookPost, WebhookSender } from '@penstock/ports';
import { AddressRefusedError, publicLookup, type Resolve, systemResolve, UnresolvedError } from './public-lookup.ts';
import { Signatures } from './signature.ts';

export interface HttpsWebhookSenderOptions {
  /** Also `http:` addresses. */
  readonly allowHttp: boolean;
  /** Also addresses of loopback, private and link-local networks. */
  readonly allowPrivate: boolean;
  /** Longest a whole request may take, ms. */
  readonly timeoutMs?: number;
  readonly resolve?: Resolve;
}

/** Of an answer nothing but its status counts; what is longer is not read. */
const ANSWER_BYTES = 64 * 1024;

class RefusedError extends Error {
  constructor(
    readonly reason: WebhookFailure,
    message: string,
  ) {
    super(message);
  }
}

/** One connection for each address, kept open between batches. Redirects are an answer like any other. */
export class HttpsWebhookSender implements WebhookSender {
  private readonly agents: { readonly 'http:': HttpAgent; readonly 'https:': HttpsAgent };
  private readonly signatures = new Signatures();
  private readonly timeoutMs: number;

  constructor(private readonly options: HttpsWebhookSenderOptions) {
    const lookup = publicLookup(options.resolve ?? systemResolve, options.allowPrivate);
    const settings = { keepAlive: true, maxSockets: 2, maxFreeSockets: 64, timeout: 60_000, lookup };
    this.agents = { 'http:': new HttpAgent(settings), 'https:': new HttpsAgent(settings) };
    this.timeoutMs = options.timeoutMs ?? 20_000;
  }

  async post(post: WebhookPost): Promise<WebhookAnswer> {
    try {
      return { kind: 'answered', status: await this.send(this.allowed(post.url), post) };
    } catch (error) {
      return failure(error);
    }
  }

  close(): void {
    for (const agent of Object.values(this.agents)) agent.destroy();
  }

  private allowed(text: string): URL {
    const url = URL.parse(text);
    if (!url) throw new RefusedError('address_refused', 'it is not a URL');
    if (url.protocol !== 'https:' && !(url.protocol === 'http:' && this.options.allowHttp)) {
      throw new RefusedError('address_refused', `${url.protocol} is not allowed`);
    }
    if (url.username !== '' || url.password !== '') {
      throw new RefusedError('address_refused', 'it has a user or a password in it');
    }
    // A socket does not look up what is an address already.
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (!this.options.allowPrivate && isIP(host) !== 0 && !isPublicAddress(host)) {
      throw new RefusedError('address_refused', 'its address is not public');
    }
    return url;
  }

  private send(url: URL, { body, timestamp, privateKey }: WebhookPost): Promise<number> {
    const headers = {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': `${body.length}`,
      'User-Agent': 'Penstock Event Webhook',
      ...this.signatures.headers(privateKey, timestamp, body),
    };
    const agent = url.protocol === 'https:' ? this.agents['https:'] : this.agents['http:'];
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const sent = request(url, { method: 'POST', agent, headers });
      const timer = setTimeout(() => {
        sent.destroy(new RefusedError('timeout', `no answer within ${this.timeoutMs} ms`));
      }, this.timeoutMs);
      sent.once('close', () => clearTimeout(timer));
      sent.once('error', reject);
      answered(sent, resolve);
      sent.end(body);
    });
  }
}

function answered(sent: ClientRequest, resolve: (status: number) => void): void {
  sent.once('response', (response) => {
    let length = 0;
    response.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > ANSWER_BYTES) response.destroy();
    });
    // Whatever becomes of the rest: the status has been said.
    response.on('error', () => undefined);
    resolve(response.statusCode ?? 0);
  });
}

function failure(error: unknown): WebhookAnswer {
  const detail = error instanceof Error ? error.message : String(error);
  if (error instanceof RefusedError) return { kind: 'failed', reason: error.reason, detail };
  if (error instanceof AddressRefusedError) return { kind: 'failed', reason: 'address_refused', detail };
  if (error instanceof UnresolvedError) return { kind: 'failed', reason: 'unresolved', detail };
  return { kind: 'failed', reason: 'unreachable', detail };
}
