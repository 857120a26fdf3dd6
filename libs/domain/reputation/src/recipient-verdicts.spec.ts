import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Phase, Scope } from '@penstock/events';
import { bounceOutcome, isInvalidByDns, isPutOff } from './recipient-verdicts.ts';

function met(cause: string, scope: Scope = 'recipient', phase: Phase = 'rcpt') {
  return { phase, scope, verdict: { cause, scope, disposition: 'bounce' as const, confidence: 1 } };
}

describe('a bounce', () => {
  it('of a mailbox that does not exist says that the list is bad', () => {
    for (const cause of ['user_unknown', 'bad_address', 'mailbox_disabled', 'domain_unknown']) {
      assert.equal(bounceOutcome(met(cause)), 'invalid', cause);
    }
  });

  it('for the sake of content, sender or source is a block', () => {
    assert.equal(bounceOutcome(met('content_rejected', 'message', 'final_dot')), 'blocked');
    assert.equal(bounceOutcome(met('policy', 'recipient')), 'blocked');
    assert.equal(bounceOutcome(met('authentication', 'sending_domain', 'data')), 'blocked');
    assert.equal(bounceOutcome(met('throttle_rate', 'source')), 'blocked');
    assert.equal(bounceOutcome(met('domain_blocked', 'message', 'data')), 'blocked');
    assert.equal(bounceOutcome(met('bad_sender', 'sending_domain', 'mail')), 'blocked');
  });

  it('for anything else is a refusal', () => {
    assert.equal(bounceOutcome(met('mailbox_full')), 'refused');
    assert.equal(bounceOutcome(met('message_too_big', 'message', 'data')), 'refused');
  });

  it('counts for nothing where the path, the host or we ourselves refused', () => {
    assert.equal(bounceOutcome(met('tls_required', 'path')), undefined);
    assert.equal(bounceOutcome(met('not_accepting', 'host')), undefined);
    assert.equal(bounceOutcome(met('too_big', 'message', 'mail')), undefined);
    assert.equal(bounceOutcome(met('content_missing', 'message', 'data')), undefined);
  });

  it('for want of a domain is the tenant’s doing, though no receiver saw it', () => {
    const gone = met('nxdomain', 'recipient', 'dns');
    assert.equal(bounceOutcome(gone), undefined);
    assert.equal(isInvalidByDns(gone), true);
    assert.equal(isInvalidByDns(met('mx_not_public', 'recipient', 'dns')), false);
  });
});

describe('a remote deferral', () => {
  it('counts where a receiver answered about recipient, message or sending domain', () => {
    assert.equal(isPutOff(met('mailbox_full')), true);
    assert.equal(isPutOff(met('policy', 'message', 'final_dot')), true);
    assert.equal(isPutOff(met('throttle_rate', 'sending_domain', 'data')), true);
  });

  it('counts for nothing where it is greylisting, throttling of the path, or the path itself', () => {
    assert.equal(isPutOff(met('greylisted')), false);
    assert.equal(isPutOff(met('throttle_rate', 'path')), false);
    assert.equal(isPutOff(met('throttle_reputation', 'source')), false);
    assert.equal(isPutOff(met('throttle_recipient')), false);
    assert.equal(isPutOff(met('not_available', 'path', 'banner')), false);
    assert.equal(isPutOff(met('system_problem', 'host')), false);
    assert.equal(isPutOff(met('policy', 'recipient', 'connect')), false);
  });
});
