import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { releaseContext, type Span } from '@penstock/events';
import { runCommand } from './command.ts';

const KEY = 'a-key-for-tests';

const ANSWERS: Readonly<Record<string, unknown>> = {
  '/v1/messages/m1?limit=1000': {
    messageId: 'm1',
    deliveries: [{ deliveryId: 'm1.0.0', domain: 'gmail.com', status: 'delivered', attempts: 1 }],
  },
  '/v1/deliveries/m1.0.0': {
    deliveryId: 'm1.0.0',
    messageId: 'm1',
    status: 'delivered',
    domain: 'gmail.com',
    class: 'bulk',
    attempts: 1,
    duplicates: 0,
    facts: [
      {
        type: 'processed',
        at: 1_000,
        release: 0,
        transition: 'accepted',
        class: 'bulk',
        domain: 'gmail.com',
        size: 2_048,
        protocol: 'http',
        pool: 'default',
      },
      { type: 'released', at: 1_004, release: 1, transition: 'opened', attempt: 1, source: 'ip-1', provider: 'gmail' },
      {
        type: 'delivered',
        at: 1_120,
        release: 1,
        transition: 'ended',
        attempt: 1,
        source: 'ip-1',
        phase: 'final_dot',
        reply: { code: 250, text: '2.0.0 OK' },
        verdict: { cause: 'accepted', disposition: 'deliver' },
      },
    ],
  },
};

const COUNTED = { deferralRate: 0, meanLatencyMs: 120 };

const STATUS: Readonly<Record<string, unknown>> = {
  '/health/ready': { status: 'ready', reasons: {} },
  '/v1/providers?minutes=60': {
    minutes: 60,
    totals: { counts: { accepted: 1, delivered: 1 }, rates: COUNTED },
    providers: [
      { provider: 'gmail', counts: { delivered: 1 }, rates: COUNTED },
      { provider: 'unresolved', counts: { accepted: 1 }, rates: { deferralRate: null, meanLatencyMs: null } },
    ],
  },
  '/v1/sources?minutes=60': { sources: [] },
  '/v1/lanes?limit=20': { lanes: [], totals: { lanes: 0 }, truncated: false },
};

const RATED = { score: 82, grade: 'fair', outcomes: 12_000 };
const FAULTS = { complaints: 0.00052, bounces: 0.03, blocks: 0.01, deferrals: 0.08 };
const FIGURES = {
  counts: { attempts: 40, delivered: 28, deferredRemote: 12, deferredHeld: 3 },
  rates: { deferralRate: 0.3, deliveriesDeferredRate: 0.25, recoveredRate: 0.5, meanLatencyMs: 4_000 },
  causes: { throttle_rate: 9, mailbox_full: 3 },
  heldBy: { hourly_limit: 3 },
};

const REPUTATION: Readonly<Record<string, unknown>> = {
  '/v1/reputation?tenant=acme': {
    windowHours: 168,
    minOutcomes: 200,
    reputations: [
      {
        subject: 'tenant',
        name: 'acme',
        ...RATED,
        rates: FAULTS,
        published: { score: 84, at: 1 },
        providers: [
          { provider: 'gmail', ...RATED, rates: FAULTS },
          { provider: 'other', score: null, grade: 'unrated', outcomes: 0, rates: FAULTS },
        ],
      },
    ],
    truncated: false,
  },
  '/v1/reputation?': { windowHours: 168, minOutcomes: 200, reputations: [], truncated: false },
  '/v1/timelines/deferrals?hours=2&by=hour%2Cprovider': {
    from: Date.UTC(2026, 0, 1, 12),
    to: Date.UTC(2026, 0, 1, 14),
    by: ['hour', 'provider'],
    totals: FIGURES,
    rows: [{ hour: Date.UTC(2026, 0, 1, 13), provider: 'gmail', ...FIGURES }],
    truncated: true,
  },
};

const COMMANDS = [
  'send',
  'timeline',
  'trace',
  'status',
  'reputation',
  'deferrals',
  'events export',
  'events tail',
  'rebuild',
  'keys create',
  'keys list',
  'keys revoke',
  'tenants list',
  'tenants add',
  'domain add',
  'domain check',
  'domain list',
  'domain remove',
];

