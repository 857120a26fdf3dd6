import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { FactView } from '../api/views.ts';
import { factText } from './fact-text.ts';

const common = { at: 10_000, release: 1, transition: 'closed' };

const greylisted: FactView = {
  ...common,
  type: 'deferred',
  cause: 'remote',
  attempt: 2,
  source: 'ip-1',
  phase: 'rcpt',
  host: { name: 'mx.example' },
  reply: { code: 451, enhanced: '4.7.1', text: 'Greylisted for 4 seconds' },
  verdict: { cause: 'greylisted', scope: 'recipient', disposition: 'defer', confidence: 1 },
  timings: { transactionMs: 12 },
  retryAt: 15_000,
};

describe('a fact in one sentence', () => {
  it('says what the receiver answered, where, what it meant, and when it is tried again', () => {
    assert.equal(
      factText(greylisted),
      'by the receiver: 451 4.7.1 Greylisted for 4 seconds [greylisted] at rcpt from mx.example in 12 ms (ip-1, attempt 2); again in 5.0 s',
    );
  });

  it('tells what we hold from what the receiver puts off', () => {
    const fact: FactView = {
      ...common,
      type: 'deferred',
      transition: 'noted',
      cause: 'held',
      text: 'Email was deferred',
      heldSince: 7_000,
    };
    assert.equal(factText(fact), 'held by us for 3.0 s: Email was deferred');
  });

  it('says where the time went when mail is dropped', () => {
    const fact: FactView = {
      ...common,
      type: 'dropped',
      transition: 'ended',
      cause: 'expired',
      attempts: 1,
      heldMs: 85_000,
      remoteMs: 5_000,
      lastHold: ['path_throttled'],
    };
    assert.equal(
      factText(fact),
      'expired after 1 attempt; held by us 1 min 25 s, waiting for the receiver 5.0 s; last held because: IPs were throttled by recipient server',
    );
  });

  it('says of a fact that came too late that it changed nothing', () => {
    assert.match(factText({ ...greylisted, transition: 'late' }), /\[late: changed nothing\]$/);
  });
});
