/** The admin API over real HTTP on loopback. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyring, parseApiKeys } from '@penstock/access';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { DirectoryFollower } from '@penstock/directory';
import { HttpErrorsFilter } from '@penstock/nest';
import { IngestModule } from '../ingest.module.ts';
import { POLICY, type Rig, startIngest } from '../ingest-rig.spec.ts';
import { configureHttp } from '../mail-send/mail-send.controller.ts';

const none = { kind: 'none' } as const;

describe('the admin API over the wire', () => {
  let rig: Rig;
  let app: NestFastifyApplication;
  let url: string;

  before(async () => {
    const logData = new MemoryLogData();
    const directory = new DirectoryFollower(new MemoryEventLog(logData), { log: () => {} }, 'a-spec');
    rig = await startIngest({
      logData,
      directory,
      keys: new ApiKeyring(parseApiKeys('ops:bulk:operators-key:operate acme:bulk:acme-mail-key'), directory),
      administration: {
        resolver: {
          resolveMx: async () => ({ kind: 'nxdomain', ttlMs: 0 }),
          resolveAddresses: async () => none,
          resolveTxt: async () => none,
        },
        generateDkimKey: async () => ({ publicKey: 'AAAA', privateKey: new Uint8Array(48) }),
      },
    });
    @Module({ imports: [IngestModule.register(rig.ingest)] })
    class UnderTest {}
    const adapter = new FastifyAdapter();
    configureHttp(adapter, rig.ingest);
    app = await NestFactory.create<NestFastifyApplication>(UnderTest, adapter, { logger: false });
    app.useGlobalFilters(new HttpErrorsFilter({ log: () => {} }));
    await app.listen(0, '127.0.0.1');
    url = await app.getUrl();
  });
  after(async () => {
    await app.close();
    await rig.stop();
  });

  async function call(request: string, body?: unknown, key = 'operators-key') {
    const [method = '', path = ''] = request.split(' ');
    const headers: Record<string, string> = { authorization: `Bearer ${key}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(`${url}/v1/admin/${path}`, { method, headers, ...content });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  }

  it('makes, lists and revokes keys', async () => {
    const made = await call('POST keys', { tenant: 'acme', label: 'news' });
    assert.equal(made.status, 201);
    const { key, ...shown } = made.body;
    assert.deepEqual((await call('GET keys')).body, { keys: [shown] });
    assert.equal((await call('GET keys', undefined, key)).status, 403);
    assert.deepEqual(await call(`DELETE keys/${shown.id}`), { status: 204, body: undefined });
    assert.equal((await call('GET keys', undefined, key)).status, 401);
    assert.equal((await call('DELETE keys/k_aaaaaaaaaaaa')).status, 404);
  });

  it('adds and lists tenants', async () => {
    const tenant = { tenant: 'globex', name: 'Globex', keys: 0, domains: 0 };
    assert.deepEqual(await call('POST tenants', { tenant: 'globex', name: 'Globex' }), { status: 201, body: tenant });
    assert.deepEqual((await call('GET tenants')).body.tenants.at(-1), tenant);
  });

  it('adds, shows, checks and removes domains', async () => {
    const asked = { domain: 'example.com', tenant: 'acme' };
    const added = await call('POST domains', asked);
    assert.equal(added.status, 201);
    assert.deepEqual(await call('POST domains', asked), { status: 200, body: added.body });
    assert.deepEqual((await call('GET domains/Example.com')).body, added.body);
    assert.equal((await call('GET domains')).body.domains.length, 1);
    const checked = await call('POST domains/example.com/check');
    assert.deepEqual([checked.status, checked.body.ok, checked.body.records.length], [200, false, 3]);
    assert.equal((await call('POST domains', { ...asked, tenant: 'globex' })).status, 409);
    assert.equal((await call('DELETE domains/example.com?tenant=globex')).status, 404);
    assert.equal((await call('DELETE domains/example.com?tenant=acme')).status, 204);
    assert.equal((await call('GET domains/example.com')).status, 404);
  });

  it('applies a policy, for operators alone', async () => {
    const text = POLICY.replace('mail.example.net', 'out.example.net');
    const applied = await call('POST policy', { text });
    assert.deepEqual([applied.status, applied.body.changed], [200, true]);
    assert.deepEqual(await call('POST policy', { text }), { ...applied, body: { ...applied.body, changed: false } });
    const wrong = await call('POST policy', { text: 'egress = "elsewhere"' });
    assert.deepEqual([wrong.status, wrong.body.errors[0].field], [400, 'text']);
    assert.equal((await call('POST policy', {})).status, 400);
    assert.equal((await call('POST policy', { text }, 'acme-mail-key')).status, 403);
  });

  it('answers what is wrong in the shape of every error, and nothing without the scope', async () => {
    const wrong = await call('POST keys', { tenant: '?', class: 'slow' });
    assert.equal(wrong.status, 400);
    assert.deepEqual(
      wrong.body.errors.map(({ field, help }: { field: string; help: null }) => [field, help]),
      [
        ['tenant', null],
        ['class', null],
      ],
    );
    for (const request of ['GET keys', 'GET tenants', 'GET domains', 'DELETE keys/x', 'POST domains/a.example/check']) {
      assert.equal((await call(request, undefined, 'acme-mail-key')).status, 403, request);
      assert.equal((await call(request, undefined, 'no-key-at-all')).status, 401, request);
    }
    assert.equal((await call('POST keys', 'text')).status, 400);
  });
});
