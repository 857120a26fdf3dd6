import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SendingDomain } from '@penstock/directory';
import { parsePolicy } from '@penstock/policy';
import { recordsOf, senderIdentity } from './dns-records.ts';

const LONG = 'A'.repeat(392);
const DOMAIN: SendingDomain = {
  domain: 'example.com',
  tenant: 'acme',
  returnPath: 'bounces.example.com',
  addedAt: 0,
  keys: [
    { selector: 'ps1r', algorithm: 'rsa-sha256', publicKey: LONG, sealedPrivateKey: 'x' },
    { selector: 'ps1e', algorithm: 'ed25519-sha256', publicKey: 'short=', sealedPrivateKey: 'x' },
  ],
};

const policy = (...bind: string[]) =>
  parsePolicy(
    [
      'egress = "internet"',
      ...bind.map(
        (address, i) => `[source."ip-${i}"]\nbind = "${address}"\nehlo_domain = "mx.example.net"\npartition = ${i}`,
      ),
    ].join('\n'),
  );

describe('the records of a sending domain', () => {
  it('are keys, SPF, return path and DMARC', () => {
    const identity = senderIdentity(policy('203.0.113.7', '2001:db8::7'), { bounceHost: 'mx.example.net' });
    const { records, notes } = recordsOf(DOMAIN, identity);
    assert.deepEqual(
      records.slice(1).map(({ zone }) => zone),
      [
        'ps1e._domainkey.example.com. IN TXT "v=DKIM1; k=ed25519; p=short="',
        'example.com. IN TXT "v=spf1 ip4:203.0.113.7 ip6:2001:db8::7 ~all"',
        'bounces.example.com. IN TXT "v=spf1 ip4:203.0.113.7 ip6:2001:db8::7 -all"',
        'bounces.example.com. IN MX 10 mx.example.net.',
        '_dmarc.example.com. IN TXT "v=DMARC1; p=none"',
      ],
    );
    assert.equal(notes.length, 1);
  });

  it('have their long texts in strings of 255 bytes at most, which say together what is wanted', () => {
    const [rsa] = recordsOf(DOMAIN, { mechanisms: [], bounceHost: undefined }).records;
    const strings = [...(rsa?.zone.matchAll(/"([^"]*)"/g) ?? [])].map(([, string = '']) => string);
    assert.equal(strings.length, 2);
    assert.ok(strings.every(({ length }) => length <= 255));
    assert.equal(strings.join(''), `v=DKIM1; k=rsa; p=${LONG}`);
    assert.equal(rsa?.value, `v=DKIM1; k=rsa; p=${LONG}`);
  });

  it('name the sources as was said, else by the addresses others can see, else by the host', () => {
    const mechanisms = (...args: Parameters<typeof senderIdentity>) => senderIdentity(...args).mechanisms;
    const bounceHost = 'mx.example.net';
    assert.deepEqual(mechanisms(policy('203.0.113.7'), { spfInclude: '_spf.example.net', bounceHost }), [
      'include:_spf.example.net',
    ]);
    assert.deepEqual(mechanisms(policy('10.0.0.1', '203.0.113.7', '192.168.1.1'), { bounceHost }), ['ip4:203.0.113.7']);
    assert.deepEqual(mechanisms(policy('172.16.0.1', '127.0.0.1', 'fd00::1', '::1'), { bounceHost }), [
      'a:mx.example.net',
    ]);
    assert.deepEqual(mechanisms(undefined, {}), []);
  });

  it('say what has to be set for those that cannot be made', () => {
    const { records, notes } = recordsOf(DOMAIN, { mechanisms: [], bounceHost: undefined });
    assert.deepEqual(
      records.map(({ purpose }) => purpose),
      ['dkim', 'dkim', 'dmarc'],
    );
    assert.match(notes.join('\n'), /PENSTOCK_SPF_INCLUDE[\s\S]*PENSTOCK_BOUNCE_HOST/);
  });
});
