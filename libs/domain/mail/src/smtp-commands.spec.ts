import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ehloCommand, heloCommand, mailFromCommand, rcptToCommand, UnsafeArgumentError } from './smtp-commands.ts';

describe('SMTP commands', () => {
  it('are written as RFC 5321 says', () => {
    assert.equal(ehloCommand('mail.example.com'), 'EHLO mail.example.com\r\n');
    assert.equal(ehloCommand('[127.0.0.1]'), 'EHLO [127.0.0.1]\r\n');
    assert.equal(heloCommand('a'), 'HELO a\r\n');
    assert.equal(mailFromCommand({ mailFrom: '' }), 'MAIL FROM:<>\r\n');
    assert.equal(
      mailFromCommand({ mailFrom: 'a@example.com', size: 4096, eightBit: true }),
      'MAIL FROM:<a@example.com> SIZE=4096 BODY=8BITMIME\r\n',
    );
    assert.equal(
      mailFromCommand({ mailFrom: 'jürgen@example.com', smtpUtf8: true }),
      'MAIL FROM:<jürgen@example.com> SMTPUTF8\r\n',
    );
    assert.equal(rcptToCommand('"a b>"@example.com'), 'RCPT TO:<"a b>"@example.com>\r\n');
  });

  it('refuse what would end the argument or the line', () => {
    const bad = [
      '',
      'a@b\r\nDATA',
      'a\n@b',
      'a@b\0',
      'a@b> SIZE=1',
      'a b@c',
      '<a@b',
      '"a@b',
      '"a\\',
      'ä@b',
      '"\\\r"@b',
    ];
    for (const address of bad)
      assert.throws(() => rcptToCommand(address), UnsafeArgumentError, JSON.stringify(address));
    for (const name of ['', 'a b', 'a\r\nQUIT', '[::1', '-a'])
      assert.throws(() => ehloCommand(name), UnsafeArgumentError);
    for (const size of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      assert.throws(() => mailFromCommand({ mailFrom: 'a@b', size }), UnsafeArgumentError);
    }
  });

  it('are one line of printable characters whatever the address', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.boolean(), (address, smtpUtf8) => {
        let command: string;
        try {
          command = rcptToCommand(address, smtpUtf8);
        } catch (error) {
          assert.ok(error instanceof UnsafeArgumentError);
          return;
        }
        assert.match(command, /^RCPT TO:<[^\p{Cc}]+>\r\n$/u);
      }),
    );
  });
});
