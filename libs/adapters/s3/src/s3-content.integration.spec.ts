import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { ContentDamagedError, ContentMissingError } from '@penstock/ports';
import { openS3Content, type S3ContentOptions } from './open-s3-content.ts';
import { StorageSetupError, StorageUnavailableError } from './storage/object-storage.ts';

const SECRET = 'a-secret-nobody-may-see';
const HOUR_MS = 3_600_000;
const NAMES_A_PAGE = 3;

type Fault = 'refuse' | 'break' | 'cut' | 'short' | { readonly status: number; readonly code: string };

/** As much of S3 as content needs, for objects in memory, and what goes wrong with it. */
class ScriptedS3 {
  readonly objects = new Map<string, Buffer>();
  readonly requests: string[] = [];
  asked: () => void = () => {};
  /** For the next requests of a kind; the last one stays. */
  faults = new Map<string, readonly (Fault | undefined)[]>();

  answer(request: IncomingMessage, response: ServerResponse, body: Buffer): void {
    const url = new URL(request.url ?? '/', 'http://s3');
    const name = decodeURIComponent(url.pathname.slice('/bucket/'.length));
    const kind = request.method === 'GET' && url.searchParams.has('list-type') ? 'LIST' : (request.method ?? '');
    this.requests.push(kind);
    this.asked();
    const fault = this.nextFault(kind);
    if (fault === 'break') request.socket.destroy();
    else if (typeof fault === 'object') fail(response, fault.status, fault.code);
    else if (kind === 'LIST') this.list(url.searchParams, response);
    else if (kind === 'GET') this.get(name, request.headers.range ?? '', response, fault);
    else if (kind === 'POST') this.remove(body.toString(), response);
    else {
      this.objects.set(name, body);
      response.end();
    }
  }

  private nextFault(kind: string): Fault | undefined {
    const [fault, ...rest] = this.faults.get(kind) ?? [];
    if (rest.length > 0) this.faults.set(kind, rest);
    return fault;
  }

  private get(name: string, range: string, response: ServerResponse, fault: Fault | undefined): void {
    const object = this.objects.get(name);
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    if (!object) fail(response, 404, 'NoSuchKey');
    else if (Number(first) >= object.length) fail(response, 416, 'InvalidRange');
    else sendPart(response, object.subarray(Number(first), Number(last) + 1), fault);
  }

  private list(query: URLSearchParams, response: ServerResponse): void {
    const [prefix, from] = [query.get('prefix') ?? '', query.get('continuation-token') ?? ''];
    const entries = new Set(
      [...this.objects.keys()]
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(0, name.indexOf('/', prefix.length) + 1 || name.length)),
    );
    const left = [...entries].sort().filter((name) => name > from);
    const page = left.slice(0, NAMES_A_PAGE);
    const listed = page.map((name) =>
      name.endsWith('/')
        ? `<CommonPrefixes><Prefix>${name}</Prefix></CommonPrefixes>`
        : `<Contents><Key>${name}</Key></Contents>`,
    );
    const more = left.length > page.length;
    const next = more ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    response.end(`<ListBucketResult><IsTruncated>${more}</IsTruncated>${next}${listed.join('')}</ListBucketResult>`);
  }

  private remove(body: string, response: ServerResponse): void {
    for (const [, name = ''] of body.matchAll(/<Key>([^<]*)<\/Key>/g)) this.objects.delete(name);
    response.end('<DeleteResult></DeleteResult>');
  }
}

function sendPart(response: ServerResponse, bytes: Buffer, fault: Fault | undefined): void {
  const part = fault === 'short' ? bytes.subarray(0, 5) : bytes;
  response.writeHead(206, { 'content-length': part.length });
  if (fault === 'cut') response.write(part.subarray(0, 5), () => response.destroy());
  else response.end(part);
}

function fail(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
}

