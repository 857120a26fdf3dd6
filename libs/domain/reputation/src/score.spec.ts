import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { OutcomeCounts } from './outcome-counts.ts';
import { REPUTATION_RULES } from './rules.ts';
import { faultRates, gradeOf, penalty, scoreOf } from './score.ts';

const NONE: OutcomeCounts = { judged: 0, accepted: 0, invalid: 0, blocked: 0, refused: 0, putOff: 0, complained: 0 };

function score(counts: Partial<OutcomeCounts>): number {
  return scoreOf(faultRates({ ...NONE, ...counts }), REPUTATION_RULES);
}

describe('a score', () => {
  it('is 100 where every recipient took the mail and nobody complained', () => {
    assert.equal(score({ judged: 10_000, accepted: 10_000 }), 100);
  });

  it('is 85 where a sender would come under review: bounces of 5 %, or complaints of 0.1 %', () => {
    assert.equal(score({ judged: 10_000, accepted: 9_500, invalid: 500 }), 85);
    assert.equal(score({ judged: 10_000, accepted: 10_000, complained: 10 }), 85);
  });

  it('is 50 where a sender would be paused: bounces of 10 %, or complaints of 0.5 %', () => {
    assert.equal(score({ judged: 10_000, accepted: 9_000, invalid: 600, refused: 400 }), 50);
    assert.equal(score({ judged: 10_000, accepted: 10_000, complained: 50 }), 50);
  });

  it('lies on the line between the points of a curve: a bounce rate of 7.5 % costs 32.5 points', () => {
    assert.equal(Math.round(penalty(REPUTATION_RULES.penalties.bounces, 0.075) * 1e6), 32_500_000);
    assert.equal(score({ judged: 1_000, accepted: 925, invalid: 75 }), 67);
  });

  it('is what the worked example of docs/metrics.md says', () => {
    assert.equal(
      score({ judged: 12_000, accepted: 11_520, invalid: 288, refused: 72, blocked: 120, putOff: 960, complained: 6 }),
      82,
    );
  });

  it('does not fall under 70 for deferrals alone', () => {
    assert.equal(score({ judged: 1_000, accepted: 1_000, putOff: 1_000 }), 70);
  });

  it('is called good from 85, fair from 70, poor below, and unrated where there is none', () => {
    const grades = [100, 85, 84, 70, 69, 0, undefined].map((value) => gradeOf(value, REPUTATION_RULES));
    assert.deepEqual(grades, ['good', 'good', 'fair', 'fair', 'poor', 'poor', 'unrated']);
  });

  it('lies between 0 and 100, and no further bounce, block, deferral or complaint raises it', () => {
    const count = fc.integer({ min: 0, max: 5_000 });
    const kinds = fc.record({ accepted: count, invalid: count, refused: count, blocked: count, putOff: count });
    fc.assert(
      fc.property(kinds, fc.integer({ min: 0, max: 100 }), (given, complained) => {
        const judged = given.accepted + given.invalid + given.refused + given.blocked;
        const putOff = Math.min(given.putOff, judged);
        const counts = { ...given, putOff, judged, complained: Math.min(complained, given.accepted) };
        const before = score(counts);
        assert.ok(Number.isInteger(before) && before >= 0 && before <= 100);
        if (counts.accepted === 0) return;
        // One of those accepted had a worse end instead.
        for (const fault of ['invalid', 'refused', 'blocked'] as const) {
          assert.ok(score({ ...counts, accepted: counts.accepted - 1, [fault]: counts[fault] + 1 }) <= before, fault);
        }
        if (putOff < judged) assert.ok(score({ ...counts, putOff: putOff + 1 }) <= before);
        if (counts.complained < counts.accepted)
          assert.ok(score({ ...counts, complained: counts.complained + 1 }) <= before);
      }),
    );
  });
});
