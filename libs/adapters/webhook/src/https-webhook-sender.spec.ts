import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import eventWebhook from '@sendgrid/eventwebhook';
import { HttpsWebhookSender, type HttpsWebhookSenderOptions } from './https-webhook-sender.ts';
import { generateWebhookKey } from './signature.ts';

interface Taken {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An endpoint on loopback that answers what it is told to. */
class Endpoint {
  private constructor(
    private readonly server: Server,
    readonly port: number,
    readonly taken: readonly Taken[],
  ) {}

  static async open(status: number, headers: Record<string, string> = {}, silent = false): Promise<Endpoint> {
    const taken: Taken[] = [];
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        taken.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
        if (!silent) response.writeHead(status, headers).end('thanks');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Endpoint(server, (server.address() as AddressInfo).port, taken);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const OPEN: HttpsWebhookSenderOptions = { allowHttp: true, allowPrivate: true };
const BODY = new TextEncoder().encode('[{"event":"delivered","email":"änn@example.org"}]');
const keys = await generateWebhookKey();

async function posted(url: string, options: Partial<HttpsWebhookSenderOptions> = {}) {
  const sender = new HttpsWebhookSender({ ...OPEN, ...options });
  const answer = await sender.post({ url, body: BODY, timestamp: 1_700_000_000, privateKey: keys.privateKey });
  sender.close();
  return answer;
}

async function withEndpoint(body: (endpoint: Endpoint) => Promise<void>, ...how: Parameters<typeof Endpoint.open>) {
  const endpoint = await Endpoint.open(...how);
  try {
    await body(endpoint);
  } finally {
    await endpoint.close();
  }
}

describe('a webhook that is posted', () => {
  it('bears a signature that SendGrid’s own library verifies, and that no other body has', async () => {
    await withEndpoint(async (endpoint) => {
      assert.deepEqual(await posted(`http://127.0.0.1:${endpoint.port}/hook?a=1`), { kind: 'answered', status: 200 });
      const [{ headers, body }] = endpoint.taken as [Taken];
      const signature = headers['x-twilio-email-event-webhook-signature'] as string;
      const timestamp = headers['x-twilio-email-event-webhook-timestamp'] as string;
      const webhook = new eventWebhook.EventWebhook();
      const key = webhook.convertPublicKeyToECDSA(keys.publicKey);
      assert.equal(timestamp, '1700000000');
      assert.ok(webhook.verifySignature(key, body, signature, timestamp));
      assert.ok(!webhook.verifySignature(key, `${body} `, signature, timestamp));
      assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    }, 200);
  });

  it('follows no redirect', async () => {
    await withEndpoint(async (target) => {
      await withEndpoint(
        async (endpoint) => {
          assert.deepEqual(await posted(`http://127.0.0.1:${endpoint.port}/`), { kind: 'answered', status: 302 });
        },
        302,
        { location: `http://127.0.0.1:${target.port}/` },
      );
      assert.equal(target.taken.length, 0);
    }, 200);
  });

  it('goes to no address that is not public, however it is written', async () => {
    await withEndpoint(async ({ port, taken }) => {
      for (const host of [
        '127.0.0.1',
        '2130706433',
        '0x7f.1',
        '[::1]',
        '[::ffff:127.0.0.1]',
        'localhost',
        '169.254.169.254',
      ]) {
        const answer = await posted(`http://${host}:${port}/`, { allowPrivate: false });
        assert.equal(answer.kind === 'failed' && answer.reason, 'address_refused', host);
      }
      assert.equal(taken.length, 0);
    }, 200);
  });

  it('connects to the address that was checked: a name that changes its meaning gains nothing', async () => {
    await withEndpoint(async ({ port, taken }) => {
      let asked = 0;
      const resolve = async () => [{ address: ++asked === 1 ? '192.0.0.1' : '127.0.0.1', family: 4 }];
      const answer = await posted(`http://rebinding.example:${port}/`, { allowPrivate: false, resolve });
      assert.equal(answer.kind === 'failed' && answer.reason, 'address_refused');
      assert.equal(asked, 1);
      const mixed = async () => [
        { address: '8.8.8.8', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ];
      const both = await posted(`http://mixed.example:${port}/`, { allowPrivate: false, resolve: mixed });
      assert.equal(both.kind === 'failed' && both.reason, 'address_refused');
      assert.equal(taken.length, 0);
      const loopback = async () => [{ address: '127.0.0.1', family: 4 }];
      assert.equal((await posted(`http://hooks.example:${port}/`, { resolve: loopback })).kind, 'answered');
    }, 200);
  });

  it('is https unless plain http is allowed, without a password in its address', async () => {
    for (const url of ['http://hooks.example/', 'ftp://hooks.example/', 'https://user:pw@hooks.example/', 'nonsense']) {
      const answer = await posted(url, { allowHttp: false });
      assert.equal(answer.kind === 'failed' && answer.reason, 'address_refused', url);
    }
  });

  it('is given up when nobody answers, and where nobody listens or nobody is', async () => {
    await withEndpoint(
      async ({ port }) => {
        const late = await posted(`http://127.0.0.1:${port}/`, { timeoutMs: 50 });
        assert.equal(late.kind === 'failed' && late.reason, 'timeout');
      },
      200,
      {},
      true,
    );
    const nobody = await posted('http://127.0.0.1:1/');
    assert.equal(nobody.kind === 'failed' && nobody.reason, 'unreachable');
    const nowhere = await posted('http://hooks.example/', { resolve: () => Promise.reject(new Error('ENOTFOUND')) });
    assert.equal(nowhere.kind === 'failed' && nowhere.reason, 'unresolved');
  });
});
