import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { runCommand } from '../command.ts';

const KEY = { id: 'k_abcdefghijkl', tenant: 'acme', class: 'bulk', scopes: ['mail'], label: 'news', createdAt: 0 };
const DOMAIN = {
  domain: 'example.com',
  tenant: 'acme',
  returnPath: 'bounces.example.com',
  addedAt: 0,
  selectors: ['ps203001r'],
};
const ADDED = {
  ...DOMAIN,
  records: [{ purpose: 'dmarc', zone: '_dmarc.example.com. IN TXT "v=DMARC1; p=none"' }],
  notes: ['If example.com has an SPF record already, add to it.'],
};
const CHECKED = {
  domain: 'example.com',
  ok: false,
  notes: [],
  records: [
    { purpose: 'dmarc', type: 'TXT', name: '_dmarc.example.com', status: 'ok', wanted: 'v=DMARC1; p=none', found: [] },
    {
      purpose: 'return_path',
      type: 'MX',
      name: 'bounces.example.com',
      status: 'differs',
      wanted: '10 mx.penstock.example',
      found: ['10 mx.else.example'],
      detail: 'it names other hosts',
    },
  ],
};

const error = (message: string, field: string | null = null, help: string | null = null) => ({
  errors: [{ message, field, help }],
});

const ANSWERS: Readonly<Record<string, readonly [status: number, body?: unknown]>> = {
  'POST /v1/admin/keys': [201, { ...KEY, key: 'pk_secret' }],
  'GET /v1/admin/keys': [200, { keys: [KEY] }],
  'DELETE /v1/admin/keys/k_abcdefghijkl': [204],
  'DELETE /v1/admin/keys/k_other': [404, error('There is no such key.', 'id', 'penstock keys list shows the ids.')],
  'GET /v1/admin/tenants': [200, { tenants: [{ tenant: 'acme', name: 'Acme', keys: 1, domains: 2 }] }],
  'POST /v1/admin/tenants': [201, { tenant: 'acme', name: 'Acme', keys: 0, domains: 0 }],
  'POST /v1/admin/domains': [201, ADDED],
  'GET /v1/admin/domains': [200, { domains: [DOMAIN] }],
  'POST /v1/admin/domains/example.com/check': [200, CHECKED],
  'DELETE /v1/admin/domains/example.com?tenant=acme': [204],
  'GET /v1/admin/policy': [
    200,
    { version: 'ba7816bf8f01', text: '[source."ip-1"]\n["default"]\nconnection_limit = 3\n' },
  ],
  'DELETE /v1/admin/domains/example.org': [403, error('access forbidden')],
};

describe('the commands of whoever runs the platform', () => {
  let server: Server;
  let url: string;
  const posted: unknown[] = [];

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (text !== '') posted.push(JSON.parse(text));
        const [status, body] = ANSWERS[`${request.method} ${request.url}`] ?? [500];
        response.writeHead(status).end(body === undefined ? '' : JSON.stringify(body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
  });

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const out: string[] = [];
    const err: string[] = [];
    const code = await runCommand(args, {
      environment: { PENSTOCK_URL: url, PENSTOCK_API_KEY: 'an-operators-key' },
      print: (text) => out.push(text),
      complain: (text) => err.push(text),
      sleep: async () => {},
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  }

  it('show a new key once and say so', async () => {
    const { code, out } = await run('keys', 'create', '--tenant', 'acme', '--operate', '--label', 'news');
    assert.equal(code, 0);
    assert.match(out, /^pk_secret\n/);
    assert.match(out, /not shown again/);
    assert.deepEqual(posted.at(-1), { tenant: 'acme', class: 'bulk', scopes: ['mail', 'operate'], label: 'news' });
  });

  it('refuse what cannot be meant before anybody is asked', async () => {
    const before = posted.length;
    assert.match((await run('keys', 'create')).err, /--tenant/);
    assert.match((await run('keys', 'create', '--tenant', 'a', '--class', 'slow')).err, /bulk, transactional/);
    assert.notEqual((await run('keys', 'revoke')).code, 0);
    assert.equal(posted.length, before);
  });

  it('list keys, tenants and domains as tables and as JSON', async () => {
    assert.match((await run('keys', 'list')).out, /k_abcdefghijkl +acme +bulk +mail +news +1970-01-01T00:00:00\.000Z/);
    assert.deepEqual(JSON.parse((await run('keys', 'list', '--json')).out), [KEY]);
    assert.match((await run('keys', 'list', '--tenant', 'other')).out, /No keys/);
    assert.match((await run('tenants')).out, /acme +Acme +1 +2/);
    assert.match((await run('tenants', 'list', '--json')).out, /"tenant":"acme"/);
    assert.match((await run('domain', 'list')).out, /example\.com +acme +bounces\.example\.com +ps203001r/);
  });

  it('add and remove', async () => {
    assert.match((await run('tenants', 'add', 'acme', '--name', 'Acme')).out, /tenant acme \(Acme\)/);
    assert.match((await run('keys', 'revoke', 'k_abcdefghijkl')).out, /revoked k_abcdefghijkl/);
    const { out } = await run('domain', 'add', 'example.com', '--tenant', 'acme');
    assert.match(out, /is now a sending domain of tenant acme/);
    assert.match(out, /^_dmarc\.example\.com\. IN TXT "v=DMARC1; p=none"$/m);
    assert.match(out, /has an SPF record already/);
    assert.deepEqual(JSON.parse((await run('domain', 'add', 'example.com', '--json')).out), { ...ADDED, added: true });
    assert.match((await run('domain', 'remove', 'example.com', '--tenant', 'acme')).out, /removed example\.com/);
  });

  it('say of each record whether it is right, and fail unless all are', async () => {
    const { code, out, err } = await run('domain', 'check', 'example.com');
    assert.equal(code, 1);
    assert.match(out, /TXT +_dmarc\.example\.com +found and right/);
    assert.match(
      out,
      /MX +bounces\.example\.com +DIFFERS: it names other hosts\n +there: +10 mx\.else\.example\n +wanted: 10 mx\.penstock/,
    );
    assert.match(err, /1 of 2 records of example\.com are not right/);
  });

  it('explain and compare the policy of record', async () => {
    const { out } = await run('policy', 'explain', 'a.example', '--source', 'ip-1', '--mx', 'mx.a.example');
    assert.match(out, /^path {6}ip-1\|site:mx\.a\.example$/m);
    assert.match(out, /^connection_limit +3 +default$/m);
    assert.equal((await run('policy', 'diff', 'record', 'record')).out, 'they say the same');
  });

  it('hand on what the platform says is wrong, and what to do', async () => {
    const unknown = await run('keys', 'revoke', 'k_other');
    assert.deepEqual(unknown, {
      code: 1,
      out: '',
      err: 'id: There is no such key.\npenstock keys list shows the ids.',
    });
    assert.match((await run('domain', 'remove', 'example.org')).err, /needs the scope operate/);
  });

  it('have help of their own', async () => {
    for (const command of ['keys', 'tenants', 'domain']) {
      const { code, out } = await run(command, '--help');
      assert.equal(code, 0);
      assert.match(out, new RegExp(`Usage: penstock ${command}`));
    }
    assert.match((await run('domain', 'add', '--help')).out, /DNS records to publish/);
  });
});
