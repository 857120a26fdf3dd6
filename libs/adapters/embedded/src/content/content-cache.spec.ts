import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ContentCache } from './content-cache.ts';

const blob = (size: number) => new Uint8Array(size);

describe('content cache', () => {
  it('forgets the least recently used beyond its bound', () => {
    const cache = new ContentCache(30);
    for (const reference of ['a', 'b', 'c']) cache.keep(reference, blob(10));
    assert.ok(cache.get('a'));
    cache.keep('d', blob(10));
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((reference) => cache.get(reference) !== undefined),
      [true, false, true, true],
    );
  });

  it('keeps what the disk does not have yet, however much it is', () => {
    const cache = new ContentCache(30);
    const references = ['a', 'b', 'c', 'd', 'e'];
    for (const reference of references) cache.pin(reference, blob(10));
    assert.ok(references.every((reference) => cache.get(reference)));
    cache.settle(references);
    assert.equal(references.filter((reference) => cache.get(reference)).length, 3);
  });
});
