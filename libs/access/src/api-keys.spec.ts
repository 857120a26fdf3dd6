import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ApiKey, ApiKeyring, hashApiKey, type LiveKeys, parseApiKeys, type Scope } from './api-keys.ts';

describe('the API keys of the settings', () => {
  it('grant their tenant, class and scopes', () => {
    const keyring = new ApiKeyring(parseApiKeys('acme:bulk:key-of-acme, globex:transactional:key-of-globex:operate'));
    const acme = keyring.find('key-of-acme');
    assert.equal(acme?.tenant, 'acme');
    assert.equal(acme.class, 'bulk');
    assert.deepEqual([...acme.scopes], ['mail']);
    const globex = keyring.find('key-of-globex');
    assert.equal(globex?.class, 'transactional');
    assert.deepEqual([...globex.scopes], ['mail', 'operate']);
  });

  it('grant nothing to what is no key, however near', () => {
    const keyring = new ApiKeyring(parseApiKeys('acme:bulk:key-of-acme'));
    for (const presented of ['', 'key-of-acm', 'key-of-acme ', 'KEY-OF-ACME', 'acme']) {
      assert.equal(keyring.find(presented), undefined);
    }
  });

  it('are kept as hashes only', () => {
    const [entry] = parseApiKeys('acme:bulk:key-of-acme');
    assert.deepEqual(Buffer.from(entry?.hash ?? []), Buffer.from(hashApiKey('key-of-acme')));
    assert.ok(!JSON.stringify(entry).includes('key-of-acme'));
  });

  for (const [setting, complaint] of [
    ['Acme:bulk:key-of-acme', /entry 1: the tenant/],
    ['acme:bulk:key-of-acme,acme:marketing:key-of-acme', /entry 2: the class/],
    ['acme:bulk:short', /entry 1: the key/],
    ['acme:bulk:key-of-acme:admin', /entry 1: unknown scope/],
  ] as const) {
    it(`refuse an entry by its position and never show the key: ${complaint.source}`, () => {
      assert.throws(
        () => parseApiKeys(setting),
        (error: Error) => complaint.test(error.message) && !error.message.includes('key-of-acme'),
      );
    });
  }
});

describe('the API keys of the directory', () => {
  const hex = (key: string) => Buffer.from(hashApiKey(key)).toString('hex');

  class Directory implements LiveKeys {
    readonly byHash = new Map<string, ApiKey>();
    complete = true;
    keyOfHash(hash: string) {
      return this.byHash.get(hash);
    }
    holdsKey(keyId: string) {
      return [...this.byHash.values()].some((key) => key.keyId === keyId);
    }
    knowsAll() {
      return this.complete;
    }
  }
  const grant = (keyId: string, scope: Scope): ApiKey => ({
    keyId,
    tenant: 'globex',
    class: 'transactional',
    scopes: new Set([scope]),
  });

  it('count beside those of the settings, from the moment they are there until they are gone', () => {
    const directory = new Directory();
    const keyring = new ApiKeyring(parseApiKeys('acme:bulk:key-of-acme'), directory);
    assert.equal(keyring.find('pk_1'), undefined);
    directory.byHash.set(hex('pk_1'), grant('k1', 'mail'));
    const found = keyring.find('pk_1');
    assert.equal(found?.tenant, 'globex');
    assert.ok(found && keyring.stillHolds(found));
    assert.equal(keyring.find('key-of-acme')?.tenant, 'acme');
    directory.byHash.clear();
    assert.equal(keyring.find('pk_1'), undefined);
    assert.ok(!keyring.stillHolds(found));
    const settled = keyring.find('key-of-acme');
    assert.ok(settled && keyring.stillHolds(settled));
  });

  it('do not take the place of a key of the settings', () => {
    const directory = new Directory();
    directory.byHash.set(hex('key-of-acme'), grant('k1', 'operate'));
    const keyring = new ApiKeyring(parseApiKeys('acme:bulk:key-of-acme'), directory);
    assert.equal(keyring.find('key-of-acme')?.tenant, 'acme');
  });

  it('may not all be known yet', () => {
    const directory = new Directory();
    directory.complete = false;
    assert.equal(new ApiKeyring([], directory).knowsAll(), false);
    assert.equal(new ApiKeyring([]).knowsAll(), true);
  });
});
