import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { askBudgets, type BudgetLimit, budgetTerms, longestGrantToRcptMs, newBudgetState, rankText } from './budget.ts';

const HOUR_MS = 3_600_000;

const limits: fc.Arbitrary<BudgetLimit> = fc
  .record({
    limit: fc.integer({ min: 1, max: 200 }),
    periodMs: fc.constantFrom(60_000, 600_000, HOUR_MS),
    grantToRcptMs: fc.integer({ min: 0, max: 665_000 }),
    burst: fc.option(fc.integer({ min: 1, max: 250 }), { nil: undefined }),
  })
  .map(({ burst, ...limit }) => (burst === undefined ? limit : { ...limit, burst }));

describe('the terms of a budget', () => {
  it('spread the limit over the period and the longest way from grant to RCPT', () => {
    const day0 = { limit: 20, periodMs: HOUR_MS, grantToRcptMs: 665_000 };
    assert.deepEqual(budgetTerms(day0), { intervalUs: 213_250_000, burst: 1, block: 1 });
  });

  it('hold a second of the rate, and pay for more with rate', () => {
    const fast = { limit: 3_600_000, periodMs: HOUR_MS, grantToRcptMs: 0 };
    assert.deepEqual(budgetTerms(fast), { intervalUs: 1_001, burst: 1_000, block: 1_000 });
    assert.deepEqual(budgetTerms({ ...fast, burst: 1_800_001 }), { intervalUs: 2_000, burst: 1_800_001, block: 1_000 });
    assert.deepEqual(budgetTerms({ ...fast, limit: 10, burst: 99 }), {
      intervalUs: 3_600_000_000,
      burst: 10,
      block: 1,
    });
  });

  it('refuse what is no limit', () => {
    const good = { limit: 1, periodMs: HOUR_MS, grantToRcptMs: 0 };
    for (const wrong of [{ limit: 0 }, { limit: 1.5 }, { limit: Number.NaN }, { periodMs: 0 }, { grantToRcptMs: -1 }]) {
      assert.throws(() => budgetTerms({ ...good, ...wrong }), RangeError);
    }
  });

  it('count the way from ask to RCPT in full', () => {
    assert.equal(longestGrantToRcptMs({ startWithinMs: 60_000, attemptMaxMs: 600_000 }), 665_000);
  });
});

describe('a rank', () => {
  it('sorts transactional before bulk, then the engaged, then the older', () => {
    const ranks = [
      { class: 'transactional', engagement: 0, since: 5 },
      { class: 'transactional', engagement: 0, since: 1_900_000_000_000 },
      { class: 'bulk', engagement: 1, since: 9 },
      { class: 'bulk', engagement: 0.5, since: 8 },
      { class: 'bulk', engagement: 0.5, since: 10 },
      { class: 'bulk', engagement: 0, since: -1 },
      { class: 'bulk', engagement: Number.NaN, since: 7 },
    ] as const;
    const texts = ranks.map(rankText);
    assert.deepEqual([...texts].sort(), texts);
    assert.equal(new Set(texts.map(({ length }) => length)).size, 1);
  });
});

describe('asking budgets', () => {
  it('keeps every period at the receiver within the limit, whenever and for however many it is asked', () => {
    const asks = fc.array(fc.record({ gapMs: fc.nat(120_000), wanted: fc.integer({ min: 1, max: 50 }) }), {
      maxLength: 150,
    });
    fc.assert(
      fc.property(limits, asks, (limit, steps) => {
        const parts = [{ state: newBudgetState(), terms: budgetTerms(limit) }];
        const windowUs = (limit.periodMs + limit.grantToRcptMs) * 1000;
        const grants: number[] = [];
        let nowUs = 1_000_000;
        for (const { gapMs, wanted } of steps) {
          nowUs += gapMs * 1000;
          const { granted } = askBudgets(parts, { asker: 'a', rank: '0', wanted }, nowUs);
          for (let i = 0; i < granted; i++) grants.push(nowUs);
        }
        for (const [i, at] of grants.entries()) {
          const last = grants[i + limit.limit] ?? Number.POSITIVE_INFINITY;
          assert.ok(last - at >= windowUs, `more than ${limit.limit} from ${at} on`);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('grants at the time it named, if nobody better came', () => {
    fc.assert(
      fc.property(limits, (limit) => {
        const terms = budgetTerms(limit);
        const parts = [{ state: newBudgetState(), terms }];
        let nowUs = 0;
        for (let i = 0; i < terms.burst; i += terms.block) {
          const wanted = Math.min(terms.block, terms.burst - i);
          assert.equal(askBudgets(parts, { asker: 'a', rank: '1', wanted }, nowUs).granted, wanted);
        }
        const refused = askBudgets(parts, { asker: 'a', rank: '1', wanted: 1 }, nowUs);
        assert.deepEqual(refused, {
          granted: 0,
          retryAfterMs: Math.ceil(terms.intervalUs / 1000),
          waitsFor: 0,
          left: [0],
        });
        nowUs += refused.retryAfterMs * 1000;
        assert.equal(askBudgets(parts, { asker: 'a', rank: '1', wanted: 1 }, nowUs).granted, 1);
      }),
      { numRuns: 100 },
    );
  });
});
