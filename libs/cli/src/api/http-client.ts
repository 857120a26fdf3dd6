import { UserError } from '../console.ts';

export interface Endpoint {
  /** Without a slash at its end, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly key: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed JSON, undefined for an empty body. */
  readonly body: unknown;
}

/** Speaks to a running platform; every refusal becomes one sentence that says what to do. */
export class HttpClient {
  constructor(private readonly endpoint: Endpoint) {}

  /** @throws UserError for what the caller can put right: no platform, no key, a wrong key, an unknown id. */
  async get(path: string): Promise<unknown> {
    return (await this.request('GET', path)).body;
  }

  /** @throws UserError as `get`. */
  post(path: string, body?: unknown): Promise<HttpAnswer> {
    return this.request('POST', path, body);
  }

  /** @throws UserError as `get`. */
  async delete(path: string): Promise<unknown> {
    return (await this.request('DELETE', path)).body;
  }

  /** The body as it comes, for as long as it comes. @throws UserError as `get` */
  async stream(path: string, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>> {
    const { url, key } = this.endpoint;
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    const response = await fetch(`${url}${path}`, { headers, ...(signal && { signal }) }).catch((error: unknown) => {
      throw new UserError(this.explainSilence(error));
    });
    if (response.status < 400 && response.body) return response.body;
    const { status } = response;
    throw new UserError(this.explain({ status, headers: response.headers, body: parse(await response.text()) }));
  }

  /** Answers of a health check are answers whatever their status. */
  async health(): Promise<HttpAnswer> {
    return this.fetch('GET', '/health/ready');
  }

  private async request(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const answer = await this.fetch(method, path, body);
    if (answer.status < 400) return answer;
    throw new UserError(this.explain(answer));
  }

  private async fetch(method: string, path: string, body?: unknown): Promise<HttpAnswer> {
    const headers: Record<string, string> = {};
    if (this.endpoint.key !== undefined) headers.authorization = `Bearer ${this.endpoint.key}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    try {
      const response = await fetch(`${this.endpoint.url}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, headers: response.headers, body: parse(await response.text()) };
    } catch (error) {
      throw new UserError(this.explainSilence(error));
    }
  }

  private explain({ status, body }: HttpAnswer): string {
    if (status === 401) return this.explainKey();
    const messages = errorMessages(body);
    if (messages.includes(FORBIDDEN)) return SCOPE_HINT;
    return messages.length > 0 ? messages.join('\n') : `${this.endpoint.url} answered ${status}`;
  }

  private explainSilence(error: unknown): string {
    return `no platform answers at ${this.endpoint.url} (${reasonOf(error)}). Start one with npm start, or name another with --url or PENSTOCK_URL.`;
  }

  private explainKey(): string {
    return this.endpoint.key === undefined
      ? 'an API key is needed: set PENSTOCK_API_KEY, or use --key. The platform printed one when it first started; start it with PENSTOCK_API_KEY=… to choose your own.'
      : 'the platform does not know this API key: set PENSTOCK_API_KEY, or use --key, to one it accepts.';
  }
}

/** What the platform answers to a key without the scope. */
const FORBIDDEN = 'access forbidden';
const SCOPE_HINT =
  'this key may not do that: it needs the scope operate, as the key printed at the first start has, or one made with penstock keys create --operate.';

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError('the answer is not JSON: is this a Penstock address?');
  }
}

function errorMessages(body: unknown): readonly string[] {
  const { errors } = (body ?? {}) as { errors?: unknown };
  if (!Array.isArray(errors)) return [];
  return errors.map(({ message, field, help }) => {
    // Our own messages begin with the field they are about; SendGrid's do not.
    const named = field && !String(message).startsWith(field) ? `${field}: ${message}` : String(message);
    return help ? `${named}\n${help}` : named;
  });
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return cause instanceof Error ? cause.message : String(cause);
}
