import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AddressAnswer, MxAnswer, Resolver, TxtAnswer } from '@penstock/ports';
import { CachingResolver } from './caching-resolver.ts';

class CountingResolver implements Resolver {
  asked = 0;
  answer: MxAnswer = { kind: 'implicit', ttlMs: 1000 };

  async resolveMx(): Promise<MxAnswer> {
    this.asked++;
    return this.answer;
  }

  async resolveAddresses(): Promise<AddressAnswer> {
    this.asked++;
    return { kind: 'none' };
  }

  async resolveTxt(): Promise<TxtAnswer> {
    this.asked++;
    return { kind: 'none' };
  }
}

function caching(maxEntries = 10) {
  const inner = new CountingResolver();
  const time = { now: 0 };
  const clock = { now: () => time.now, monotonic: () => time.now };
  return { inner, time, resolver: new CachingResolver(inner, clock, { maxEntries, maxTtlMs: 60_000 }) };
}

describe('a caching resolver', () => {
  it('asks once while the answer lives, and again after', async () => {
    const { inner, time, resolver } = caching();
    await Promise.all([resolver.resolveMx('a.test'), resolver.resolveMx('a.test')]);
    time.now = 999;
    await resolver.resolveMx('a.test');
    assert.equal(inner.asked, 1);
    time.now = 1000;
    await resolver.resolveMx('a.test');
    assert.equal(inner.asked, 2);
  });

  it('keeps a failure for seconds only', async () => {
    const { inner, time, resolver } = caching();
    inner.answer = { kind: 'failure', detail: 'SERVFAIL' };
    await resolver.resolveMx('a.test');
    time.now = 4999;
    await resolver.resolveMx('a.test');
    time.now = 5000;
    await resolver.resolveMx('a.test');
    assert.equal(inner.asked, 2);
  });

  it('forgets the oldest when it holds too many', async () => {
    const { inner, resolver } = caching(2);
    for (const domain of ['a.test', 'b.test', 'c.test', 'c.test', 'a.test']) await resolver.resolveMx(domain);
    assert.equal(inner.asked, 4);
  });

  it('keeps hosts and domains apart', async () => {
    const { inner, resolver } = caching();
    await resolver.resolveMx('a.test');
    assert.deepEqual(await resolver.resolveAddresses('a.test'), { kind: 'none' });
    assert.equal(inner.asked, 2);
  });

  it('asks for TXT records each time, since whoever asks has just published them', async () => {
    const { inner, resolver } = caching();
    await resolver.resolveTxt('a.test');
    await resolver.resolveTxt('a.test');
    assert.equal(inner.asked, 2);
  });
});
