import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SystemClock } from './system-clock.ts';

const HOUR = 3_600_000;

class Machine {
  wallMs = 1_750_000_000_000;
  awakeMs = 500;
  bootMs = 90_000;
  asked = 0;
  readonly clock = new SystemClock({
    wall: () => this.wallMs,
    awake: () => this.awakeMs,
    sinceBoot: () => {
      this.asked += 1;
      return this.bootMs;
    },
  });

  works(ms: number): void {
    this.wallMs += ms;
    this.awakeMs += ms;
    this.bootMs += ms;
  }

  sleeps(ms: number): void {
    this.wallMs += ms;
    this.bootMs += ms;
  }
}

describe('the monotonic clock of a machine', () => {
  it('counts what it slept', () => {
    const machine = new Machine();
    const start = machine.clock.monotonic();
    machine.works(1000);
    machine.sleeps(8 * HOUR);
    assert.equal(machine.clock.monotonic() - start, 8 * HOUR + 1000);
    machine.works(1000);
    machine.sleeps(HOUR);
    assert.equal(machine.clock.monotonic() - start, 9 * HOUR + 2000);
  });

  it('does not heed a wall clock that is set, and asks for the time since boot once for it', () => {
    const machine = new Machine();
    const start = machine.clock.monotonic();
    machine.asked = 0;
    for (const jumpMs of [HOUR, -2 * HOUR]) {
      machine.wallMs += jumpMs;
      machine.works(10);
      machine.clock.monotonic();
      machine.clock.monotonic();
    }
    assert.equal(machine.clock.monotonic() - start, 20);
    assert.equal(machine.asked, 2);
  });

  it('of this machine never turns back', () => {
    const clock = new SystemClock();
    let before = clock.monotonic();
    for (let i = 0; i < 1000; i++) {
      const now = clock.monotonic();
      assert.ok(now >= before);
      before = now;
    }
    assert.ok(Math.abs(clock.now() - Date.now()) < 1000);
  });
});
