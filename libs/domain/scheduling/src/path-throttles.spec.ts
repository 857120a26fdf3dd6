import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type PathThrottle, PathThrottles, THROTTLE_FORGOTTEN_MS } from './path-throttles.ts';

function rest(path: string, until: number): PathThrottle {
  return { source: 's1', path, site: path, until, step: 1, reason: 'path_throttled' };
}

describe('the rests of paths', () => {
  it('hold what was told last of each path, whatever came and went', () => {
    const step = fc.record({ path: fc.stringMatching(/^[a-c]{1,2}$/), until: fc.option(fc.nat(1000)) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let throttles = PathThrottles.NONE;
        const model = new Map<string, number>();
        for (const { path, until } of steps) {
          const before = throttles.get(path);
          const earlier = throttles;
          throttles = until === null ? throttles.without(path) : throttles.with(rest(path, until), 0);
          if (until === null) model.delete(path);
          else model.set(path, until);
          assert.equal(earlier.get(path), before, 'an earlier state stays what it was');
        }
        assert.equal(throttles.size, model.size);
        assert.deepEqual(new Map([...throttles.values()].map(({ path, until }) => [path, until])), model);
      }),
    );
  });

  it('forget those that ended a day ago and more, so that dead domains do not gather for ever', () => {
    let throttles = PathThrottles.NONE;
    const paths = Array.from({ length: 5000 }, (_, i) => `s1|site:dead-${i}.example`);
    for (const path of paths) throttles = throttles.with(rest(path, 1000), 0);
    assert.equal(throttles.size, 5000);
    const dayLater = 1001 + THROTTLE_FORGOTTEN_MS;
    for (const path of paths) throttles = throttles.with(rest(`${path}.test`, dayLater + 1000), dayLater);
    assert.equal(throttles.size, 5000);
    assert.equal(throttles.get('s1|site:dead-1.example'), undefined);
  });
});
