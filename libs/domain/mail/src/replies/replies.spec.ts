import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHASES } from '@penstock/events';
import fc from 'fast-check';
import { beforeRcpt, classifyReply } from './classify-reply.ts';
import { maskAddresses } from './mask-addresses.ts';
import { parseReply } from './parse-reply.ts';
import { REPLY_RULES } from './reply-rules.ts';
import { retryHintMs } from './retry-hint.ts';
import { STATUS_MEANINGS } from './status-meanings.ts';

const classify = (line: string, phase: (typeof PHASES)[number] = 'rcpt', provider?: string) =>
  classifyReply(parseReply([line]), { phase, provider });

test('the lines of a reply are joined, their status codes taken off once', () => {
  assert.deepEqual(
    parseReply(['550-5.1.1 The email account', '550-5.1.1 that you tried', '550 5.1.1 does not exist.']),
    {
      code: 550,
      enhanced: '5.1.1',
      text: 'The email account that you tried does not exist.',
    },
  );
});

test('a reply may be a bare code, lack a status code, or be no reply at all', () => {
  assert.deepEqual(parseReply(['250']), { code: 250, text: '' });
  assert.deepEqual(parseReply(['421 Too many connections']), { code: 421, text: 'Too many connections' });
  assert.deepEqual(parseReply(['HTTP/1.1 400 Bad Request']), { code: 0, text: 'HTTP/1.1 400 Bad Request' });
  assert.deepEqual(parseReply([]), { code: 0, text: '' });
});

test('a status code inside the text is found, an address of four numbers is none', () => {
  assert.equal(parseReply(['450 cuda_nsu 4.7.1 Recipient address rejected']).enhanced, '4.7.1');
  assert.equal(parseReply(['421 Message temporarily deferred - 4.16.55.1']).enhanced, undefined);
  assert.equal(parseReply(['421 from 4.7.1.2 deferred']).enhanced, undefined);
  assert.equal(parseReply(['550 5.7.1.']).enhanced, '5.7.1');
});

test('control characters of a receiver never reach the log', () => {
  assert.equal(parseReply(['550 5.1.1 no\u0000such\u001b[31m\u0085user\r']).text, 'no such [31m user');
});

test('mailboxes are masked, their domains kept', () => {
  const masked: [string, string][] = [
    ['<ann.o+x@example.com>: unknown', '<…@example.com>: unknown'],
    ['to=ann@example.com, bob@example.net.', '…@example.com, …@example.net.'],
    ['<"ann @ home"@example.com> full', '<…@example.com> full'],
    ['mailto:müller@exämple.de', 'mailto:…@exämple.de'],
    ['<@relay.example:ann@example.com>', '<@relay.example:…@example.com>'],
    ['see https://help.example/?a=ann%40example.com&b=1', 'see https://help.example/?a=…%40example.com&b=1'],
    ['bounce+ann=example.com@list.example', '…@list.example'],
    ['try again @ 5 pm', 'try again @ 5 pm'],
    ['no address here', 'no address here'],
  ];
  for (const [text, expected] of masked) assert.equal(maskAddresses(text), expected);
});

test('no local part outlives masking, whatever stands around it', () => {
  const around = fc.string({ unit: fc.constantFrom(' ', '<', '>', ':', ',', '(', 'x', '@', '"', '%40'), maxLength: 6 });
  fc.assert(
    fc.property(around, around, (before, after) => {
      const masked = maskAddresses(`${before}secret.name@example.com${after}`);
      assert.ok(!masked.includes('secret.name'), masked);
    }),
  );
});

test('what is stored of a reply has at most 1,024 characters and no half character', () => {
  const { text } = parseReply([`550 ${'😀'.repeat(2000)}`]);
  assert.ok(text.length <= 1024);
  assert.doesNotMatch(text, /[\ud800-\udbff](?![\udc00-\udfff])/);
  assert.ok(!parseReply([`550 ${'a'.repeat(3000)}@example.com`]).text.includes('aa'));
});

test('a rule is understood from the sample it was made from', () => {
  for (const { sample, providers, name, cause, scope, disposition } of REPLY_RULES) {
    const provider = providers?.[0];
    const { confidence, ...verdict } = classify(sample, 'final_dot', provider);
    assert.deepEqual(verdict, { cause, scope, disposition, rule: name }, sample);
    assert.equal(confidence, providers ? 1 : 0.9);
  }
});

test('every rule has a name of its own and the provider rules come first', () => {
  assert.equal(new Set(REPLY_RULES.map(({ name }) => name)).size, REPLY_RULES.length);
  const firstGeneral = REPLY_RULES.findIndex(({ providers }) => !providers);
  assert.ok(REPLY_RULES.slice(firstGeneral).every(({ providers }) => !providers));
});

