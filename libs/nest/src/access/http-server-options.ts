import { errorBody } from './http-errors.ts';

/** What of the socket under a connection is used here. */
interface ConnectionSocket {
  readonly writable: boolean;
  readonly destroyed: boolean;
  write(text: string): unknown;
  destroy(error?: Error): unknown;
}

interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/**
 * Options of Fastify for what is answered before there is a route or even a request: in the error shape of everything
 * else. A request that comes while the server closes reaches its handler, which knows better what it can still do.
 */
export const HTTP_SERVER_OPTIONS = {
  frameworkErrors: refuseAddress,
  clientErrorHandler: refuseConnection,
  return503OnClosing: false,
} as const;

/** An address Fastify cannot read, or one that is too long. */
function refuseAddress({ statusCode = 400 }: { statusCode?: number }, _request: unknown, reply: unknown): void {
  (reply as Reply).status(statusCode).send(errorBody('the address of the request cannot be read'));
}

interface Refusal {
  readonly line: string;
  readonly message: string;
}

const MALFORMED: Refusal = { line: '400 Bad Request', message: 'the request is not HTTP' };

/** By the code of Node's error. */
const REFUSALS: ReadonlyMap<string | undefined, Refusal> = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', { line: '408 Request Timeout', message: 'the request did not arrive in time' }],
  [
    'HPE_HEADER_OVERFLOW',
    { line: '431 Request Header Fields Too Large', message: 'the request headers are too large' },
  ],
  [
    'HPE_CHUNK_EXTENSIONS_OVERFLOW',
    { line: '413 Payload Too Large', message: 'the chunk extensions of the request are too large' },
  ],
]);

/** What Node's parser gives up on: nothing but the socket is there to answer on. */
function refuseConnection(error: Error & { readonly code?: string }, socket: ConnectionSocket): void {
  // The client went away, or the answer is already on its way.
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) {
    const { line, message } = REFUSALS.get(error.code) ?? MALFORMED;
    const body = JSON.stringify(errorBody(message));
    const headers = ['Content-Type: application/json; charset=utf-8', `Content-Length: ${body.length}`];
    socket.write(`HTTP/1.1 ${line}\r\n${[...headers, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`);
  }
  socket.destroy(error);
}
