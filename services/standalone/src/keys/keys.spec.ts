import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { ApiKeyring } from '@penstock/access';
import { systemRandom } from '@penstock/adapter-system';
import { StartupError } from '@penstock/deployment';
import { loadApiKeys } from './api-keys.ts';
import { loadSecretKey } from './secret-key.ts';

const NONE = { apiKey: undefined, apiKeys: undefined };

describe('the keys in the data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('make a secret once, for the owner only', async () => {
    const made = await loadSecretKey(folder, systemRandom, undefined);
    assert.equal(made.length, 32);
    assert.deepEqual(await loadSecretKey(folder, systemRandom, undefined), made);
    assert.equal(statSync(join(folder, 'secret.key')).mode & 0o777, 0o600);
  });

  const given = new Uint8Array(32).fill(9);

  it('take the secret of the settings, and leave none in the folder', async () => {
    assert.deepEqual(await loadSecretKey(folder, systemRandom, given), given);
    assert.deepEqual(await loadSecretKey(folder, systemRandom, given), given);
    assert.throws(() => readFileSync(join(folder, 'secret.key')));
    assert.ok(!readFileSync(join(folder, 'secret.fingerprint')).includes(Buffer.from(given)));
  });

  it('hold a folder to the secret it was made with, whichever way it came', async () => {
    const made = await loadSecretKey(folder, systemRandom, undefined);
    assert.deepEqual(await loadSecretKey(folder, systemRandom, made), made);
    await assert.rejects(loadSecretKey(folder, systemRandom, given), /PENSTOCK_SECRET_KEY is another key than/);
    rmSync(join(folder, 'secret.key'));
    await assert.rejects(loadSecretKey(folder, systemRandom, undefined), /PENSTOCK_SECRET_KEY is not set/);
    await assert.rejects(loadSecretKey(folder, systemRandom, given), /is not the key .* was made with/);
    assert.deepEqual(await loadSecretKey(folder, systemRandom, made), made);
  });

  it('keep the secret of a folder made before there was a fingerprint', async () => {
    const old = new Uint8Array(32).fill(3);
    writeFileSync(join(folder, 'secret.key'), old);
    assert.deepEqual(await loadSecretKey(folder, systemRandom, undefined), old);
    writeFileSync(join(folder, 'secret.key'), new Uint8Array(32).fill(4));
    await assert.rejects(loadSecretKey(folder, systemRandom, undefined), /is not the key/);
  });

  it('refuse a secret of the wrong length instead of replacing it', async () => {
    writeFileSync(join(folder, 'secret.key'), 'short');
    await assert.rejects(loadSecretKey(folder, systemRandom, undefined), StartupError);
    assert.equal(readFileSync(join(folder, 'secret.key'), 'utf8'), 'short');
  });

  it('make an API key once, keep its hash alone, and know it after a restart', async () => {
    const first = await loadApiKeys(NONE, folder, systemRandom);
    assert.ok(first.made);
    const kept = readFileSync(join(folder, 'api-key.sha256'), 'utf8');
    assert.ok(!kept.includes(first.made));
    assert.equal(statSync(join(folder, 'api-key.sha256')).mode & 0o777, 0o600);

    const second = await loadApiKeys(NONE, folder, systemRandom);
    assert.equal(second.made, undefined);
    assert.equal(second.madeEarlier, true);
    const key = new ApiKeyring(second.entries).find(first.made);
    assert.equal(key?.tenant, 'default');
    assert.deepEqual([...(key?.scopes ?? [])], ['mail', 'operate']);
  });

  it('take the keys of the settings and make none then', async () => {
    const settings = { apiKey: 'chosen-by-me', apiKeys: 'acme:transactional:acme-key-1' };
    const { entries, made } = await loadApiKeys(settings, folder, systemRandom);
    assert.equal(made, undefined);
    const keyring = new ApiKeyring(entries);
    assert.equal(keyring.find('chosen-by-me')?.tenant, 'default');
    assert.equal(keyring.find('acme-key-1')?.class, 'transactional');
    assert.equal(keyring.find('acme-key-1')?.scopes.has('operate'), false);
  });

  it('refuse a key that cannot be used without showing it', async () => {
    for (const settings of [
      { apiKey: 'tooshrt', apiKeys: undefined },
      { apiKey: undefined, apiKeys: 'acme:slow:hidden-key' },
      { apiKey: undefined, apiKeys: 'acme:bulk:hidden-key,shop:bulk:hidden-key' },
      { apiKey: 'hidden-key', apiKeys: 'acme:bulk:hidden-key' },
    ]) {
      await assert.rejects(loadApiKeys(settings, folder, systemRandom), (error: Error) => {
        assert.ok(error instanceof StartupError);
        assert.doesNotMatch(error.message, /tooshrt|hidden-key/);
        return true;
      });
    }
  });
});
