import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { OutcomeCounts } from './outcome-counts.ts';
import { hourWeight, OutcomeWindow, type Standings } from './outcome-window.ts';
import { REPUTATION_RULES } from './rules.ts';

const NOW = 490_000;

interface Hour {
  readonly hour: number;
  readonly provider: string;
  readonly counts: Partial<OutcomeCounts>;
}

function standings(hours: readonly Hour[], now = NOW): Standings {
  const window = new OutcomeWindow(now, REPUTATION_RULES);
  for (const { hour, provider, counts } of hours) window.add(hour, provider, counts);
  return window.standings();
}

const clean = (hour: number, judged: number, provider = 'gmail'): Hour => ({
  hour,
  provider,
  counts: { judged, accepted: judged },
});
const bad = (hour: number, judged: number, provider = 'gmail'): Hour => ({
  hour,
  provider,
  counts: { judged, invalid: judged },
});

const someCount = fc.integer({ min: 0, max: 100_000 });
const someHour = fc.record({
  hour: fc.integer({ min: NOW - 200, max: NOW + 1 }),
  provider: fc.constantFrom('gmail', 'yahoo', 'other'),
  counts: fc.record({
    judged: someCount,
    accepted: someCount,
    invalid: someCount,
    blocked: someCount,
    putOff: someCount,
  }),
});

describe('the outcomes of a window', () => {
  it('rate nobody below 200 recipients', () => {
    assert.equal(standings([clean(NOW, 199)]).score, undefined);
    assert.equal(standings([clean(NOW, 199)]).grade, 'unrated');
    assert.equal(standings([clean(NOW, 200)]).score, 100);
  });

  it('rate a provider by its own outcomes, and in total by the sums', () => {
    const found = standings([clean(NOW, 900), bad(NOW, 150, 'yahoo'), bad(NOW, 50, 'yahoo'), clean(NOW, 100, 'other')]);
    assert.equal(found.providers.get('gmail')?.score, 100);
    assert.equal(found.providers.get('yahoo')?.score, 0);
    assert.equal(found.providers.get('other')?.score, undefined);
    // 200 of 1,200 bounced: between 10 % (50 points) and 30 % (100 points).
    assert.equal(found.score, 33);
  });

  it('name no provider without an outcome', () => {
    assert.deepEqual([...standings([clean(NOW, 0, 'unresolved')]).providers], []);
  });

  it('weigh half after two days, and nothing after a week', () => {
    assert.equal(hourWeight(0, REPUTATION_RULES), 1_000_000);
    assert.equal(hourWeight(48, REPUTATION_RULES), 500_000);
    assert.equal(hourWeight(167, REPUTATION_RULES) > 0, true);
    assert.equal(hourWeight(168, REPUTATION_RULES), 0);
    // Two bounces of two days ago are as good as one of now: 100 in 2,000.
    assert.equal(standings([clean(NOW, 1_900), bad(NOW - 48, 200)]).rates.bounces, 0.05);
    assert.equal(standings([clean(NOW, 1_900), bad(NOW - 168, 200)]).score, 100);
  });

  it('count those of a writer whose clock is ahead as of now', () => {
    assert.deepEqual(standings([clean(NOW + 1, 300)]), standings([clean(NOW, 300)]));
  });

  it('say the same in whatever order the hours come, and however they are put together', () => {
    const split = fc.tuple(fc.array(someHour, { maxLength: 60 }), fc.nat(60), fc.infiniteStream(fc.nat(1_000)));
    fc.assert(
      fc.property(split, ([hours, cut, keys]) => {
        const shuffled = hours
          .map((hour) => ({ hour, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ hour }) => hour);
        const whole = standings(hours);
        assert.deepEqual(standings(shuffled), whole);
        const merged = new OutcomeWindow(NOW, REPUTATION_RULES);
        for (const part of [shuffled.slice(cut), shuffled.slice(0, cut)]) {
          const window = new OutcomeWindow(NOW, REPUTATION_RULES);
          for (const { hour, provider, counts } of part) window.add(hour, provider, counts);
          merged.merge(window);
        }
        assert.deepEqual(merged.standings(), whole);
      }),
    );
  });

  it('hold two sums a counter and provider, however many hours there were', () => {
    const window = new OutcomeWindow(NOW, REPUTATION_RULES);
    for (let hour = NOW - 167; hour <= NOW; hour++) window.add(hour, 'gmail', { judged: 7, accepted: 7 });
    const size = JSON.stringify([...window.standings().providers]).length;
    assert.equal(window.standings().outcomes, 168 * 7);
    assert.ok(size < 1_000, `${size}`);
  });
});
