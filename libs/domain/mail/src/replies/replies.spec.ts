import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { maskAddresses } from './mask-addresses.ts';
import { parseReply } from './parse-reply.ts';
import { retryHintMs } from './retry-hint.ts';

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

test('a reply that says when to come back is heard', () => {
  const hints: [string, number | undefined][] = [
    ['451 4.7.1 <ann@example.com>: Recipient address rejected: Greylisted for 5 minutes', 300_000],
    ['450 4.7.1 Please try again in 5 minutes', 300_000],
    ['451 Temporarily rejected, retry after 300 seconds', 300_000],
    ['451 4.7.1 Greylisting in action, please come back in 00:05:00', 300_000],
    ['421 Wait 1 hour before you try again', 3_600_000],
    ['421 please retry in 90s', 90_000],
    ['450 4.7.1 You are greylisted, come back in 4 minutes and 50 seconds', 290_000],
    ['421 4.3.2 Closing connection, come back in an hour', 3_600_000],
    ['450 4.2.0 Grey list: delivery attempt too early, wait 180 s', 180_000],
    ['450 4.7.1 Greylisting aktiv, bitte in 5 Minuten erneut versuchen', 300_000],
    ['451 Greylisting in effect for the next 300 s', 300_000],
    ['421 4.7.1 will be accepted again after 2 days', 172_800_000],
    ['450 please try again in fifteen minutes', 900_000],
    ['450 try again in a moment', undefined],
    ['450 later, not in 5 messages', undefined],
    ['421 try again later', undefined],
    ['421 too many messages in 5 minutes', undefined],
    ['554 rate limit exceeded, try again in 5 minutes', 300_000],
    ['250 accepted, wait 5 minutes', undefined],
    ['451 greylisted for 3 messages', undefined],
  ];
  for (const [line, ms] of hints) assert.equal(retryHintMs(parseReply([line])), ms, line);
});
