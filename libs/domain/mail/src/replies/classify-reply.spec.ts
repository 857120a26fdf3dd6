import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHASES } from '@penstock/events';
import fc from 'fast-check';
import { beforeRcpt, classifyReply } from './classify-reply.ts';
import { parseReply } from './parse-reply.ts';
import { meaningOf } from './reply-rule.ts';
import { STATUS_MEANINGS } from './status-meanings.ts';
import { OTHER_WORDS, PLAIN_WORDS, VAGUE_WORDS } from './wording/wording-rules.ts';

type Phase = (typeof PHASES)[number];

const classify = (line: string, phase: Phase = 'rcpt', provider?: string, host?: string) =>
  classifyReply(parseReply([line]), { phase, provider, host });

const read = (line: string, phase: Phase = 'rcpt', provider?: string) => {
  const { cause, scope, disposition } = classify(line, phase, provider);
  return `${cause} ${scope} ${disposition}`;
};

test('a wording rule is understood from its own sample, whoever sent it', () => {
  for (const rule of [...PLAIN_WORDS, ...OTHER_WORDS, ...VAGUE_WORDS]) {
    const { cause, scope } = meaningOf(rule);
    // A status code that says something overrules all but plain words.
    const line = PLAIN_WORDS.includes(rule) ? rule.sample : rule.sample.replace(/ [45]\.\d+\.\d+/, '');
    const verdict = classify(line, 'final_dot');
    assert.deepEqual([verdict.cause, verdict.scope, verdict.rule], [cause, scope, rule.name], line);
  }
});

test('replies of everyday are understood without knowing who sent them', () => {
  const everyday: [string, string][] = [
    ['421 4.7.28 Our system has detected an unusual rate of mail', 'throttle_rate path defer'],
    ['421 4.7.28 Flood', 'throttle_rate path defer'],
    ['451 4.7.500 Server busy. Please try again later.', 'server_busy path defer'],
    ['452 4.2.2 Mailbox full', 'mailbox_full recipient defer'],
    ['550 5.1.1 User unknown', 'user_unknown recipient bounce'],
    ['550 No such user here', 'user_unknown recipient bounce'],
    ['450 4.7.1 Greylisted, try again in 5 minutes', 'greylisted recipient defer'],
    ['552 5.3.4 Message size exceeds fixed limit', 'message_too_big message bounce'],
    ['550 5.7.26 multiple checks failed', 'authentication sending_domain bounce'],
  ];
  for (const [line, expected] of everyday) assert.equal(read(line), expected, line);
});

test("a provider's rules come before the registry's meanings: Gmail gives X.7.27, X.7.29 and X.7.30 its own", () => {
  const spf = "421 4.7.27 Your email has been rate limited because SPF authentication didn't pass";
  assert.equal(read(spf, 'final_dot', 'gmail'), 'authentication sending_domain defer');
  assert.equal(read('550 5.7.27 refused', 'final_dot'), 'bad_sender sending_domain bounce');
  assert.equal(read('550 5.7.27 refused', 'final_dot', 'gmail'), 'authentication sending_domain bounce');
  assert.equal(read('421 4.7.29 refused', 'final_dot', 'gmail'), 'tls_required path defer');
  assert.equal(read('421 4.7.29 refused', 'final_dot'), 'authentication message defer');
});

test('a 5yz that means slower, or later, is deferred; a 4yz that means never is bounced', () => {
  assert.equal(read('550 Ip frequency limited', 'rcpt', 'qq'), 'throttle_rate path defer');
  assert.equal(read('554 5.7.0 Too many connections from your host'), 'throttle_connections path defer');
  assert.equal(read('550 5.7.1 Your rate limit was exceeded'), 'throttle_rate path defer');
  assert.equal(read('552 too many recipients'), 'too_many_recipients message defer');
  assert.equal(read('554 5.3.0 System error, please try again later'), 'system_problem host defer');
  assert.equal(read('421 4.7.1 Your host is blocked; Retrying will NOT succeed'), 'blocked source bounce');
  assert.equal(read('450 5.1.1 <ann@example.com>: user unknown'), 'user_unknown recipient bounce');
  assert.equal(read('450 4.1.1 <ann@example.com>: user unknown'), 'user_unknown recipient defer');
});

test('without a rule the status code tells what, the first digit whether to come back', () => {
  assert.deepEqual(classify('450 4.2.1 nothing known'), {
    cause: 'mailbox_disabled',
    scope: 'recipient',
    disposition: 'defer',
    confidence: 0.6,
  });
  assert.equal(classify('421 5.7.32 misaligned').disposition, 'defer');
});

