import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { creditLimit } from './credit.ts';
import { ClosedRate } from './path-load.ts';
import { retryDelayMs } from './retry.ts';
import { DIRECT_TOMBSTONE_MS, DIRECT_TOMBSTONES, EXPANDED_TOMBSTONE_MS, Tombstones } from './tombstones.ts';
import { countAttempt, countWait, readClocks } from './two-clocks.ts';

const MINUTE = 60_000;
const START = 1_750_000_000_000;

describe('credit', () => {
  it('is two seconds of the rate and one per connection, shared by the partitions', () => {
    const maxMessageRate = { count: 60, periodMs: 60_000, burst: 1 };
    assert.equal(creditLimit({ connectionLimit: 10, maxMessageRate }, 0, 3), 4);
  });

  it('follows what came back where there is no rate', () => {
    assert.equal(creditLimit({ connectionLimit: 6 }, 100, 3), 202);
  });

  it('is never less than one', () => {
    assert.equal(creditLimit({ connectionLimit: 1 }, 0, 24), 1);
  });
});

describe('the rate of closed attempts', () => {
  it('is taken over the part of the last ten seconds that saw any', () => {
    const rate = new ClosedRate();
    rate.add(START, 30);
    assert.equal(rate.perSecond(START + 500), 30);
    assert.equal(rate.perSecond(START + 3000), 10);
    rate.add(START + 9000, 70);
    assert.equal(rate.perSecond(START + 9999).toFixed(2), '10.00');
    assert.equal(rate.perSecond(START + 10_000), 70);
    assert.equal(rate.perSecond(START + 19_000), 0);
  });

  it('is the sum of the window, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4000)), (gaps) => {
        const rate = new ClosedRate();
        const times: number[] = [];
        let now = START;
        for (const gap of gaps) {
          now += gap;
          times.push(now);
          rate.add(now);
        }
        const from = Math.floor(now / 1000) - 9;
        const counted = rate.entries().reduce((sum, [, count]) => sum + count, 0);
        assert.equal(counted, times.filter((at) => Math.floor(at / 1000) >= from).length);
      }),
    );
  });
});

describe('the wait before a retry', () => {
  const retry = { retryIntervalMs: MINUTE, maxRetryIntervalMs: 10 * MINUTE, jitter: 0.2 };

  it('stays within the jitter of its interval, and is the same each time', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 200 }), (id, attempt) => {
        const interval = Math.min(MINUTE * 2 ** (attempt - 1), 10 * MINUTE);
        const delay = retryDelayMs(id, attempt, retry);
        assert.ok(delay >= interval * 0.8 - 1 && delay <= interval * 1.2 + 1);
        assert.equal(retryDelayMs(id, attempt, retry), delay);
      }),
    );
  });

  it('grows by the factor the policy says', () => {
    const gentle = { ...retry, jitter: 0, retryFactor: 1.5 };
    const waits = [1, 2, 3, 50].map((attempt) => retryDelayMs('m.0.0', attempt, gentle) / MINUTE);
    assert.deepEqual(waits, [1, 1.5, 2.25, 10]);
  });

  it('is that of the list, the last one for ever, whatever the intervals say', () => {
    const listed = { ...retry, jitter: 0, retryScheduleMs: [MINUTE, 5 * MINUTE, 90 * MINUTE] };
    const waits = [1, 2, 3, 4, 70].map((attempt) => retryDelayMs('m.0.0', attempt, listed) / MINUTE);
    assert.deepEqual(waits, [1, 5, 90, 90, 90]);
  });

  it('spreads deliveries over the jitter', () => {
    const delays = Array.from({ length: 1000 }, (_, n) => retryDelayMs(`m.${n}.0`, 1, retry));
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    assert.ok(Math.abs(mean - MINUTE) < 0.02 * MINUTE);
    assert.ok(new Set(delays).size > 900);
  });
});

describe('tombstones', () => {
  const direct = (n: number) => ({ id: `d${n}`, messageId: 'm', index: 0, expanded: false });

  it('remember direct deliveries for ten minutes of log time', () => {
    const tombstones = new Tombstones();
    tombstones.add(direct(1), START);
    tombstones.add(direct(2), START + DIRECT_TOMBSTONE_MS);
    assert.ok(tombstones.has(direct(1)));
    tombstones.add(direct(3), START + DIRECT_TOMBSTONE_MS + 1);
    assert.ok(!tombstones.has(direct(1)));
    assert.ok(tombstones.has(direct(2)));
  });

  it('remember so many and no more', () => {
    const tombstones = new Tombstones();
    for (let n = 0; n <= DIRECT_TOMBSTONES; n++) tombstones.add(direct(n), START);
    assert.equal(tombstones.size.direct, DIRECT_TOMBSTONES);
    assert.ok(!tombstones.has(direct(0)));
  });

  it('remember each index of an expanded message for a day after its last end', () => {
    const tombstones = new Tombstones();
    const ended = (messageId: string, index: number) => ({ id: '', messageId, index, expanded: true });
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(2000)), (indexes) => {
        for (const index of indexes) tombstones.add(ended('m', index), START);
        for (const index of indexes) assert.ok(tombstones.has(ended('m', index)));
      }),
    );
    assert.ok(!tombstones.has(ended('m', 5000)));
    tombstones.add(ended('m', 1), START + EXPANDED_TOMBSTONE_MS);
    tombstones.add(ended('n', 1), START + EXPANDED_TOMBSTONE_MS + MINUTE);
    assert.ok(tombstones.has(ended('m', 1)));
    tombstones.add(ended('o', 1), START + 2 * EXPANDED_TOMBSTONE_MS + 2 * MINUTE);
    assert.ok(!tombstones.has(ended('m', 1)));
  });
});

describe('the two clocks', () => {
  it('together show the whole time since send_at', () => {
    const attempt = fc.record({ waits: fc.nat(5000), lasts: fc.nat(500), held: fc.boolean(), remote: fc.nat(3000) });
    fc.assert(
      fc.property(fc.array(attempt), fc.nat(9000), (attempts, rest) => {
        const clocks = { countedUntil: START, remoteUntil: START, heldMs: 0, remoteMs: 0 };
        let now = START;
        for (const { waits, lasts, held, remote } of attempts) {
          now += waits;
          countWait(clocks, now);
          now += lasts;
          countAttempt(clocks, now, held);
          if (!held) clocks.remoteUntil = now + remote;
        }
        const { heldMs, remoteMs } = readClocks(clocks, now + rest);
        assert.equal(heldMs + remoteMs, now + rest - START);
      }),
    );
  });
});
