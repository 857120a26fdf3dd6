import { Body, Controller, HttpException, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { ApiKey } from '@penstock/access';
import type { KeyedRequest } from '@penstock/nest';
import { Ingest } from '../ingest.ts';
import {
  type EdgeRequest,
  MAIL_SEND_PATH,
  MAX_BODY_BYTES,
  type Refusal,
  refuseEarly,
  strictUtf8,
} from './http-edge.ts';

/** What of Fastify's reply is used here. */
interface Reply {
  status(code: number): Reply;
  header(name: string, value: string): Reply;
  send(body?: unknown): unknown;
}

@Controller()
export class MailSendController {
  constructor(@Inject(Ingest) private readonly ingest: Ingest) {}

  /** SendGrid's v3 `mail/send`. */
  @Post(MAIL_SEND_PATH)
  async send(@Body() body: unknown, @Req() request: KeyedRequest, @Res() reply: Reply): Promise<void> {
    const { apiKey, headers } = request;
    // Only `configureHttp` lets a request pass with a key; without it nobody gets in.
    if (!apiKey) throw new HttpException('authorization required', HttpStatus.UNAUTHORIZED);
    const { traceparent, 'idempotency-key': idempotencyKey } = headers;
    const context = { traceparent: one(traceparent), idempotencyKey: one(idempotencyKey) };
    const answer = await this.ingest.mailSend.send(body, apiKey, context);
    if (answer.messageId !== undefined) reply.header('X-Message-Id', answer.messageId);
    reply.status(answer.status).send(answer.problems && { errors: answer.problems });
  }
}

/** Node joins the values of a header that came twice with a comma, and lists only those of Set-Cookie. */
function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

/** What of Nest's Fastify adapter is used here. */
interface HttpAdapter {
  getInstance(): HttpServer;
  useBodyParser(type: string, rawBody: boolean, options: object, parser: ReturnType<typeof strictUtf8>): unknown;
}

interface HttpServer {
  readonly server: { requestTimeout: number };
  getDefaultJsonParser(onProtoPoisoning: 'error', onConstructorPoisoning: 'error'): unknown;
  hasRequestDecorator(name: string): boolean;
  decorateRequest(name: string, value: undefined): unknown;
  addHook(name: 'onRoute', hook: (route: { readonly url: string; bodyLimit?: number }) => void): unknown;
  addHook(name: 'onRequest', hook: (request: HookRequest, reply: HookReply) => Promise<unknown>): unknown;
}

interface HookRequest extends EdgeRequest {
  readonly url: string;
  readonly raw: Stream;
  apiKey?: ApiKey;
}

interface HookReply {
  status(code: number): HookReply;
  headers(values: Readonly<Record<string, string>>): HookReply;
  send(body: unknown): HookReply;
  readonly raw: Pick<Stream, 'once'>;
}

interface Stream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
  once(event: 'end' | 'close' | 'error', listener: () => void): unknown;
}

/**
 * A request that has not arrived by then is answered 408. While it arrives it takes room in memory that others then do
 * not have; Fastify's own default waits for ever.
 */
export const REQUEST_TIMEOUT_MS = 120_000;

/**
 * Prepares Fastify for ingest's routes: whoever may not send is refused before the body is read, and mail in memory
 * is bounded. Call it after making the adapter and before Nest registers the routes; the error shape of what Fastify
 * and Nest refuse by themselves is the HttpErrorsFilter's.
 */
export function configureHttp(adapter: HttpAdapter, ingest: Ingest): void {
  const fastify = adapter.getInstance();
  fastify.server.requestTimeout = REQUEST_TIMEOUT_MS;
  const parse = fastify.getDefaultJsonParser('error', 'error') as Parameters<typeof strictUtf8>[0];
  adapter.useBodyParser('application/json', false, {}, strictUtf8(parse));
  if (!fastify.hasRequestDecorator('apiKey')) fastify.decorateRequest('apiKey', undefined);
  fastify.addHook('onRoute', (route) => {
    if (route.url === MAIL_SEND_PATH) route.bodyLimit = MAX_BODY_BYTES;
  });
  fastify.addHook('onRequest', async (request, reply) => {
    if (request.url.split('?', 1)[0] !== MAIL_SEND_PATH) return;
    const admitted = refuseEarly(request, ingest.keys, ingest.admission);
    if ('status' in admitted) {
      if (admitted.status === HttpStatus.PAYLOAD_TOO_LARGE) await drained(request.raw);
      return answer(reply, admitted);
    }
    request.apiKey = admitted.key;
    // Also when the client goes away in the middle, of which Fastify's own hooks say nothing.
    reply.raw.once('close', () => ingest.admission.release(admitted.bytes));
  });
}

function answer(reply: HookReply, { status, body, headers }: Refusal): HookReply {
  return reply.status(status).headers(headers).send(body);
}

/** Most we read only to throw it away. */
const MAX_DRAINED_BYTES = 4 * MAX_BODY_BYTES;

/**
 * Reads a body that is too large to its end: a client that is still writing when the connection closes would see a
 * reset instead of the answer.
 */
function drained(body: Stream): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    body.on('data', (chunk: Uint8Array) => {
      bytes += chunk.length;
      if (bytes > MAX_DRAINED_BYTES) resolve();
    });
    for (const end of ['end', 'close', 'error'] as const) body.once(end, () => resolve());
  });
}
