/** One request to the S3 server, signed as AWS Signature Version 4 asks; enough to check that the server serves. */
import { createHash, createHmac } from 'node:crypto';
import type { S3Address } from '../stack.ts';

export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Below the bucket; empty for the bucket itself. */
  readonly key: string;
  /** In the order of their names, as the signature wants them. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

export async function requestS3(address: S3Address, request: S3Request, now: Date): Promise<Response> {
  const body = request.body ?? '';
  const url = new URL(`/${address.bucket}/${request.key}`, address.endpoint);
  url.search = new URLSearchParams(request.query).toString();
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const signed = { host: url.host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': time };
  const names = Object.keys(signed).join(';');
  const lines = Object.entries(signed).map(([name, value]) => `${name}:${value}\n`);
  const canonical = [request.method, url.pathname, url.search.slice(1), lines.join(''), names, sha256(body)].join('\n');
  const scope = [time.slice(0, 8), address.region, 's3', 'aws4_request'];
  const key = scope.reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${address.secretAccessKey}`);
  const toSign = ['AWS4-HMAC-SHA256', time, scope.join('/'), sha256(canonical)].join('\n');
  const signature = hmac(key, toSign).toString('hex');
  const credential = `${address.accessKeyId}/${scope.join('/')}`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential},SignedHeaders=${names},Signature=${signature}`;
  const { host: _, ...sent } = signed;
  return fetch(url, {
    method: request.method,
    headers: { ...request.headers, ...sent, authorization },
    ...(request.method === 'PUT' && { body }),
  });
}
