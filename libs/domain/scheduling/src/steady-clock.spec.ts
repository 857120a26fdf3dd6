import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readSteadily, SteadyClock, type SteadyReading } from './steady-clock.ts';

describe('steady time', () => {
  it('begins with the wall clock and runs with it', () => {
    const first = readSteadily(undefined, 5000, 10);
    assert.equal(first.steadyMs, 5000);
    assert.equal(readSteadily(first, 6000, 1010).steadyMs, 6000);
  });

  it('catches up with a wall clock that jumped ahead by a twentieth of the time that passes', () => {
    const first = readSteadily(undefined, 0, 0);
    assert.equal(readSteadily(first, 3_600_000 + 1000, 1000).steadyMs, 1050);
  });

  it('slows down, and never turns back, when the wall clock is set back', () => {
    const first = readSteadily(undefined, 10_000, 0);
    assert.equal(readSteadily(first, 0, 1000).steadyMs, 10_950);
  });

  it('makes little of a jump just because nobody had asked for long', () => {
    const first = readSteadily(undefined, 0, 0);
    assert.equal(readSteadily(first, 10 * 3_600_000, 3_600_000).steadyMs, 3_603_000);
  });

  it('never runs backwards or ahead of the time that passed, whatever the wall clock does', () => {
    const reading = fc.record({ wallMs: fc.integer({ min: 0, max: 1e9 }), passedMs: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(reading), (readings) => {
        let before: SteadyReading | undefined;
        let monotonicMs = 0;
        for (const { wallMs, passedMs } of readings) {
          monotonicMs += passedMs;
          const next = readSteadily(before, wallMs, monotonicMs);
          if (before) {
            const moved = next.steadyMs - before.steadyMs;
            assert.ok(moved >= 0.94 * passedMs && moved <= 1.06 * passedMs + 1e-6);
          }
          before = next;
        }
      }),
    );
  });

  it('answers whole milliseconds', () => {
    const clock = new SteadyClock({ now: () => 1000.7, monotonic: () => 3.2 });
    assert.equal(clock.now(), 1000);
  });
});
