import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiKeyring, hashApiKey, parseApiKeys } from './api-keys.ts';

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
