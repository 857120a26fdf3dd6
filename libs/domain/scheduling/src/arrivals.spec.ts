import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Arrivals } from './arrivals.ts';

describe('the order of arrivals', () => {
  it('is the order in which they leave, however many came and left before', () => {
    const steps = fc.array(fc.record({ come: fc.nat(3000), leave: fc.nat(3000) }), { maxLength: 10 });
    fc.assert(
      fc.property(steps, (bouts) => {
        const arrivals = new Arrivals<string>();
        let came = 0;
        let left = 0;
        for (const { come, leave } of bouts) {
          for (let n = 0; n < come; n++) arrivals.push(String(came++));
          for (let n = 0; n < leave; n++) {
            assert.equal(arrivals.oldest, left < came ? String(left) : undefined);
            arrivals.shift();
            if (left < came) left += 1;
          }
        }
        assert.equal(arrivals.oldest, left < came ? String(left) : undefined);
      }),
      { numRuns: 30 },
    );
  });
});
