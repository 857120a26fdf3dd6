import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { systemTimers } from '@penstock/adapter-system';
import { DirectoryFollower } from '@penstock/directory';
import type { DirectoryRecord } from '@penstock/events';
import { deriveKey, unseal } from '@penstock/sealing';
import { mailBody, type Rig, type RigOptions, startIngest, until } from '../ingest-rig.spec.ts';
import { Administration, type AdministrationSettings } from './administration.ts';
import { DirectoryWriter } from './directory-writer.ts';
import { RefusedChange } from './refused-change.ts';

const OPERATOR = { tenant: 'ops', class: 'bulk', scopes: new Set(['mail', 'operate'] as const) } as const;
const SECRET = new Uint8Array(32).fill(5);

const settings: AdministrationSettings = {
  resolver: {
    resolveMx: async () => ({ kind: 'mx', hosts: [{ name: 'mx.example.net', preference: 10 }], ttlMs: 0 }),
    resolveAddresses: async () => ({ kind: 'none' }),
    resolveTxt: async (name) => ({ kind: 'txt', texts: name.startsWith('_dmarc') ? ['v=DMARC1; p=reject'] : [] }),
  },
  generateDkimKey: async (algorithm) => ({
    publicKey: `${algorithm} public`,
    privateKey: new TextEncoder().encode(`${algorithm} private`),
  }),
  bounceHost: 'mx.example.net',
};

async function started(options: RigOptions = {}): Promise<{ rig: Rig; administration: Administration }> {
  const rig = await startIngest({ administration: settings, secretKey: SECRET, ...options });
  const { administration } = rig.ingest;
  assert.ok(administration);
  return { rig, administration };
}

function directoryOf(rig: Rig): readonly DirectoryRecord[] {
  return rig.logData.read('mail.directory', 0, 0, 1000).map(({ record }) => record as DirectoryRecord);
}

async function refusal(asked: () => unknown): Promise<string> {
  try {
    await asked();
  } catch (error) {
    assert.ok(error instanceof RefusedChange, String(error));
    return [error.status, ...error.problems.map(({ field, message }) => `${field}: ${message}`)].join(' ');
  }
  return 'not refused';
}

