import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Policy, parsePolicy } from '@penstock/policy';
import type { MxAnswer } from '@penstock/ports';
import { ManualTime } from '../scheduler-rig.spec.ts';
import { FIRST_ANSWER_MS, SiteResolver } from './site-resolver.ts';

const FAILURE: MxAnswer = { kind: 'failure', detail: 'SERVFAIL' };
const HOSTS = [
  { name: 'mx2.google.com', preference: 5 },
  { name: 'mx1.google.com', preference: 5 },
];

function google(ttlMs = 3_600_000): MxAnswer {
  return { kind: 'mx', hosts: HOSTS, ttlMs };
}

class ResolverRig {
  readonly time = new ManualTime();
  readonly answers: (MxAnswer | undefined)[] = [];
  policy: Policy | undefined = parsePolicy('[provider."gmail"]\nmatch = [{ MXSuffix = ".google.com" }]\n');
  answerAfterMs = 0;
  asked = 0;
  changes = 0;
  readonly sites = new SiteResolver({
    resolver: {
      resolveMx: () => this.answer(),
      resolveAddresses: async () => ({ kind: 'none' }),
      resolveTxt: async () => ({ kind: 'none' }),
    },
    clock: this.time,
    timers: this.time,
    telemetry: { log: () => {} },
    policy: () => this.policy,
    changed: () => {
      this.changes += 1;
    },
  });

  /** The next answer; without one the lookup never ends. */
  private answer(): Promise<MxAnswer> {
    this.asked += 1;
    const answer = this.answers.shift();
    if (!answer) return new Promise<never>(() => {});
    return this.answerAfterMs === 0 ? Promise.resolve(answer) : this.time.sleep(this.answerAfterMs).then(() => answer);
  }
}

describe('the site of a domain', () => {
  it('is that of its most preferred MX hosts, with the provider they belong to', async () => {
    const rig = new ResolverRig();
    rig.answers.push(google());
    assert.equal(rig.sites.get('gmail.com'), undefined);
    await rig.time.pass(0);
    assert.deepEqual(rig.sites.get('gmail.com'), { site: 'mx1.google.com,mx2.google.com', provider: 'gmail' });
    assert.equal(rig.changes, 1);
  });

  it('is the domain itself where there is no MX, or no domain', async () => {
    const rig = new ResolverRig();
    rig.answers.push({ kind: 'implicit', ttlMs: 1000 }, { kind: 'nxdomain', ttlMs: 1000 });
    rig.sites.get('plain.example');
    rig.sites.get('no.invalid');
    await rig.time.pass(0);
    assert.deepEqual(rig.sites.get('plain.example'), { site: 'plain.example' });
    assert.deepEqual(rig.sites.get('no.invalid'), { site: 'no.invalid' });
  });

  it('is the domain itself when nobody answers for long enough', async () => {
    const rig = new ResolverRig();
    rig.sites.get('slow.example');
    await rig.time.pass(FIRST_ANSWER_MS - 1);
    assert.equal(rig.sites.get('slow.example'), undefined);
    await rig.time.pass(1);
    assert.deepEqual(rig.sites.get('slow.example'), { site: 'slow.example' });
    assert.equal(rig.changes, 1);
  });

  it('is the provider’s, however many domains are to be asked for before', async () => {
    const rig = new ResolverRig();
    rig.answerAfterMs = 2000;
    const domains = Array.from({ length: 600 }, (_, i) => `company-${i}.example`);
    rig.answers.push(...domains.map(() => google()));
    for (const domain of domains) rig.sites.get(domain);
    await rig.time.pass(2 * FIRST_ANSWER_MS);
    const providers = new Set(domains.map((domain) => rig.sites.get(domain)?.provider));
    assert.deepEqual([...providers], ['gmail']);
  });

  it('is asked for again when the lookup of an unknown domain fails', async () => {
    const rig = new ResolverRig();
    rig.answers.push(FAILURE, FAILURE, google());
    rig.sites.get('gmail.com');
    await rig.time.pass(0);
    await rig.time.pass(250);
    assert.equal(rig.sites.get('gmail.com'), undefined);
    await rig.time.pass(500);
    assert.equal(rig.sites.get('gmail.com')?.provider, 'gmail');
  });

  it('stays what it was when the lookup fails later', async () => {
    const rig = new ResolverRig();
    rig.answers.push(google(60_000), FAILURE);
    rig.sites.get('gmail.com');
    await rig.time.pass(0);
    await rig.time.pass(60_000);
    rig.sites.get('gmail.com');
    await rig.time.pass(10);
    assert.equal(rig.asked, 2);
    assert.equal(rig.sites.get('gmail.com')?.provider, 'gmail');
  });

  it('follows a policy that knows other providers', async () => {
    const rig = new ResolverRig();
    rig.answers.push(google());
    rig.sites.get('gmail.com');
    await rig.time.pass(0);
    rig.policy = parsePolicy('[provider."alphabet"]\nmatch = [{ MXSuffix = ".google.com" }]\n');
    assert.equal(rig.sites.get('gmail.com')?.provider, 'alphabet');
  });

  it('is asked for once, however often it is wanted', async () => {
    const rig = new ResolverRig();
    for (let i = 0; i < 5; i++) rig.sites.get('slow.example');
    await rig.time.pass(0);
    assert.equal(rig.asked, 1);
  });

  it('is called after the domain block that holds for it, once the hosts of both are known', async () => {
    const rig = new ResolverRig();
    rig.policy = parsePolicy('["block.example"]\nconnection_limit = 2\n');
    rig.answers.push(google(), google());
    rig.sites.get('other.example');
    await rig.time.pass(0);
    assert.deepEqual(rig.sites.get('other.example'), { site: 'block.example' });
    assert.deepEqual(rig.sites.get('block.example'), { site: 'block.example' });
    rig.policy = parsePolicy('');
    assert.deepEqual(rig.sites.get('other.example'), { site: 'mx1.google.com,mx2.google.com' });
  });

  it('is the domain alone, within that of its hosts, where a block is not for all who share them', async () => {
    const rig = new ResolverRig();
    rig.policy = parsePolicy('["block.example"]\n["alone.example"]\nmx_rollup = false\n');
    rig.answers.push(google(), google(), google());
    rig.sites.get('alone.example');
    assert.equal(rig.asked, 2);
    await rig.time.pass(0);
    assert.deepEqual(rig.sites.get('alone.example'), { site: 'block.example>alone.example' });
    rig.sites.get('other.example');
    await rig.time.pass(0);
    assert.deepEqual(rig.sites.get('other.example'), { site: 'block.example' });
  });
});
