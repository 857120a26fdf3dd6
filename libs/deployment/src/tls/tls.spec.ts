import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makeIdentity, type TlsIdentity } from '@penstock/adapter-smtp';
import { StartupError } from '../startup/startup-error.ts';
import { IdentityKeeper } from './identity-keeper.ts';
import { ownIdentity, selfMadeIdentity } from './identity-sources.ts';
import { openSubmissionTls } from './submission-tls.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2030, 0, 1);
const validity = { from: START - DAY_MS, until: START + 90 * DAY_MS };

describe('the certificate of submission', () => {
  let folder: string;
  let now = START;
  const clock = { now: () => now, monotonic: () => 0 };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'penstock-tls-'));
    now = START;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function files({ cert, key }: TlsIdentity): [string, string] {
    const paths: [string, string] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(paths[0], cert);
    writeFileSync(paths[1], key);
    return paths;
  }

  it('is made once, for the owner only, and anew a month before it ends', async () => {
    const source = selfMadeIdentity(folder, 'mx.example.net', clock);
    const made = await source();
    const path = join(folder, 'tls.pem');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.match(new X509Certificate(readFileSync(path)).subjectAltName ?? '', /DNS:mx\.example\.net, DNS:localhost/);
    now = made.validUntil - 31 * DAY_MS;
    assert.equal((await source()).cert, made.cert);
    now = made.validUntil - 29 * DAY_MS;
    const renewed = await source();
    assert.notEqual(renewed.cert, made.cert);
    assert.equal(renewed.validUntil, Math.floor(now / 1000) * 1000 + 397 * DAY_MS);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('and its key are refused with what is wrong', async () => {
    const identity = await makeIdentity({ hostname: 'a.example', ...validity });
    const other = await makeIdentity({ hostname: 'b.example', ...validity });
    const [cert, key] = files(identity);
    const says = (text: RegExp) => (error: unknown) => error instanceof StartupError && text.test(error.message);
    assert.equal((await ownIdentity(cert, key)()).validUntil, validity.until);
    await assert.rejects(
      ownIdentity(join(folder, 'no'), key)(),
      says(/^PENSTOCK_TLS_CERT: .* cannot be read \(ENOENT\)/),
    );
    await assert.rejects(ownIdentity(cert, cert)(), says(/^PENSTOCK_TLS_KEY: .* holds no private key/));
    await assert.rejects(ownIdentity(key, key)(), says(/^PENSTOCK_TLS_CERT: .* holds no certificate/));
    writeFileSync(key, other.key);
    await assert.rejects(ownIdentity(cert, key)(), says(/^PENSTOCK_TLS_KEY: .* is not the key of the certificate/));
    const deps = { clock, timers: { after: () => ({ cancel() {} }), sleep: async () => {} }, telemetry: { log() {} } };
    const half = { tlsCert: cert, hostname: 'localhost', needed: false };
    await assert.rejects(openSubmissionTls(half, folder, deps), says(/^PENSTOCK_TLS_KEY is not set/));
  });

  it('is replaced when its files change, and kept when they cannot be used', async () => {
    const first = await makeIdentity({ hostname: 'a.example', ...validity });
    const second = await makeIdentity({ hostname: 'b.example', from: START - 9 * DAY_MS, until: START - DAY_MS });
    const [cert, key] = files(first);
    const used: string[] = [];
    const logged: string[] = [];
    let look: () => void = () => {};
    const timers = {
      after: (_ms: number, callback: () => void) => {
        look = callback;
        return { cancel: () => {} };
      },
      sleep: async () => {},
    };
    const telemetry = { log: (level: string, event: string) => logged.push(`${level} ${event}`) };
    const door = { useIdentity: (identity: TlsIdentity) => void used.push(identity.cert) };
    const keeper = new IdentityKeeper(door, ownIdentity(cert, key), { clock, timers, telemetry });
    await keeper.start();
    await keeper.reload();
    writeFileSync(cert, second.cert);
    look();
    await keeper.reload();
    assert.deepEqual(logged, ['info tls_certificate_used', 'error tls_certificate_unusable']);
    assert.deepEqual(used, [first.cert]);
    writeFileSync(key, second.key);
    look();
    await keeper.reload();
    assert.deepEqual(used, [first.cert, second.cert]);
    assert.deepEqual(logged.slice(2), ['info tls_certificate_used', 'warn tls_certificate_expired']);
    await keeper.stop();
  });

  it('in the data folder that cannot be read ends the start', async () => {
    writeFileSync(join(folder, 'tls.pem'), 'nonsense');
    chmodSync(join(folder, 'tls.pem'), 0o600);
    await assert.rejects(selfMadeIdentity(folder, 'localhost', clock)(), /tls\.pem holds no certificate/);
  });
});