test('the replies this path meets mean what they should', () => {
  const read = (line: string, provider?: string) => {
    const { cause, scope, disposition } = classify(line, 'rcpt', provider);
    return `${cause} ${scope} ${disposition}`;
  };
  assert.equal(read('421 4.7.28 Our system has detected an unusual rate of mail'), 'throttle_rate path defer');
  assert.equal(read('421 4.7.28 Try later', 'gmail'), 'throttle_rate path defer');
  assert.equal(read('421 4.7.28 Flood'), 'throttle_rate path defer');
  assert.equal(read('451 4.7.500 Server busy. Please try again later.', 'outlook'), 'server_busy path defer');
  assert.equal(read('451 4.7.500 Server busy. Please try again later.'), 'server_busy path defer');
  assert.equal(read('452 4.2.2 Mailbox full'), 'mailbox_full recipient defer');
  assert.equal(read('550 5.1.1 User unknown'), 'user_unknown recipient bounce');
  assert.equal(read('550 No such user here'), 'user_unknown recipient bounce');
  assert.equal(read('450 4.7.1 Greylisted, try again in 5 minutes'), 'greylisted recipient defer');
  assert.equal(read('552 5.3.4 Message size exceeds fixed limit'), 'message_too_big message bounce');
  assert.equal(read('550 5.7.26 multiple checks failed'), 'authentication sending_domain bounce');
});

test("a provider's rule speaks for that provider only", () => {
  assert.equal(classify('421 4.7.0 [TSS04] Messages deferred', 'rcpt', 'yahoo').rule, 'yahoo-temporarily-deferred');
  assert.equal(classify('421 4.7.0 [TSS04] Messages deferred', 'rcpt', 'gmail').rule, undefined);
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

test('a banner of 554 is about the path: nobody is bounced', () => {
  const verdict = classify('554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using example', 'banner');
  assert.deepEqual(verdict, {
    cause: 'blocked',
    scope: 'path',
    disposition: 'defer',
    confidence: 0.9,
    rule: 'source-listed',
  });
  assert.equal(classify('554 go away', 'banner').cause, 'blocked');
});

test('a sender or message refused for good at MAIL FROM says nothing about the path', () => {
  const read = (line: string) => {
    const { cause, scope, disposition } = classify(line, 'mail');
    return `${cause} ${scope} ${disposition}`;
  };
  assert.equal(read('550 5.1.8 Domain of sender address does not resolve'), 'bad_sender sending_domain bounce');
  assert.equal(read('501 5.1.7 Bad sender address syntax'), 'bad_sender sending_domain bounce');
  assert.equal(read('550 5.7.23 SPF validation failed'), 'authentication sending_domain bounce');
  assert.equal(read('553 sorry, not you'), 'bad_sender sending_domain bounce');
  assert.equal(read('550 5.7.1 Sender address rejected: Access denied'), 'bad_sender sending_domain bounce');
  assert.equal(read('552 5.3.4 Message size exceeds fixed limit'), 'message_too_big message bounce');
  assert.equal(read('552 too big'), 'message_too_big message bounce');
  assert.equal(read('553 5.6.7 SMTPUTF8 is required'), 'smtputf8_unsupported message bounce');
});

test('a refusal at MAIL FROM that is not plainly about the sender, or is for now, is about the path', () => {
  for (const line of [
    '550 no',
    '554 5.7.1 go away',
    '550 5.7.1 Client host [192.0.2.1] blocked using example; sender rejected',
    '553 your IP is listed, ask for removal',
    '550 5.7.25 reverse DNS needed by sender host',
    '530 5.7.0 Must issue STARTTLS',
    '450 4.1.8 Domain of sender address does not resolve',
    '451 4.7.1 Sender address greylisted',
    '421 4.7.0 Sender too busy',
  ]) {
    const { scope, disposition } = classify(line, 'mail');
    assert.deepEqual([scope, disposition], ['path', 'defer'], line);
  }
});

test('before RCPT what is not the own fault of a mail has scope path and is deferred; only the final dot delivers', () => {
  const code = fc.integer({ min: 0, max: 599 });
  const status = fc.option(fc.constantFrom(...Object.keys(STATUS_MEANINGS)), { nil: undefined });
  fc.assert(
    fc.property(code, status, fc.string(), fc.constantFrom(...PHASES), (replyCode, detail, text, phase) => {
      const enhanced = detail === undefined ? {} : { enhanced: `${String(replyCode)[0]}.${detail}` };
      const verdict = classifyReply({ code: replyCode, text, ...enhanced }, { phase });
      const ownFault = phase === 'mail' && replyCode >= 500 && verdict.disposition === 'bounce';
      if (ownFault) assert.ok(['sending_domain', 'message'].includes(verdict.scope));
      else if (beforeRcpt(phase)) assert.deepEqual([verdict.scope, verdict.disposition], ['path', 'defer']);
      const accepted = phase === 'final_dot' && replyCode >= 200 && replyCode < 300;
      assert.equal(verdict.disposition === 'deliver', accepted);
      if (replyCode < 500 && !accepted) assert.equal(verdict.disposition, 'defer');
    }),
  );
});

test('a reply that says when to come back is heard', () => {
  const hints: [string, number | undefined][] = [
    ['451 4.7.1 <ann@example.com>: Recipient address rejected: Greylisted for 5 minutes', 300_000],
    ['450 4.7.1 Please try again in 5 minutes', 300_000],
    ['451 Temporarily rejected, retry after 300 seconds', 300_000],
    ['451 4.7.1 Greylisting in action, please come back in 00:05:00', 300_000],
    ['421 Wait 1 hour before you try again', 3_600_000],
    ['421 please retry in 90s', 90_000],
    ['421 try again later', undefined],
    ['421 too many messages in 5 minutes', undefined],
    ['550 try again in 5 minutes', undefined],
    ['451 greylisted for 3 messages', undefined],
  ];
  for (const [line, ms] of hints) assert.equal(retryHintMs(parseReply([line])), ms, line);
});
