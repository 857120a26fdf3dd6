import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainReply, providersWithRules } from './explain-reply.ts';

test('an explanation names the rule, what it says and where that stands', () => {
  const line = '421 4.7.28 Gmail has detected an unusual rate of email originating from your IP address 192.0.2.1.';
  const { verdict, knownBy, rule, means } = explainReply([line], { phase: 'final_dot', provider: 'gmail' });
  assert.equal(verdict.rule, 'google-rate-of-ip');
  assert.equal(knownBy, 'provider_rule');
  assert.match(rule?.source ?? '', /support\.google\.com/);
  assert.equal(means, 'too much mail at once');
});

test('it says what it is known by where no rule of a provider speaks', () => {
  const by = (line: string) => explainReply([line], { phase: 'rcpt' }).knownBy;
  assert.deepEqual(['450 4.2.0 Greylisted for 5 minutes', '550 5.2.1 sorry', '550 sorry'].map(by), [
    'words',
    'status_code',
    'basic_code',
  ]);
});

test('it says when the reply asks to come back, and shows no mailbox', () => {
  const { comeBackMs, reply } = explainReply(['450 4.2.0 <ann@example.com> greylisted for 5 minutes'], {
    phase: 'rcpt',
  });
  assert.equal(comeBackMs, 300_000);
  assert.equal(reply.text, '<…@example.com> greylisted for 5 minutes');
  assert.equal(explainReply(['250 OK'], { phase: 'final_dot' }).means, 'the receiver took responsibility');
});

test('providers are listed by every name a policy may use', () => {
  const names = providersWithRules();
  for (const name of ['gmail', 'google', 'outlook', 'office365', 'yahoo', 'icloud']) assert.ok(names.includes(name));
});
