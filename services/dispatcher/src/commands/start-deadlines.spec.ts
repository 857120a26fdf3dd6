import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore } from '@penstock/adapter-memory';
import { AttemptCommands } from '../specification/attempt-commands.ts';
import { ManualTime } from '../specification/manual-time.ts';
import type { LedgerEntry } from './offset-ledger.ts';
import type { PendingAttempt } from './pending-attempt.ts';
import { StartDeadlines } from './start-deadlines.ts';

class Watch {
  readonly time = new ManualTime();
  readonly passed: PendingAttempt[] = [];
  readonly deadlines = new StartDeadlines(this.time, this.time, (attempt) => this.passed.push(attempt));
  private readonly commands = new AttemptCommands(new MemoryContentStore(), () => this.time.now());

  async attempts(count: number): Promise<readonly PendingAttempt[]> {
    const made: PendingAttempt[] = [];
    for (let i = 0; i < count; i++) {
      const command = await this.commands.make({});
      const entry = {} as LedgerEntry;
      const { deliveries } = command.body;
      made.push({ command, deliveries, entry, queuedAt: 0, stage: 'queued', counted: false, replaced: false });
    }
    return made;
  }
}

describe('the watch over startBy', () => {
  it('finds those that still wait when it has passed, and only those', async () => {
    const watch = new Watch();
    const [waits, started, decided] = await watch.attempts(3);
    assert.ok(waits && started && decided);
    for (const attempt of [waits, started, decided]) watch.deadlines.watch(attempt);
    started.stage = 'started';
    decided.stage = 'decided';
    await watch.time.advance(60_000);
    assert.deepEqual(watch.passed, []);
    await watch.time.advance(2000);
    assert.deepEqual(watch.passed, [waits]);
  });

  it('finds one that was put back to wait', async () => {
    const watch = new Watch();
    const [attempt] = await watch.attempts(1);
    assert.ok(attempt);
    watch.deadlines.watch(attempt);
    attempt.stage = 'started';
    await watch.time.advance(30_000);
    attempt.stage = 'queued';
    await watch.time.advance(32_000);
    assert.deepEqual(watch.passed, [attempt]);
  });

  it('keeps nothing that is decided for longer than a second or two', async () => {
    const watch = new Watch();
    const attempts = await watch.attempts(100);
    for (const attempt of attempts) watch.deadlines.watch(attempt);
    for (const attempt of attempts.slice(1)) attempt.stage = 'decided';
    await watch.time.advance(2000);
    assert.equal(watch.deadlines.size, 1);
  });
});