test('with the basic code alone it depends on how far the conversation got', () => {
  assert.equal(classify('550 nope', 'rcpt').scope, 'recipient');
  assert.equal(classify('550 nope', 'final_dot').scope, 'message');
  assert.equal(classify('599 nope', 'rcpt').disposition, 'bounce');
  assert.ok(classify('599 nope', 'rcpt').confidence < classify('550 5.2.0 nope', 'rcpt').confidence);
});

test('confidence is highest where a provider is known, then where words and status code agree', () => {
  const sure = classify('452 4.2.2 Mailbox full', 'rcpt', 'gmail').confidence;
  const agreed = classify('452 4.2.2 Mailbox full').confidence;
  const said = classify('452 Mailbox full').confidence;
  const doubted = classify('452 4.1.1 Mailbox full').confidence;
  const coded = classify('452 4.2.2 sorry').confidence;
  assert.deepEqual([sure, agreed, said, doubted, coded], [1, 0.95, 0.85, 0.7, 0.6]);
});

test('a banner of 554 bounces nobody; that it is the address that is blocked is kept', () => {
  const verdict = classify('554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using example', 'banner');
  assert.deepEqual(verdict, {
    cause: 'blocked',
    scope: 'source',
    disposition: 'defer',
    confidence: 0.85,
    rule: 'source-listed',
  });
  assert.equal(read('554 go away', 'banner'), 'blocked source defer');
  assert.equal(read('554 mx.example.com', 'banner'), 'blocked path defer');
});

test('a sender or message refused for good at MAIL FROM says nothing about the path', () => {
  const refused: [string, string][] = [
    ['550 5.1.8 Domain of sender address does not resolve', 'bad_sender sending_domain bounce'],
    ['501 5.1.7 Bad sender address syntax', 'bad_sender sending_domain bounce'],
    ['550 5.7.23 SPF validation failed', 'authentication sending_domain bounce'],
    ['550 5.7.1 SPF: host 192.0.2.1 may not send for example.com', 'authentication sending_domain bounce'],
    ['553 sorry, not you', 'bad_sender sending_domain bounce'],
    ['550 5.7.1 Sender address rejected: Access denied', 'bad_sender sending_domain bounce'],
    ['552 5.3.4 Message size exceeds fixed limit', 'message_too_big message bounce'],
    ['552 too big', 'message_too_big message bounce'],
    ['553 5.6.7 SMTPUTF8 is required', 'smtputf8_unsupported message bounce'],
  ];
  for (const [line, expected] of refused) assert.equal(read(line, 'mail'), expected, line);
});

test('a refusal at MAIL FROM that is not plainly about the sender, or is for now, is about path or source', () => {
  for (const line of [
    '550 no',
    '554 5.7.1 go away',
    '503 5.5.1 EHLO first',
    '550 5.7.1 Client host [192.0.2.1] blocked using example; sender rejected',
    '553 your IP is listed, ask for removal',
    '550 5.7.25 reverse DNS needed by sender host',
    '530 5.7.0 Must issue STARTTLS',
    '450 4.1.8 Domain of sender address does not resolve',
    '451 4.7.1 Sender address greylisted',
    '421 4.7.0 Sender too busy',
    '550 5.7.1 Rate limit of sender exceeded',
  ]) {
    const { scope, disposition } = classify(line, 'mail');
    assert.ok(scope === 'path' || scope === 'source', line);
    assert.equal(disposition, 'defer', line);
  }
});

test('before RCPT what is not the own fault of a mail is deferred; only the final dot delivers', () => {
  const code = fc.integer({ min: 0, max: 599 });
  const status = fc.option(fc.constantFrom(...Object.keys(STATUS_MEANINGS)), { nil: undefined });
  fc.assert(
    fc.property(code, status, fc.string(), fc.constantFrom(...PHASES), (replyCode, detail, text, phase) => {
      const enhanced = detail === undefined ? {} : { enhanced: `${String(replyCode)[0]}.${detail}` };
      const verdict = classifyReply({ code: replyCode, text, ...enhanced }, { phase });
      const ownFault = phase === 'mail' && replyCode >= 500 && verdict.disposition === 'bounce';
      if (ownFault) assert.ok(['sending_domain', 'message'].includes(verdict.scope));
      else if (beforeRcpt(phase)) {
        assert.ok(['path', 'source'].includes(verdict.scope));
        assert.equal(verdict.disposition, 'defer');
      }
      const accepted = phase === 'final_dot' && replyCode >= 200 && replyCode < 300;
      assert.equal(verdict.disposition === 'deliver', accepted);
      if (replyCode < 400 && !accepted) assert.equal(verdict.disposition, 'defer');
    }),
  );
});