describe('the penstock command', () => {
  let server: Server;
  let url: string;
  const posted: unknown[] = [];

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.headers.authorization !== `Bearer ${KEY}`) return response.writeHead(401).end('{"errors":[]}');
        if (request.method === 'POST') {
          posted.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
          return response.writeHead(202, { 'x-message-id': 'm1' }).end();
        }
        const answer = { ...ANSWERS, ...STATUS, ...REPUTATION }[request.url ?? ''];
        if (answer === undefined) {
          const body = { errors: [{ message: 'no such delivery', field: null, help: null }] };
          return response.writeHead(404).end(JSON.stringify(body));
        }
        return response.end(JSON.stringify(answer));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
  });

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    return runWith({ PENSTOCK_URL: url, PENSTOCK_API_KEY: KEY }, ...args);
  }

  async function runWith(environment: Record<string, string>, ...args: string[]) {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommand(args, {
      environment,
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  it('sends a mail and says how to follow it', async () => {
    const { code, out } = await run('send', '--to', 'ann@gmail.com', '--subject', 'Hi');
    assert.equal(code, 0);
    assert.match(out, /accepted as m1\nfollow it: penstock timeline m1/);
    assert.deepEqual((posted.at(-1) as { personalizations: unknown }).personalizations, [
      { to: [{ email: 'ann@gmail.com' }] },
    ]);
  });

  it('shows the facts of a delivery in order with the time since the first', async () => {
    const { out } = await run('timeline', 'm1.0.0');
    const types = [...out.matchAll(/\+(\d+) ms +(\w+)/g)].map(([, at, type]) => `${at} ${type}`);
    assert.deepEqual(types, ['0 processed', '4 released', '120 delivered']);
    assert.match(out, /bulk mail for gmail\.com, delivered after 120 ms, 1 attempt/);
  });

  it('shows the one delivery of a message at once, and follows it to its end', async () => {
    assert.match((await run('timeline', 'm1')).out, /delivery m1\.0\.0/);
    assert.match(
      (await run('send', '--to', 'ann@gmail.com', '--follow')).out,
      /delivered +250 2\.0\.0 OK at final dot/,
    );
  });

  it('says in one line what is wrong, and what to do', async () => {
    assert.deepEqual(await run('timeline', 'm2.0.0'), { code: 1, out: '', err: 'no such delivery' });
    assert.match(
      (await runWith({ PENSTOCK_URL: url }, 'timeline', 'm1')).err,
      /an API key is needed: set PENSTOCK_API_KEY/,
    );
    assert.match(
      (await runWith({ PENSTOCK_URL: url, PENSTOCK_API_KEY: 'x' }, 'status')).err,
      /does not know this API key/,
    );
    const nobody = await runWith({ PENSTOCK_URL: 'http://127.0.0.1:1', PENSTOCK_API_KEY: KEY }, 'timeline', 'm1');
    assert.equal(nobody.code, 1);
    assert.match(nobody.err, /no platform answers at http:\/\/127\.0\.0\.1:1/);
  });

  it('traces a delivery from its facts, and says where the traces are', async () => {
    const sent: Span[] = [];
    const out: string[] = [];
    const print = (text: string) => out.push(text);
    const world = { environment: { PENSTOCK_URL: url, PENSTOCK_API_KEY: KEY }, print, complain: print };
    const sendSpans = async (endpoint: string, spans: readonly Span[]) => {
      assert.equal(endpoint, 'http://127.0.0.1:4318');
      sent.push(...spans);
    };
    assert.equal(await runCommand(['trace', 'm1.0.0'], { ...world, sleep: async () => {}, sendSpans }), 0);
    assert.deepEqual(
      sent.map(({ name }) => name),
      ['accept', 'release', 'attempt'],
    );
    const { traceId } = releaseContext('m1.0.0', 1);
    assert.match(
      out.join('\n'),
      new RegExp(`release 1 +http://127\\.0\\.0\\.1:16686/trace/${traceId}  2 spans, delivered accepted`),
    );
    assert.match(out.join('\n'), /all of them: http.*penstock\.message_id.*m1/);
    const printed = await run('trace', 'm1.0.0', '--print');
    assert.deepEqual(
      printed.out.split('\n').map((line) => JSON.parse(line)),
      JSON.parse(JSON.stringify(sent)),
    );
    assert.match((await run('trace', 'm1')).err, /name one of them/);
  });

  it('has help for itself and each command', async () => {
    assert.match((await run('--help')).out, /PENSTOCK_URL/);
    for (const command of COMMANDS) {
      const { code, out } = await run(...command.split(' '), '--help');
      assert.equal(code, 0);
      assert.match(out, new RegExp(`Usage: penstock ${command}`));
      assert.doesNotMatch(out, /default: false/);
    }
  });

  it('says its version', async () => {
    assert.match((await run('--version')).out, /^\d+\.\d+\.\d+$/);
  });

  it('names the option that is wrong, what it takes, and where to read more', async () => {
    const minutes = await run('status', '--minutes', '-1');
    assert.equal(minutes.code, 1);
    assert.match(
      minutes.err,
      /option '--minutes <n>' argument '-1' is invalid\. Expected a whole number from 1 to 2880/,
    );
    assert.match((await run('keys', 'create')).err, /'--tenant <name>' not specified\n.*--help/);
    assert.match(
      (await run('--url', 'ftp://x', 'status')).err,
      /^ftp:\/\/x is no address; expected something like http/,
    );
    assert.match((await run('rebuild')).err, /either name the models, or use --all/);
  });

  it('says nothing of records when the export was refused', async () => {
    assert.deepEqual(await run('events', 'export', '--type', 'x'), { code: 1, out: '', err: 'no such delivery' });
  });

  it('shows acceptance for all together, since no provider is known by then', async () => {
    const { out } = await run('status');
    assert.match(out, /^gmail +1 +0 /m);
    assert.match(out, /^all +1 +1 +0 /m);
    assert.doesNotMatch(out, /unresolved/);
  });

  it('reputation shows scores in total and by provider, and what is not rated', async () => {
    const { code, out } = await run('reputation', '--tenant', 'acme');
    assert.equal(code, 0);
    assert.match(out, /^tenant +acme +all +82 +fair +12,000 +3\.0 % +1\.0 % +0\.05 % +8\.0 % +84$/m);
    assert.match(out, /^ +gmail +82/m);
    assert.match(out, /^ +other +– +unrated +0 +– /m);
    assert.match((await run('reputation')).out, /nobody has had an outcome in the last 168 hours/);
  });

  it('deferrals shows rows, their rates and why', async () => {
    const { code, out } = await run('deferrals', '--hours', '2', '--by', 'hour,provider');
    assert.equal(code, 0);
    const figures =
      '40 +28 +12 +3 +30\\.0 % +25\\.0 % +50\\.0 % +4\\.0 s +throttle rate 9, hourly limit 3, mailbox full 3';
    assert.match(out, new RegExp(`^2026-01-01 13:00 +gmail +${figures}$`, 'm'));
    assert.match(out, new RegExp(`^all +${figures}$`, 'm'));
    assert.match(out, /2026-01-01 12:00 to 2026-01-01 14:00 UTC\n… there are more/);
    assert.equal((await run('deferrals', '--hours', '169')).code, 1);
  });
});
