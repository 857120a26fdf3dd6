import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Pacer } from './pace.ts';

const rates = fc.record({
  count: fc.integer({ min: 1, max: 5000 }),
  periodMs: fc.constantFrom(1000, 60_000),
  burst: fc.integer({ min: 1, max: 20 }),
});

describe('a pacer', () => {
  it('starts without any burst, since its predecessor may have spent it', () => {
    const pacer = new Pacer({ count: 50, periodMs: 1000, burst: 5 }, 1000);
    assert.equal(pacer.take(1000), 20);
    assert.equal(pacer.take(1020), 0);
    assert.equal(pacer.take(1020), 20);
  });

  it('saves up its burst and no more while nothing is taken', () => {
    const pacer = new Pacer({ count: 50, periodMs: 1000, burst: 5 }, 0);
    assert.equal(pacer.full(99), false);
    assert.equal(pacer.full(100), true);
    const taken = Array.from({ length: 10 }, () => pacer.take(60_000)).filter((waitMs) => waitMs === 0).length;
    assert.equal(taken, 5);
  });

  it('gives at most burst + rate × window in any window, however it is asked', () => {
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (rate, gaps) => {
        const pacer = new Pacer(rate, 0);
        const given: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          while (given.length < 2000 && pacer.take(now) === 0) given.push(now);
        }
        given.forEach((first, at) => {
          for (let later = at; later < given.length; later += 1 + (later % 7)) {
            const windowMs = (given[later] ?? 0) - first;
            const most = rate.burst + (windowMs * rate.count) / rate.periodMs;
            assert.ok(later - at + 1 <= most + 1e-6, `${later - at + 1} in ${windowMs} ms`);
          }
        });
      }),
      { numRuns: 60 },
    );
  });

  it('gives the whole rate to whoever comes back when told', () => {
    fc.assert(
      fc.property(rates, (rate) => {
        const pacer = new Pacer(rate, 0);
        let now = 0;
        let given = 0;
        for (let step = 0; step < 400; step++) {
          const waitMs = pacer.take(now);
          if (waitMs === 0) given++;
          else now += waitMs;
        }
        assert.ok(given >= Math.floor((now * rate.count) / rate.periodMs + 1e-6) - 1);
      }),
      { numRuns: 60 },
    );
  });

  it('refuses a rate of nothing', () => {
    assert.throws(() => new Pacer({ count: 0, periodMs: 1000, burst: 1 }, 0), RangeError);
  });
});
