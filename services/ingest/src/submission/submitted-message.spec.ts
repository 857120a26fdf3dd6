import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readSubmitted } from './submitted-message.ts';

const received = (bytes: Buffer) => ({
  bytes,
  eightBit: bytes.some((byte) => byte > 127),
  bareLineEnds: /\r(?!\n)|(?<!\r)\n/.test(bytes.toString('latin1')),
  longLines: /[^\n]{999}/.test(bytes.toString('latin1')),
});
const read = (text: string) => readSubmitted(received(Buffer.from(text, 'latin1')));
const relayed = (text: string) => Buffer.from(read(text).bytes).toString('latin1');

describe('a submitted message', () => {
  it('passes unchanged when its lines end in CRLF', () => {
    const message = 'Subject: x\r\nTo: a@example.org\r\n\r\nbody\r\n.\r\n';
    const bytes = Buffer.from(message);
    assert.equal(readSubmitted(received(bytes)).bytes, bytes);
  });

  it('has no bare CR or LF left, wherever they were, and ends its last line', () => {
    const pieces = fc.array(fc.constantFrom('a', '\r', '\n', '\r\n', '.', 'Subject: x\r\n', ' '), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, (all) => {
        const result = relayed(all.join(''));
        assert.doesNotMatch(result, /(?<!\r)\n|\r(?!\n)/);
        assert.ok(result === '' || result.endsWith('\r\n'));
      }),
      { numRuns: 500 },
    );
  });

  it('keeps all of a message that is not ours to change', () => {
    assert.equal(relayed('A: b\nC: d\n\n.\nx\r'), 'A: b\r\nC: d\r\n\r\n.\r\nx\r\n');
  });

  it('loses its Bcc and Return-Path fields with all of their lines, and nothing else', () => {
    const message =
      'Bcc: a@x.example,\r\n b@x.example\r\nSubject: x\r\nRETURN-PATH: <c>\r\nBcc-Note: y\r\n\r\nBcc: body\r\n';
    assert.equal(relayed(message), 'Subject: x\r\nBcc-Note: y\r\n\r\nBcc: body\r\n');
    assert.equal(relayed('Bcc \t: a@x.example\r\nSubject: x\r\n\r\ny\r\n'), 'Subject: x\r\n\r\ny\r\n');
  });

  it('gets a blank line where header and body run into each other', () => {
    assert.equal(relayed('Subject: x\r\nnot a field\r\n'), 'Subject: x\r\n\r\nnot a field\r\n');
    assert.equal(relayed('just text\r\n'), '\r\njust text\r\n');
    assert.equal(relayed('Subject: x\r\n'), 'Subject: x\r\n\r\n');
    assert.equal(relayed(''), '\r\n');
    assert.equal(relayed(' continues: nothing\r\nSubject: x\r\n'), '\r\n continues: nothing\r\nSubject: x\r\n');
  });

  it('is asked what it brings', () => {
    const message = read(
      'message-id: <a@b>\r\nDATE : now\r\nReceived: a\r\nReceived: b\r\nX-SMTPAPI: {}\r\n\r\nReceived: c\r\n',
    );
    assert.deepEqual([message.hasMessageId, message.hasDate, message.hops, message.hasSmtpApi], [true, true, 2, true]);
    const plain = read('Subject: x\r\n\r\nDate: in the body\r\n');
    assert.deepEqual([plain.hasMessageId, plain.hasDate, plain.hops, plain.hasSmtpApi], [false, false, 0, false]);
  });

  it('knows 8-bit bodies from 8-bit headers', () => {
    const flags = (text: string) => {
      const { eightBit, eightBitHeaders } = read(text);
      return { eightBit, eightBitHeaders };
    };
    assert.deepEqual(flags('Subject: x\r\n\r\ny\r\n'), { eightBit: false, eightBitHeaders: false });
    assert.deepEqual(flags('Subject: x\r\n\r\n\xfc\r\n'), { eightBit: false, eightBitHeaders: false });
    const signed = 'DKIM-Signature: v=1\r\n\r\n\xfc\r\n';
    assert.deepEqual(flags(signed), { eightBit: true, eightBitHeaders: false });
    assert.deepEqual(flags('Subject: \xfc\r\n\r\ny\r\n'), { eightBit: true, eightBitHeaders: true });
  });

  it('tells what stands in a field, all of its lines and every time it is there', () => {
    const message = read('From: a@x.example\r\nto: b\r\nFROM : c\r\n d\r\n\r\nFrom: body\r\n');
    assert.deepEqual(message.fieldValues('from'), ['a@x.example', 'c\r\n d']);
    assert.deepEqual(message.fieldValues('sender'), []);
    assert.deepEqual(read('From: \xc3\xbc@x.example\r\n\r\n').fieldValues('from'), ['\u00fc@x.example']);
  });
});
