import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { derivedId, type OwnerRenewed } from '@penstock/events';
import type { Timers } from '@penstock/ports';
import { CheckedClock } from './checked-clock.ts';

const HOUR = 3_600_000;
const NOW = 1_000 * HOUR;

/** A host whose clock somebody sets, and the log. */
class Host {
  readonly log = new MemoryEventLog(new MemoryLogData());
  readonly told: string[] = [];
  wallMs = NOW;
  private monotonicMs = 0;
  private waiting: (() => void)[] = [];
  private sequence = 0;

  readonly checked: CheckedClock;

  constructor() {
    const clock = { now: () => this.wallMs, monotonic: () => this.monotonicMs };
    const timers: Timers = {
      after: (ms, callback) => {
        const wake = () => {
          this.pass(ms);
          callback();
        };
        this.waiting.push(wake);
        return { cancel: () => this.waiting.splice(0, this.waiting.length, ...this.waiting.filter((w) => w !== wake)) };
      },
      sleep: (ms) => new Promise((resolve) => timers.after(ms, resolve)),
    };
    const telemetry = { log: (_level: string, event: string) => void this.told.push(event) };
    this.checked = new CheckedClock({ log: this.log, clock, timers, telemetry });
  }

  pass(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
  }

  async renew(owner: string, at: number): Promise<void> {
    const id = derivedId('owner_renewed', owner, this.sequence++);
    const record: OwnerRenewed = {
      id,
      type: 'owner_renewed',
      version: 1,
      at,
      partition: 0,
      body: { owner, claims: [] },
    };
    await this.log.append([{ topic: 'mail.signals', partition: 0, records: [record] }]);
  }

  /** Lets everything settle that waits for nothing but the log, then lets the waits end. */
  async wake(): Promise<void> {
    await this.settle();
    for (const wake of this.waiting.splice(0)) wake();
    await this.settle();
  }

  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a clock that is compared with the log', () => {
  it('begins at once where nothing contradicts it', async () => {
    const host = new Host();
    await host.checked.begin();
    assert.equal(host.checked.steady.now(), NOW);
    assert.deepEqual(host.told, []);
  });

  it('begins only when it was put right, and then with the right time', async () => {
    const host = new Host();
    await host.renew('dispatcher-1', NOW + 2 * HOUR);
    let begun = false;
    const beginning = host.checked.begin().then(() => {
      begun = true;
    });
    await host.wake();
    assert.equal(begun, false);
    assert.deepEqual(host.told, ['clock_not_believed', 'clock_not_believed']);
    host.wallMs += 2 * HOUR;
    await host.wake();
    await beginning;
    assert.equal(host.checked.steady.now(), host.wallMs);
  });

  it('does not begin while it is ahead of who renews now', async () => {
    const host = new Host();
    await host.renew('dispatcher-1', NOW - 2 * HOUR);
    let begun = false;
    const beginning = host.checked.begin().then(() => {
      begun = true;
    });
    await host.settle();
    await host.renew('dispatcher-1', NOW - 2 * HOUR + 1_000);
    await host.wake();
    assert.equal(begun, false);
    assert.deepEqual(host.told, ['clock_not_believed']);
    host.wallMs -= 2 * HOUR;
    await host.wake();
    await beginning;
    assert.equal(host.checked.steady.now(), host.wallMs);
  });

  it('begins after a long silence when nobody renews while it listens', async () => {
    const host = new Host();
    await host.renew('dispatcher-1', NOW - 2 * HOUR);
    let begun = false;
    const beginning = host.checked.begin().then(() => {
      begun = true;
    });
    for (let look = 0; look < 5; look++) {
      assert.equal(begun, false);
      await host.wake();
    }
    await beginning;
    assert.deepEqual(host.told, []);
  });

  it('jumps with a clock that is put right later, when the owners side with it', async () => {
    const host = new Host();
    await host.checked.begin();
    host.checked.followLog();
    host.wallMs += 2 * HOUR;
    await host.renew('dispatcher-1', host.wallMs);
    await host.wake();
    assert.equal(host.checked.steady.now(), host.wallMs);
    assert.deepEqual(host.told, ['clock_put_right']);
    host.checked.stop();
  });

  it('stays where it is when the owners side with it against the wall clock', async () => {
    const host = new Host();
    await host.checked.begin();
    host.checked.followLog();
    await host.renew('dispatcher-1', NOW + 20_000);
    host.wallMs += 2 * HOUR;
    await host.wake();
    assert.ok(host.checked.steady.now() < NOW + 60_000);
    host.checked.stop();
  });
});