describe('content on S3', () => {
  let s3 = new ScriptedS3();
  let server: Server;
  let endpoint = '';
  const logged: unknown[] = [];

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => s3.answer(request, response, Buffer.concat(chunks)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  beforeEach(() => {
    s3 = new ScriptedS3();
  });

  after(() => {
    server.close();
    assert.ok(!JSON.stringify(logged).includes(SECRET));
  });

  const open = (options: Partial<S3ContentOptions> = {}) =>
    openS3Content({
      clock: systemClock,
      timers: systemTimers,
      random: systemRandom,
      telemetry: { log: (...line) => logged.push(line) },
      endpoint,
      region: 'us-east-1',
      bucket: 'bucket',
      prefix: 'mail',
      accessKeyId: 'key',
      secretAccessKey: SECRET,
      retries: { attempts: 4, firstWaitMs: 1, longestWaitMs: 2, withinMs: 60_000 },
      packing: { cacheBytes: 0, readAheadBytes: 0 },
      ...options,
    });

  const BUSY = { status: 503, code: 'SlowDown' };

  it('is asked for again after 503, a broken connection and a cut body', async () => {
    const content = await open();
    s3.faults.set('PUT', [BUSY, 'break', undefined]);
    const [reference = ''] = await content.put([Buffer.from('written in the end')]);
    for (const fault of [BUSY, 'break', 'cut'] as const) {
      s3.faults.set('GET', [fault, fault, undefined]);
      assert.equal(Buffer.from(await content.get(reference)).toString(), 'written in the end');
    }
    assert.ok(logged.length >= 8);
    await content.close();
  });

  it('that cannot be had is neither missing nor damaged, and that cannot be written is not promised', async () => {
    const content = await open();
    const [reference = ''] = await content.put([Buffer.from('x')]);
    for (const fault of [
      BUSY,
      'break',
      'cut',
      { status: 404, code: 'NoSuchBucket' },
      { status: 403, code: 'Denied' },
    ]) {
      s3.faults.set('GET', [fault as Fault]);
      await assert.rejects(content.get(reference), StorageUnavailableError);
      if (fault === 'cut') continue;
      s3.faults.set('PUT', [fault as Fault]);
      await assert.rejects(content.put([Buffer.from('y')]), StorageUnavailableError);
    }
    await content.close();
  });

  it('is not waited for longer than is allowed, however many attempts are left', async () => {
    let nowMs = 0;
    const clock = { now: () => systemClock.now(), monotonic: () => nowMs };
    const retries = { attempts: 1000, firstWaitMs: 1, longestWaitMs: 1, withinMs: 50 };
    const content = await open({ clock, retries });
    s3.faults.set('PUT', [BUSY]);
    s3.asked = () => {
      nowMs += 20;
    };
    s3.requests.length = 0;
    await assert.rejects(content.put([Buffer.from('x')]), StorageUnavailableError);
    assert.equal(s3.requests.length, 3);
    await content.close();
  });

  it('is damaged where the object is shorter than its blobs, missing where there is no object', async () => {
    const content = await open();
    const [first = '', second = ''] = await content.put([Buffer.from('one'), Buffer.from('two')]);
    s3.faults.set('GET', ['short']);
    await assert.rejects(content.get(first), ContentDamagedError);
    s3.faults.clear();
    const [[name, bytes]] = [...s3.objects] as [[string, Buffer]];
    s3.objects.set(name, bytes.subarray(0, 11));
    assert.equal(Buffer.from(await content.get(first)).toString(), 'one');
    await assert.rejects(content.get(second), ContentDamagedError);
    s3.objects.clear();
    await assert.rejects(content.get(first), ContentMissingError);
    await content.close();
  });

  it('is refused at the start with the permission that is missing, and without a key', async () => {
    const denied = { status: 403, code: 'AccessDenied' };
    for (const [kind, permission] of [
      ['PUT', 's3:PutObject'],
      ['GET', 's3:GetObject'],
      ['LIST', 's3:ListBucket'],
      ['POST', 's3:DeleteObject'],
    ] as const) {
      s3.faults = new Map([[kind, [denied]]]);
      await assert.rejects(open(), (error) => {
        assert.ok(error instanceof StorageSetupError);
        assert.match(error.message, new RegExp(`S3 bucket bucket .*${permission}.*403 AccessDenied`));
        return !error.stack?.includes(SECRET);
      });
    }
    s3.faults = new Map([['GET', [undefined, denied]]]);
    await assert.rejects(open(), /s3:ListBucket/);
    s3.faults = new Map([['PUT', [{ status: 404, code: 'NoSuchBucket' }]]]);
    await assert.rejects(open(), /404 NoSuchBucket/);
  });

  it('older than is kept is deleted page by page, by whoever sweeps', async () => {
    const start = Date.UTC(2026, 5, 1, 10);
    let now = start;
    const content = await open({ clock: { now: () => now, monotonic: () => systemClock.monotonic() } });
    for (let i = 0; i < 40; i++, now += HOUR_MS / 8) await content.put([Buffer.from(`${i}`)]);
    assert.equal(s3.objects.size, 40);
    const rule = { retentionMs: 3 * HOUR_MS, leastMs: () => 0 };
    const [one, other] = [content.sweep(rule), content.sweep(rule)];
    await Promise.all([one.sweep(), other.sweep()]);
    assert.equal(s3.objects.size, 24);
    assert.ok([...s3.objects.keys()].every((name) => /^mail\/content\/20260601(12|13|14)\//.test(name)));
    await content.close();
  });
});
