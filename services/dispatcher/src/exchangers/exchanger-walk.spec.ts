import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import type { MxAnswer } from '@penstock/ports';
import { GivenDispatcher, POLICY } from '../specification/given-dispatcher.ts';
import { addresses } from '../specification/scripted-resolver.ts';
import { failAt } from '../specification/scripted-transport.ts';

async function running(policy = POLICY): Promise<GivenDispatcher> {
  const log = new MemoryEventLog(new MemoryLogData());
  return GivenDispatcher.running({ log, content: new MemoryContentStore(), policy });
}

function mx(...hosts: readonly (readonly [number, string])[]): MxAnswer {
  return { kind: 'mx', hosts: hosts.map(([preference, name]) => ({ preference, name })), ttlMs: 1000 };
}

describe('walking mail hosts', () => {
  it('ends at the first that greets, in order of preference', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', mx([10, 'one.a.test'], [20, 'two.a.test'], [30, 'three.a.test']));
    given.transport.greetings.push(failAt('connect', { code: 'ECONNREFUSED' }));
    await given.command({});
    assert.deepEqual(
      given.transport.connects.map(({ host }) => host),
      ['one.a.test', 'two.a.test'],
    );
    assert.deepEqual(await given.outcomes(), ['m1.0.1 delivered']);
  });

  it('hands back what turns out to be the mail of a provider with limits of its own', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', mx([10, 'in1.big.test'], [20, 'in2.big.test']));
    await given.command({});
    assert.deepEqual(await given.outcomes(), ['m1.0.1 handed_back not_started']);
    const [fact] = await given.facts();
    assert.ok(fact?.type === 'handed_back' && (fact.body.until ?? 0) > given.time.now());
    assert.equal(given.transport.connects.length, 0);
  });

  it('gives up after two hosts or five addresses', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', mx([10, 'one.a.test'], [20, 'two.a.test'], [30, 'three.a.test']));
    given.resolver.addresses.set('one.a.test', addresses('203.0.114.1', '203.0.114.2', '203.0.114.3', '203.0.114.4'));
    given.resolver.addresses.set('two.a.test', addresses('203.0.115.1', '203.0.115.2'));
    given.transport.greeting = failAt('connect', { code: 'ETIMEDOUT' });
    await given.command({});
    assert.equal(given.transport.connects.length, 5);
    assert.ok(given.transport.connects.every(({ host }) => host !== 'three.a.test'));
    assert.deepEqual(await given.outcomes(), ['m1.0.1 deferred connect path']);
  });

  it('ends with what it met when the next connection would come too late', async () => {
    const given = await running(POLICY.replace('"6000/min,max_burst=100"', '"1/hour"'));
    given.resolver.addresses.set('mx.a.test', addresses('203.0.114.1', '203.0.114.2'));
    given.transport.greeting = failAt('connect', { code: 'ETIMEDOUT' });
    await given.time.advance(3_600_000);
    await given.command({});
    assert.deepEqual(await given.outcomes(), ['m1.0.1 deferred connect path']);
    assert.equal(given.transport.connects.length, 1);
  });

  it('tries no further host once the attempt may not start any more', async () => {
    const given = await running();
    given.resolver.addresses.set('mx.a.test', addresses('203.0.114.1', '203.0.114.2', '203.0.114.3'));
    given.transport.greetingMs = 40_000;
    given.transport.greeting = failAt('banner', { code: 'ETIMEDOUT' });
    await given.command({});
    await given.time.advance(90_000);
    assert.deepEqual(await given.outcomes(), ['m1.0.1 deferred banner path']);
    assert.equal(given.transport.connects.length, 2);
  });

  it('tries addresses that did not answer lately after the others', async () => {
    const given = await running(POLICY.replace('suspend = "30s"', 'suspend = "1s"'));
    given.resolver.addresses.set('mx.a.test', addresses('203.0.114.1', '203.0.114.2'));
    given.transport.greetings.push(failAt('connect', { code: 'ECONNREFUSED' }));
    await given.command({});
    await given.time.advance(10_000);
    await given.command({});
    const tried = given.transport.connects.map(({ address }) => address);
    assert.deepEqual(tried, ['203.0.114.1', '203.0.114.2', '203.0.114.2']);
  });

  it('falls back from broken TLS once where the policy is opportunistic, and remembers it', async () => {
    const given = await running();
    given.transport.greeting = (target) =>
      target.tls === 'Opportunistic' ? failAt('starttls', { code: 'CERT_HAS_EXPIRED' })(target) : undefined;
    await given.command({});
    await given.time.advance(10_000);
    await given.command({});
    assert.deepEqual(
      given.transport.connects.map(({ tls }) => tls),
      ['Opportunistic', 'Disabled', 'Disabled'],
    );
    await given.time.advance(3 * 86_400_000);
    await given.command({});
    assert.equal(given.transport.connects.at(-2)?.tls, 'Opportunistic');
  });

  it('does not fall back where TLS is required', async () => {
    const given = await running(POLICY.replace('"Opportunistic"', '"Required"'));
    given.transport.greeting = failAt('starttls', { code: 'CERT_HAS_EXPIRED' });
    await given.command({});
    assert.equal(given.transport.connects.length, 1);
    assert.deepEqual(await given.outcomes(), ['m1.0.1 deferred starttls path']);
  });

  it('takes the domain for its mail host where it has no MX', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', { kind: 'implicit', ttlMs: 1000 });
    await given.command({});
    assert.equal(given.transport.connects[0]?.host, 'a.test');
  });

  it('sends everything to the smarthost in smarthost mode', async () => {
    const policy = POLICY.replace('egress = "internet"', 'egress = "smarthost"');
    const given = await running(`${policy}[smarthost]\nhost = "127.0.0.1"\nport = 2526\n`);
    await given.command({ domain: 'a.test', site: 'smarthost' });
    const [target] = given.transport.connects;
    assert.deepEqual([target?.address, target?.port], ['127.0.0.1', 2526]);
    assert.deepEqual(given.resolver.asked, []);
  });
});

