import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type {
  ApiKeyCreated,
  ApiKeyRevoked,
  DirectoryRecord,
  DomainAdded,
  DomainRemoved,
  TenantSet,
} from '@penstock/events';
import fc from 'fast-check';
import { DirectoryFold, foldDirectory } from './directory-fold.ts';
import { type DirectoryState, maySendFrom, sendingDomain } from './directory-state.ts';

const shared = { version: 1, at: 1000, partition: 0 } as const;

const tenantSet = (tenant: string, name = tenant): TenantSet => ({
  ...shared,
  id: `${tenant} ${name}`,
  type: 'tenant_set',
  body: { tenant, name },
});
const created = (keyId: string): ApiKeyCreated => ({
  ...shared,
  id: keyId,
  type: 'api_key_created',
  body: { keyId, tenant: 'acme', class: 'bulk', scopes: ['mail'], hash: `hash of ${keyId}` },
});
const revoked = (keyId: string): ApiKeyRevoked => ({
  ...shared,
  id: `${keyId} revoked`,
  type: 'api_key_revoked',
  body: { keyId },
});
const added = (domain: string, tenant = 'acme', id = `${domain} ${tenant}`): DomainAdded => ({
  ...shared,
  id,
  type: 'domain_added',
  body: { domain, tenant, keys: [], returnPath: `bounces.${domain}` },
});
const removed = (domain: string, tenant = 'acme'): DomainRemoved => ({
  ...shared,
  id: `${domain} ${tenant} removed`,
  type: 'domain_removed',
  body: { domain, tenant },
});

/** Given these records, what is known; `twice` folds each of them again at once, as after a repeated append. */
function given(...records: DirectoryRecord[]): DirectoryState {
  const once = known(foldDirectory(records));
  assert.deepEqual(known(foldDirectory(records.flatMap((each) => [each, each]))), once, 'repeats change nothing');
  return foldDirectory(records);
}

function known({ tenants, keys, keysByHash, domains, domainCounts }: DirectoryState) {
  return { tenants, keys, keysByHash, domains, domainCounts };
}

describe('given what mail.directory holds', () => {
  it('a tenant has the name it was given last', () => {
    const { tenants } = given(tenantSet('acme', 'Acme'), tenantSet('acme', 'Acme Inc.'));
    assert.deepEqual([...tenants.values()], [{ tenant: 'acme', name: 'Acme Inc.', setAt: 1000 }]);
  });

  it('a key is found by its hash until it is revoked', () => {
    const key = given(created('k1'), created('k2')).keysByHash.get('hash of k1');
    assert.deepEqual(
      [key?.tenant, key?.class, [...(key?.scopes ?? [])], key?.createdAt],
      ['acme', 'bulk', ['mail'], 1000],
    );
    const after = given(created('k1'), created('k2'), revoked('k1'));
    assert.deepEqual([...after.keys.keys()], ['k2']);
    assert.deepEqual([...after.keysByHash.keys()], ['hash of k2']);
  });

  it('a revoked key stays revoked, whatever is appended again', () => {
    const { keys, keysByHash } = given(created('k1'), revoked('k1'), created('k1'));
    assert.equal(keys.size + keysByHash.size, 0);
  });

  it('a domain belongs to whoever added it first, until it is removed', () => {
    const taken = given(added('example.com', 'acme'), added('example.com', 'globex'));
    assert.equal(taken.domains.get('example.com')?.tenant, 'acme');
    const freed = given(added('example.com', 'acme'), removed('example.com', 'acme'), added('example.com', 'globex'));
    assert.equal(freed.domains.get('example.com')?.tenant, 'globex');
    assert.deepEqual([...freed.domainCounts], [['globex', 1]]);
  });

  it('nobody removes the domain of another', () => {
    assert.equal(given(added('example.com', 'acme'), removed('example.com', 'globex')).domains.size, 1);
  });

  it('a removed domain stays removed when its addition is appended again', () => {
    const addition = added('example.com', 'acme', 'd1');
    assert.equal(given(addition, removed('example.com'), addition).domains.size, 0);
    assert.equal(given(addition, removed('example.com'), added('example.com', 'acme', 'd2')).domains.size, 1);
  });

  it('mail is sent as the nearest registered domain at or above its own', () => {
    const state = given(added('example.com'), added('news.example.com'), added('shop.example.com', 'globex'));
    const sentAs = (domain: string, tenant = 'acme') => sendingDomain(state, tenant, domain)?.domain;
    assert.equal(sentAs('example.com'), 'example.com');
    assert.equal(sentAs('eu.news.example.com'), 'news.example.com');
    assert.equal(sentAs('www.example.com'), 'example.com');
    assert.equal(sentAs('eu.shop.example.com'), undefined);
    assert.equal(sentAs('eu.shop.example.com', 'globex'), 'shop.example.com');
    assert.equal(sentAs('badexample.com'), undefined);
    assert.equal(sentAs(''), undefined);
  });

  it('a tenant sends from its own domains, and while it has none from any that is nobody’s', () => {
    const state = given(added('example.com', 'acme'));
    assert.ok(maySendFrom(state, 'acme', 'mail.example.com'));
    assert.ok(!maySendFrom(state, 'acme', 'example.org'));
    assert.ok(maySendFrom(state, 'globex', 'example.org'));
    assert.ok(!maySendFrom(state, 'globex', 'mail.example.com'));
    assert.ok(maySendFrom(given(added('example.com'), removed('example.com')), 'acme', 'example.org'));
  });

  it('counts each tenant’s domains as they are, after any history', () => {
    const tenant = fc.constantFrom('acme', 'globex');
    const domain = fc.constantFrom('a.example', 'b.example', 'c.example');
    const step = fc.tuple(fc.boolean(), domain, tenant);
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const records = steps.map(([add, name, who], i) => (add ? added(name, who, `d${i}`) : removed(name, who)));
        const { domains, domainCounts } = foldDirectory(records);
        const counted = new Map<string, number>();
        for (const { tenant: owner } of domains.values()) counted.set(owner, (counted.get(owner) ?? 0) + 1);
        assert.deepEqual(new Map([...domainCounts].sort()), new Map([...counted].sort()));
      }),
    );
  });

  it('folds a hundred thousand records without copying what it has for each', () => {
    const fold = new DirectoryFold();
    const { domains } = fold.state;
    for (let i = 0; i < 100_000; i++) fold.fold(added(`d${i}.example`), i);
    // The same map all along: a copy for each record would be ten thousand million entries.
    assert.equal(fold.state.domains, domains);
    assert.equal(domains.size, 100_000);
    assert.equal(fold.state.offset, 100_000);
  });
});
