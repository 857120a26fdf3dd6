import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ContentCache } from './content-cache.ts';

const blob = (size: number) => new Uint8Array(size);

describe('content cache', () => {
  it('forgets what was not used lately, and keeps within its bound', () => {
    const cache = new ContentCache(100);
    const references = Array.from({ length: 50 }, (_, i) => `r${i}`);
    for (const reference of references) {
      cache.keep(reference, blob(10));
      assert.ok(cache.get('r0'), `r0 is used again and again, at ${reference}`);
    }
    const kept = references.filter((reference) => cache.get(reference));
    assert.ok(kept.length * 10 <= 100 && kept.includes('r49') && !kept.includes('r1'));
  });

  it('does not let one large blob push everything out', () => {
    const cache = new ContentCache(100);
    cache.keep('small', blob(10));
    cache.keep('large', blob(90));
    assert.ok(cache.get('small'));
    assert.equal(cache.get('large'), undefined);
  });

  it('keeps what the disk does not have yet, however much it is', () => {
    const cache = new ContentCache(30);
    const references = ['a', 'b', 'c', 'd', 'e'];
    for (const reference of references) cache.pin(reference, blob(10));
    assert.ok(references.every((reference) => cache.get(reference)));
    cache.settle(references);
    assert.ok(references.filter((reference) => cache.get(reference)).length <= 3);
  });
});
