import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { releaseContext } from '@penstock/events';
import { attemptMs, Durations, type Timed } from './durations.ts';

const SAMPLED = `00-${'ab'.repeat(16)}-${'cd'.repeat(8)}-01`;

function delivered(deliveryId: string, attempt: number, traceparent?: string): Timed {
  const outcome = { attempt, source: 'ip-1', site: 's', phase: 'final_dot', scope: 'recipient' } as const;
  const verdict = { cause: 'accepted', scope: 'recipient', disposition: 'deliver', confidence: 1 } as const;
  const body = { ...outcome, verdict, timings: { queuedMs: 500, connectMs: 30, transactionMs: 12 } };
  const about = { deliveryId, messageId: 'm', release: attempt, ...(traceparent && { traceparent }) };
  return { id: deliveryId, type: 'delivered', version: 1, at: 9_000, partition: 0, ...about, body };
}

describe('durations', () => {
  it('fall into the first bucket whose bound they do not pass, by provider', () => {
    const durations = new Durations([10, 100], false);
    for (const ms of [0, 10, 10.5, 100, 101, 1e9]) durations.add('gmail', ms, delivered('d', 1));
    durations.add('other', 1, delivered('d', 1));
    const [gmail, other] = durations.view();
    assert.deepEqual(gmail?.counts, [2, 2, 2]);
    assert.equal(gmail?.sumMs, 1e9 + 221.5);
    assert.deepEqual([other?.provider, other?.counts], ['other', [1, 0, 0]]);
  });

  it('name the trace of the newest that was traced in each bucket', () => {
    const durations = new Durations([10], true);
    durations.add('gmail', 3, delivered('a', 1, SAMPLED));
    durations.add('gmail', 4, delivered('b', 1, SAMPLED));
    durations.add('gmail', 5, delivered('c', 1));
    // Sampled or not, whatever its receiver has put off before is traced.
    durations.add('gmail', 50, delivered('d', 2));
    assert.deepEqual(durations.view()[0]?.traced, [
      { traceId: releaseContext('b', 1).traceId, ms: 4, at: 9_000 },
      { traceId: releaseContext('d', 2).traceId, ms: 50, at: 9_000 },
    ]);
  });

  it('name none while no trace is sent anywhere', () => {
    const durations = new Durations([10], false);
    durations.add('gmail', 3, delivered('a', 1, SAMPLED));
    assert.deepEqual(durations.view()[0]?.traced, [undefined, undefined]);
  });

  it('of attempts are what was spent at the receiver, not the wait before', () => {
    assert.equal(attemptMs(delivered('a', 1)), 42);
  });
});
