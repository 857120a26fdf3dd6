import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '../command.ts';

const AT = Date.parse('2026-03-01T12:00:00Z');
const DAY = 86_400_000;
const LEDGER = [
  { at: AT, event: 'started', day: 0, hourlyLimit: 20, reason: 'operator', by: 'admin API, tenant acme' },
  {
    at: AT + DAY,
    event: 'held',
    day: 0,
    hourlyLimit: 20,
    reason: 'deferral_rate',
    results: { attempted: 380, delivered: 310, deferred: 70, bounced: 0, blocked: 0 },
  },
];
const WARMING = {
  source: 'ip-3',
  warming: true,
  schedule: 'sendgrid',
  day: 0,
  days: 42,
  hourlyLimit: 20,
  providerLimits: { yahoo: 10 },
  startedAt: AT,
  nextDayAt: AT + 2 * DAY,
  ledger: LEDGER,
};
const WARM = { source: 'ip-2', warming: false, schedule: 'ses', day: 44, startedAt: AT, endedAt: AT, ledger: [] };

const ANSWERS: Readonly<Record<string, readonly [status: number, body: unknown]>> = {
  'POST /v1/admin/warmups': [201, WARMING],
  'GET /v1/admin/warmups': [200, { warmups: [WARMING, WARM] }],
  'GET /v1/admin/warmups/ip-3': [200, WARMING],
  'DELETE /v1/admin/warmups/ip-3': [200, WARM],
  'DELETE /v1/admin/warmups/ip-9': [404, { errors: [{ message: 'ip-9 is not in warm-up.', field: null, help: null }] }],
};

describe('penstock warmup', () => {
  let server: Server;
  let url: string;
  const posted: unknown[] = [];

  before(async () => {
    server = createServer((request, response) => {
      let text = '';
      request.on('data', (chunk) => {
        text += chunk;
      });
      request.on('end', () => {
        if (text !== '') posted.push(JSON.parse(text));
        const [status, body] = ANSWERS[`${request.method} ${request.url}`] ?? [404, {}];
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  after(() => {
    server.close();
  });

  async function run(...args: readonly string[]) {
    const out: string[] = [];
    const code = await runCommand(['warmup', ...args], {
      environment: { PENSTOCK_URL: url, PENSTOCK_API_KEY: 'an-operators-key' },
      print: (text) => out.push(text),
      complain: (text) => out.push(text),
      sleep: async () => {},
    });
    return { code, text: out.join('\n') };
  }

  it('starts one, by the schedule and from the day that are named', async () => {
    const { code, text } = await run('start', 'ip-3', '--schedule', 'mine', '--day', '4');
    assert.equal(code, 0);
    assert.deepEqual(posted.at(-1), { source: 'ip-3', schedule: 'mine', day: 4 });
    assert.match(text, /ip-3 is in warm-up by "sendgrid": day 0 of 0 to 41, 20 recipients in any hour, 10 to yahoo/);
    assert.match(text, /next day begins at 2026-03-03 12:00/);
    await run('start', 'ip-3');
    assert.deepEqual(posted.at(-1), { source: 'ip-3' });
  });

  it('shows all of them, or the ledger of one', async () => {
    const { text: all } = await run('status');
    assert.match(all, /ip-3 +warming +sendgrid +0 +20/);
    assert.match(all, /ip-2 +warm since 2026-03-01 12:00 +ses/);
    const { text: one } = await run('status', 'ip-3');
    assert.match(one, /held +0 +20 +deferral rate +380 attempted, 310 delivered, 70 deferred/);
    const { text: json } = await run('status', 'ip-3', '--json');
    assert.deepEqual(JSON.parse(json), WARMING);
  });

  it('stops one, and says where there is none', async () => {
    assert.match((await run('stop', 'ip-3')).text, /ip-3 is no longer in warm-up/);
    const { code, text } = await run('stop', 'ip-9');
    assert.equal(code, 1);
    assert.match(text, /ip-9 is not in warm-up/);
  });
});