describe('what DNS says', () => {
  it('of a domain that takes no mail bounces', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', { kind: 'null_mx', ttlMs: 1000 });
    given.resolver.mx.set('b.test', mx([10, '203.0.114.9']));
    given.resolver.addresses.set('mx.c.test', addresses('127.0.0.1', '10.0.0.1', '198.200.0.2'));
    await given.command({ domain: 'a.test' }, { domain: 'b.test' }, { domain: 'c.test' });
    assert.deepEqual(await given.outcomes(), ['m1.0.1 bounced 5.1.10', 'm2.0.1 bounced 5.4.6', 'm3.0.1 bounced 5.4.6']);
    assert.equal(given.transport.connects.length, 0);
  });

  it('of a domain that does not exist bounces only the second time, an interval later', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', { kind: 'nxdomain', ttlMs: 1000 });
    await given.command({ number: 1 });
    const [first] = await given.facts();
    assert.ok(first?.type === 'deferred' && first.body.cause === 'remote');
    const { nxdomainSince = 0, retryAfterMs } = first.body;
    assert.equal(retryAfterMs, 3_600_000);
    await given.time.advance(1_800_000);
    await given.command({ number: 1, release: 2, delivery: { nxdomainSince } });
    const second = (await given.facts())[1];
    assert.ok(second?.type === 'deferred' && second.body.cause === 'remote');
    assert.equal(second.body.nxdomainSince, nxdomainSince);
    await given.time.advance(1_800_000);
    await given.command({ number: 1, release: 3, delivery: { nxdomainSince } });
    assert.equal((await given.outcomes())[2], 'm1.0.1 bounced 5.1.2');
    assert.ok(!(await given.controlTypes()).includes('path_throttled'));
  });

  it('of a domain whose mail hosts have no address is the same', async () => {
    const given = await running();
    given.resolver.addresses.set('mx.a.test', { kind: 'none' });
    await given.command({});
    const [fact] = await given.facts();
    assert.ok(fact?.type === 'deferred' && fact.body.cause === 'remote' && fact.body.nxdomainSince !== undefined);
  });

  it('when it cannot say is trouble of the path, if the path serves that domain alone', async () => {
    const given = await running();
    given.resolver.mx.set('a.test', { kind: 'failure', detail: 'SERVFAIL' });
    await given.command({ domain: 'a.test' }, { domain: 'a.test', site: 'mx.shared.test' });
    assert.deepEqual((await given.outcomes()).toSorted(), ['m1.0.1 deferred dns path', 'm2.0.1 deferred dns path']);
    assert.equal((await given.controlTypes()).filter((type) => type === 'path_throttled').length, 1);
  });
});