describe('the administration of keys and tenants', () => {
  let rig: Rig;
  let administration: Administration;
  before(async () => {
    ({ rig, administration } = await started());
  });
  after(() => rig.stop());

  it('makes a key that works from the answer on, and revokes it with the next', async () => {
    const made = await administration.createKey({ tenant: 'acme', class: 'transactional', label: 'receipts' });
    assert.match(made.key, /^pk_[A-Za-z0-9_-]{32}$/);
    const found = rig.ingest.keys.find(made.key);
    assert.deepEqual([found?.tenant, found?.class, [...(found?.scopes ?? [])]], ['acme', 'transactional', ['mail']]);
    assert.ok(found);
    assert.equal((await rig.ingest.mailSend.send(mailBody(), found)).status, 202);
    await administration.revokeKey(made.id);
    assert.equal(rig.ingest.keys.find(made.key), undefined);
    assert.ok(!rig.ingest.keys.stillHolds(found));
  });

  it('keeps neither the key nor shows its hash', async () => {
    const made = await administration.createKey({ tenant: 'acme', label: 'news' });
    assert.ok(!JSON.stringify(directoryOf(rig)).includes(made.key));
    const { key: _, ...shown } = made;
    assert.deepEqual(
      administration.listKeys().find(({ id }) => id === made.id),
      shown,
    );
    assert.ok(!JSON.stringify(administration.listKeys()).includes('hash'));
  });

  it('takes a revocation twice, and knows a key that never was', async () => {
    const { id } = await administration.createKey({ tenant: 'acme' });
    await administration.revokeKey(id);
    await administration.revokeKey(id);
    assert.equal(
      directoryOf(rig).filter(({ type, body }) => type === 'api_key_revoked' && body.keyId === id).length,
      1,
    );
    assert.match(await refusal(() => administration.revokeKey('k_aaaaaaaaaaaa')), /^404 id: There is no key k_aaaa/);
    const pasted = await refusal(() => administration.revokeKey('pk_a-key-by-mistake'));
    assert.match(pasted, /^404 id/);
    assert.doesNotMatch(pasted, /mistake/);
  });

  it('adds the tenant of a first key in the same append', async () => {
    await administration.createKey({ tenant: 'newcomer' });
    const kinds = directoryOf(rig).slice(-2);
    assert.deepEqual(
      kinds.map(({ type }) => type),
      ['tenant_set', 'api_key_created'],
    );
    assert.deepEqual(
      administration.listTenants().find(({ tenant }) => tenant === 'newcomer'),
      { tenant: 'newcomer', name: 'newcomer', keys: 1, domains: 0 },
    );
  });

  it('names a tenant, and writes nothing where nothing changes', async () => {
    await administration.setTenant({ tenant: 'globex', name: 'Globex' });
    const records = directoryOf(rig).length;
    await administration.setTenant({ tenant: 'globex', name: 'Globex' });
    await administration.setTenant({ tenant: 'globex' });
    assert.equal(directoryOf(rig).length, records);
    assert.equal((await administration.setTenant({ tenant: 'globex', name: 'Globex Inc.' })).name, 'Globex Inc.');
  });

  it('names every field that is wrong, and what would be right', async () => {
    const key = await refusal(() =>
      administration.createKey({ tenant: 'A b', class: 'slow', scopes: ['all'], label: 5, x: 1 }),
    );
    for (const field of ['tenant', 'class', 'scopes', 'label', 'x'])
      assert.match(key, new RegExp(`\\b${field}: ${field} `));
    assert.match(key, /"bulk" or "transactional"/);
    assert.match(await refusal(() => administration.createKey([])), /400 null: The request body must be a JSON object/);
    assert.match(await refusal(() => administration.createKey({})), /400 tenant: tenant must be a name/);
    assert.match(
      await refusal(() => administration.setTenant({ tenant: 'a', name: 'x\ny' })),
      /400 name: name must be/,
    );
  });

  it('writes one change after the other, however many ask at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => administration.createKey({ tenant: 'crowd' })));
    assert.equal(new Set(made.map(({ id }) => id)).size, 20);
    assert.equal(
      directoryOf(rig).filter(({ type, body }) => type === 'tenant_set' && body.tenant === 'crowd').length,
      1,
    );
    assert.ok(made.every(({ key }) => rig.ingest.keys.find(key)?.tenant === 'crowd'));
  });
});

