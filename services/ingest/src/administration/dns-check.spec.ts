import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MxAnswer, Resolver, TxtAnswer } from '@penstock/ports';
import { checkRecords } from './dns-check.ts';
import type { DnsRecord } from './dns-records.ts';

const record = (purpose: DnsRecord['purpose'], name: string, value: string): DnsRecord => ({
  purpose,
  type: purpose === 'return_path' ? 'MX' : 'TXT',
  name,
  value,
  zone: '',
});

const DKIM = record('dkim', 's._domainkey.example.com', 'v=DKIM1; k=rsa; p=abc123');
const ED25519 = record('dkim', 's._domainkey.example.com', 'v=DKIM1; k=ed25519; p=abc123');
const SPF = record('spf', 'example.com', 'v=spf1 ip4:203.0.113.7 include:_spf.example.net ~all');
const DMARC = record('dmarc', '_dmarc.news.example.com', 'v=DMARC1; p=none');
const RETURN_PATH = record('return_path', 'bounces.example.com', '10 mx.example.net');

type Zone = Readonly<Record<string, readonly string[] | TxtAnswer>>;

async function judge(wanted: DnsRecord, zone: Zone, mx: MxAnswer = { kind: 'nxdomain', ttlMs: 0 }): Promise<string> {
  const resolver: Resolver = {
    resolveMx: async () => mx,
    resolveAddresses: async () => ({ kind: 'none' }),
    resolveTxt: async (name) => {
      const there = zone[name];
      if (there === undefined) return { kind: 'none' };
      return 'kind' in there ? there : { kind: 'txt', texts: there };
    },
  };
  const [checked] = await checkRecords([wanted], resolver);
  return checked?.detail === undefined ? `${checked?.status}` : `${checked.status}: ${checked.detail}`;
}

const at = (wanted: DnsRecord, ...texts: string[]) => judge(wanted, { [wanted.name]: texts });

describe('the check of a domain’s records', () => {
  it('finds a key however its record is written', async () => {
    assert.equal(await at(DKIM, DKIM.value), 'ok');
    assert.equal(await at(DKIM, 'v=DKIM1;p=abc 123', 'google-site-verification=x'), 'ok');
    assert.equal(await at(DKIM, 'k=rsa; t=s; p=abc123'), 'ok');
    assert.equal(await at(ED25519, ED25519.value), 'ok');
  });

  it('says what is wrong with a key', async () => {
    assert.equal(await at(DKIM), 'missing');
    assert.equal(await at(DKIM, 'v=DKIM1; p=other'), 'differs: the key is another one (p=)');
    assert.equal(await at(DKIM, 'v=DKIM1; p='), 'differs: the key is revoked (empty p=)');
    assert.match(await at(ED25519, 'v=DKIM1; p=abc123'), /differs: the key is of another kind/);
    assert.match(await at(DKIM, 'v=DKIM1; t=y; p=abc123'), /differs: .*test/);
    assert.match(await at(DKIM, DKIM.value, 'v=DKIM1; p=other'), /differs: there are several/);
  });

  it('wants our part of an SPF record, whoever else may send', async () => {
    assert.equal(await at(SPF, SPF.value), 'ok');
    assert.equal(await at(SPF, 'v=spf1 mx +IP4:203.0.113.7  include:_SPF.example.net include:else.example -all'), 'ok');
    assert.equal(await at(SPF, 'v=spf1 ip4:203.0.113.7 -all'), 'differs: it lacks include:_spf.example.net');
    assert.equal(await at(SPF, 'v=spf10 ip4:203.0.113.7'), 'missing');
    assert.match(await at(SPF, SPF.value, 'v=spf1 -all'), /several/);
  });

  it('takes any DMARC policy, of the domain or of one above it', async () => {
    assert.equal(await at(DMARC, 'v=DMARC1; p=reject; rua=mailto:x@example.com'), 'ok');
    assert.equal(await judge(DMARC, { '_dmarc.example.com': ['v=DMARC1;p=quarantine'] }), 'ok');
    assert.equal(await judge(DMARC, { '_dmarc.com': ['v=DMARC1;p=quarantine'] }), 'missing');
    assert.match(await at(DMARC, 'v=DMARC1; pct=100'), /differs: p=/);
    assert.equal(await at(DMARC, 'v=spf1 -all'), 'missing');
  });

  it('wants the host that takes bounces among the MX', async () => {
    const mx = (...names: string[]): MxAnswer => ({
      kind: 'mx',
      hosts: names.map((name, preference) => ({ name, preference })),
      ttlMs: 0,
    });
    assert.equal(await judge(RETURN_PATH, {}, mx('mx.else.example', 'mx.example.net')), 'ok');
    assert.equal(await judge(RETURN_PATH, {}, mx('mx.else.example')), 'differs: it names other hosts');
    assert.equal(await judge(RETURN_PATH, {}, { kind: 'implicit', ttlMs: 0 }), 'missing');
    assert.equal(await judge(RETURN_PATH, {}), 'missing');
    assert.match(await judge(RETURN_PATH, {}, { kind: 'null_mx', ttlMs: 0 }), /differs: .*no mail/);
  });

  it('does not take silence of the name servers for a missing record', async () => {
    const failure = { kind: 'failure', detail: 'SERVFAIL' } as const;
    for (const wanted of [DKIM, SPF, DMARC]) {
      assert.equal(await judge(wanted, { [wanted.name]: failure }), 'unknown: SERVFAIL');
    }
    assert.equal(await judge(RETURN_PATH, {}, failure), 'unknown: SERVFAIL');
  });
});
