import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AttemptOutcome, Fact } from '@penstock/events';
import { factText } from './fact-text.ts';

const envelope = { id: 'x', version: 1, at: 10_000, partition: 0, deliveryId: 'm.0.0', messageId: 'm' } as const;

const outcome: AttemptOutcome = {
  attempt: 2,
  source: 'ip-1',
  site: 'mx.example',
  phase: 'rcpt',
  scope: 'recipient',
  host: { name: 'mx.example' },
  reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted for 4 seconds' },
  verdict: { cause: 'greylisted', scope: 'recipient', disposition: 'defer', confidence: 1 },
  timings: { transactionMs: 12 },
};

describe('a fact in one sentence', () => {
  it('says what the receiver answered, where, and what it meant', () => {
    const fact: Fact = {
      ...envelope,
      type: 'deferred',
      body: { ...outcome, cause: 'remote', retryAfterMs: 5_000 },
    };
    assert.equal(
      factText(fact),
      'by the receiver: 451 4.7.1 Greylisted for 4 seconds [greylisted] at rcpt from mx.example in 12 ms (ip-1, attempt 2); again after 5.0 s',
    );
  });

  it('tells what we hold from what the receiver puts off', () => {
    const fact: Fact = {
      ...envelope,
      type: 'deferred',
      body: { cause: 'held', reasons: ['connection_limit'], text: 'Email was deferred', heldSince: 7_000 },
    };
    assert.equal(factText(fact), 'held by us for 3.0 s: Email was deferred');
  });

  it('says where the time went when mail is dropped', () => {
    const fact: Fact = {
      ...envelope,
      type: 'dropped',
      body: { cause: 'expired', attempts: 1, heldMs: 85_000, remoteMs: 5_000, lastHold: ['path_throttled'] },
    };
    assert.equal(
      factText(fact),
      'expired after 1 attempt; 1 min 25 s held by us, 5.0 s waiting for the receiver; last held because: IPs were throttled by recipient server',
    );
  });
});