describe('the administration of domains', () => {
  let rig: Rig;
  let administration: Administration;
  before(async () => {
    ({ rig, administration } = await started());
  });
  after(() => rig.stop());

  const add = (domain: string, tenant = 'acme') => administration.addDomain({ domain, tenant }, OPERATOR);

  it('makes sealed keys under selectors of the month, and shows what to publish', async () => {
    const { added, view } = await add('Example.COM.');
    assert.ok(added);
    assert.deepEqual([view.domain, view.tenant, view.returnPath], ['example.com', 'acme', 'bounces.example.com']);
    assert.deepEqual(view.selectors, ['ps203001r', 'ps203001e']);
    assert.deepEqual(
      view.records.map(({ purpose }) => purpose),
      ['dkim', 'dkim', 'spf', 'return_path_spf', 'return_path', 'dmarc'],
    );
    assert.ok(!JSON.stringify(view).includes('sealed'));
    const record = directoryOf(rig).find(({ type }) => type === 'domain_added');
    assert.ok(record?.type === 'domain_added');
    const [rsa] = record.body.keys;
    assert.ok(rsa);
    const opened = unseal(deriveKey(SECRET, 'dkim-private-keys'), rsa.sealedPrivateKey, 'example.com/ps203001r');
    assert.equal(new TextDecoder().decode(opened), 'rsa-sha256 private');
  });

  it('answers the same keys when the same tenant adds it again, also at the same moment', async () => {
    const [first, second] = await Promise.all([add('twice.example'), add('twice.example')]);
    const third = await add('twice.example');
    assert.deepEqual([first.added, second.added, third.added].filter(Boolean).length, 1);
    assert.deepEqual(second.view, first.view);
    assert.deepEqual(third.view, first.view);
  });

  it('refuses the domain of another tenant, and one below it', async () => {
    await add('owned.example');
    assert.match(
      await refusal(() => add('owned.example', 'globex')),
      /^409 domain: owned.example is a sending domain of/,
    );
    assert.match(await refusal(() => add('news.owned.example', 'globex')), /^409 domain: .* lies below owned\.example/);
    await add('news.owned.example', 'acme');
  });

  it('belongs to the tenant of the key where none is named', async () => {
    const { view } = await administration.addDomain({ domain: 'ops.example' }, OPERATOR);
    assert.equal(view.tenant, 'ops');
  });

  it('removes a domain for its tenant, and never gives a selector to another key', async () => {
    await add('moved.example');
    assert.match(await refusal(() => administration.removeDomain('moved.example', 'globex')), /^404 domain/);
    await administration.removeDomain('moved.example', undefined);
    assert.match(await refusal(() => administration.showDomain('moved.example')), /^404 domain/);
    const { view } = await add('moved.example', 'globex');
    assert.deepEqual(view.selectors, ['ps203001r2', 'ps203001e2']);
  });

  it('checks each record through the resolver', async () => {
    await add('checked.example');
    const { ok, records } = await administration.checkDomain('checked.example');
    assert.equal(ok, false);
    assert.deepEqual(
      records.map(({ purpose, status }) => `${purpose} ${status}`),
      ['dkim missing', 'dkim missing', 'spf missing', 'return_path_spf missing', 'return_path ok', 'dmarc ok'],
    );
  });

  it('refuses what is no domain', async () => {
    for (const domain of ['', 'localhost', 'a b.example', 'x@y.example', `${'a.'.repeat(95)}example`, 5]) {
      assert.match(await refusal(() => administration.addDomain({ domain }, OPERATOR)), /^400 domain: domain must be/);
    }
  });

  it('names the domains whose keys the secret key does not open', async () => {
    assert.deepEqual(await administration.unreadableDomains(), []);
    const log = new MemoryEventLog(rig.logData);
    const telemetry = { log: () => {} };
    const directory = new DirectoryFollower(log, telemetry, 'another-process');
    const membership = await log.join(directory.consumer);
    await directory.reached(directoryOf(rig).length - 1);
    const random = { next: () => 0, bytes: (length: number) => new Uint8Array(length) };
    const clock = { now: () => 0, monotonic: () => 0 };
    const secretKey = new Uint8Array(32).fill(6);
    const deps = { log, directory, clock, timers: systemTimers, random, telemetry, secretKey, policy: () => undefined };
    const unreadable = await new Administration(deps, settings).unreadableDomains();
    assert.ok(unreadable.includes('example.com'));
    assert.equal(unreadable.length, administration.listDomains().length);
    await membership.leave();
  });
});

describe('a change of the directory', () => {
  it('that may not have been stored is answered with 503, and the next one is tried', async () => {
    let fail = true;
    const beforeStore = async () => {
      if (!fail) return;
      fail = false;
      throw new Error('disk full');
    };
    const { rig, administration } = await started({ hooks: { beforeStore } });
    assert.match(await refusal(() => administration.createKey({ tenant: 'acme' })), /^503 null: It is not known/);
    assert.match((await administration.createKey({ tenant: 'acme' })).key, /^pk_/);
    await rig.stop();
  });

  it('waits until it is durable', async () => {
    let open: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    let waiting = false;
    const beforeAcknowledge = async () => {
      waiting = true;
      await gate;
    };
    const { rig, administration } = await started({ hooks: { beforeAcknowledge } });
    let answered = false;
    const making = administration.createKey({ tenant: 'acme' }).finally(() => {
      answered = true;
    });
    await until(() => waiting);
    assert.equal(answered, false);
    open();
    assert.ok(rig.ingest.keys.find((await making).key));
    await rig.stop();
  });

  it('is refused while the directory is not yet read', async () => {
    const log = new MemoryEventLog(new MemoryLogData());
    const telemetry = { log: () => {} };
    const directory = new DirectoryFollower(log, telemetry, 'a-spec');
    const writer = new DirectoryWriter({ log, directory, timers: systemTimers, telemetry });
    assert.match(await refusal(() => writer.state()), /^503 null: Not ready: mail\.directory is not yet read/);
    assert.match(await refusal(() => writer.change(() => [])), /^503/);
  });
});
