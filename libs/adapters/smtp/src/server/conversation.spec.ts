import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { DoorOptions, ReceivedContent, ReceivedEnvelope, SmtpAnswer, SubmissionHandlers } from '@penstock/ports';
import fc from 'fast-check';
import { Conversation } from './conversation.ts';
import type { Channel } from './session.ts';

const OPTIONS: DoorOptions = {
  listeners: [],
  hostname: 'mx.example.net',
  maxMessageBytes: 2000,
  maxRecipients: 3,
  allowPlaintext: false,
};
const LOOPBACK: Channel = { secure: false, canSecure: true, offersTls: true, mayAuthenticate: true };
const FAR: Channel = { ...LOOPBACK, mayAuthenticate: false };
const AUTH = `AUTH PLAIN ${Buffer.from('\0apikey\0right').toString('base64')}\r\n`;
const HELLO = `EHLO client.example\r\n${AUTH}`;

interface Taken extends Omit<ReceivedEnvelope<string>, 'grant'> {
  readonly text: string;
}

class Rig implements SubmissionHandlers<string> {
  writes: string[] = [];
  readonly taken: Taken[] = [];
  readonly conversation: Conversation<string>;
  ended = false;
  tlsStarted = false;
  slow = false;
  held = 0;
  room = Number.POSITIVE_INFINITY;
  store: () => Promise<SmtpAnswer> = () => Promise.resolve({ code: 250, enhanced: '2.6.0', text: 'stored' });

  constructor(channel: Channel = LOOPBACK) {
    this.conversation = new Conversation<string>(OPTIONS, this, channel, {
      write: (text) => {
        this.writes.push(text);
        return !this.slow;
      },
      startTls: () => {
        this.tlsStarted = true;
      },
      end: () => {
        this.ended = true;
      },
    });
  }

  authenticate(user: string, password: string) {
    if (user === 'apikey' && password === 'right') return { grant: 'key' };
    return { code: 535, enhanced: '5.7.8', text: 'wrong' };
  }

  refuseSender(_grant: string, address: string) {
    return address.startsWith('bad') ? { code: 550, enhanced: '5.7.1', text: 'no' } : undefined;
  }

  refuseRecipient(_grant: string, address: string) {
    return address.startsWith('bad') ? { code: 553, enhanced: '5.1.3', text: 'no' } : undefined;
  }

  message({ grant: _grant, ...envelope }: ReceivedEnvelope<string>, content: ReceivedContent): Promise<SmtpAnswer> {
    this.taken.push({ ...envelope, text: Buffer.from(content.bytes).toString('latin1') });
    return this.store();
  }

  reserve(bytes: number): boolean {
    if (this.held + bytes > this.room) return false;
    this.held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }

  async hear(...chunks: string[]): Promise<string> {
    this.writes = [];
    for (const chunk of chunks) this.conversation.receive(Buffer.from(chunk, 'latin1'));
    await settled();
    return this.writes.join('');
  }

  /** The codes of the replies. */
  async codes(...chunks: string[]): Promise<string> {
    return [...(await this.hear(...chunks)).matchAll(/^(\d{3}) /gm)].map(([, code]) => code).join(' ');
  }
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

const MAIL = 'MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n';

describe('a conversation', () => {
  it('answers all commands of a packet in one write', async () => {
    const rig = new Rig();
    await rig.hear(HELLO);
    assert.equal(await rig.codes(MAIL), '250 250 354');
    assert.equal(rig.writes.length, 1);
    assert.equal(await rig.codes(`x\r\n.\r\n${MAIL}`), '250 250 250 354');
    assert.equal(rig.writes.length, 1);
  });

  it('is the same wherever its packets are cut', async () => {
    const stream = `${HELLO}${MAIL}Subject: x\r\n\r\n..y\r\n\n.\n.\r\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<bad@x>\r\nRCPT TO:<"b c"@example.org>\r\nDATA\r\n.\r\nNOOP\r\nFOO\r\n${MAIL}z\r\n.\r\nQUIT\r\n`;
    const whole = new Rig();
    const replies = await whole.hear(stream);
    assert.match(replies, /221 2\.0\.0 Bye\r\n$/);
    assert.deepEqual(
      whole.taken.map(({ text, recipients }) => [text, recipients]),
      [
        ['Subject: x\r\n\r\n.y\r\n\n.\n.\r\r\n', ['b@example.org']],
        ['', ['"b c"@example.org']],
        ['z\r\n', ['b@example.org']],
      ],
    );
    const same = async (...chunks: string[]) => {
      const rig = new Rig();
      assert.equal(await rig.hear(...chunks), replies);
      assert.deepEqual(rig.taken, whole.taken);
      assert.equal(rig.held, 0);
      assert.ok(rig.ended);
    };
    for (let cut = 1; cut < stream.length; cut++) await same(stream.slice(0, cut), stream.slice(cut));
    await same(...stream);
    const cuts = fc.uniqueArray(fc.nat(stream.length), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const borders = [0, ...places.toSorted((a, b) => a - b), stream.length];
        await same(...borders.slice(1).map((border, i) => stream.slice(borders[i], border)));
      }),
      { numRuns: 300 },
    );
  });

  it('does not end a message at anything but CRLF.CRLF', async () => {
    for (const end of ['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\r.\r\n', '\r\n.\0\r\n', '\r\n.\r\r\n']) {
      const rig = new Rig();
      const smuggled = `x${end}${MAIL}smuggled\r\n.\r\n`;
      await rig.hear(HELLO, MAIL);
      assert.equal(await rig.codes(smuggled), '250', JSON.stringify(end));
      assert.equal(rig.taken.length, 1);
    }
  });

  it('survives any bytes', async () => {
    const pieces = fc.oneof(
      fc.constantFrom(
        HELLO,
        MAIL,
        '\r\n',
        '\n',
        '.\r\n',
        'RSET\r\n',
        'AUTH LOGIN\r\n',
        '*\r\n',
        'RCPT TO:<"',
        '>',
        '\0',
      ),
      fc.string({ unit: 'binary', maxLength: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 30 }), async (all) => {
        const rig = new Rig();
        const replies = await rig.hear(...all);
        assert.match(replies, /^(?:\d{3}[ -][ -~]*\r\n)*$/);
        rig.conversation.abandon();
        await settled();
        assert.equal(rig.held, 0);
      }),
      { numRuns: 1000 },
    );
  });

  it('says nothing of a message before it is stored, and reads on after', async () => {
    const rig = new Rig();
    let store: (answer: SmtpAnswer) => void = () => {};
    rig.store = () => new Promise((resolve) => (store = resolve));
    await rig.hear(HELLO, MAIL);
    assert.equal(await rig.hear('x\r\n.\r\nNOOP\r\n'), '');
    assert.ok(rig.conversation.owing);
    rig.writes = [];
    store({ code: 250, enhanced: '2.6.0', text: 'stored' });
    await settled();
    assert.deepEqual(rig.writes, ['250 2.6.0 stored\r\n250 2.0.0 Ok\r\n']);
  });

  it('tells a client to try again when storing fails in an unforeseen way', async () => {
    const rig = new Rig();
    rig.store = () => Promise.reject(new Error('bug'));
    await rig.hear(HELLO, MAIL);
    assert.match(await rig.hear('x\r\n.\r\n'), /^451 4\.3\.0 Internal error/);
  });

  it('stops reading while the client does not, and goes on after', async () => {
    const rig = new Rig();
    rig.slow = true;
    assert.equal(await rig.codes('NOOP\r\n', 'NOOP\r\nNOOP\r\n'), '250');
    assert.equal(rig.conversation.heldBytes, 12);
    rig.slow = false;
    rig.writes = [];
    rig.conversation.resume();
    assert.deepEqual(rig.writes, ['250 2.0.0 Ok\r\n250 2.0.0 Ok\r\n']);
  });

  it('answers what a client said before it half closed', async () => {
    const rig = new Rig();
    await rig.hear(HELLO, MAIL, 'x\r\n.\r\nNOOP\r\n');
    rig.conversation.inputEnded();
    await settled();
    assert.ok(rig.ended);
    assert.equal(rig.taken.length, 1);
    const cutOff = new Rig();
    await cutOff.hear(HELLO, MAIL, 'x\r\n');
    cutOff.conversation.inputEnded();
    assert.ok(cutOff.ended);
    assert.deepEqual([cutOff.taken.length, cutOff.held], [0, 0]);
  });
});

describe('limits of a conversation', () => {
  it('are on the size announced and the size sent', async () => {
    const rig = new Rig();
    await rig.hear(HELLO);
    assert.match(await rig.hear('MAIL FROM:<a@example.com> SIZE=2001\r\n'), /^552 5\.3\.4 /);
    await rig.hear(MAIL);
    assert.match(await rig.hear('x'.repeat(1500), 'x'.repeat(1500), '\r\n.\r', '\n'), /^552 5\.3\.4 /);
    assert.deepEqual([rig.taken.length, rig.held], [0, 0]);
    assert.equal(await rig.codes(MAIL, 'x\r\n.\r\n'), '250 250 354 250');
  });

  it('are on memory, and on recipients, each of which counts once', async () => {
    const rig = new Rig();
    await rig.hear(HELLO, MAIL);
    rig.room = 100;
    assert.match(await rig.hear(`${'x'.repeat(200)}\r\n.\r\n`), /^451 4\.3\.0 Too much mail/);
    const rcpt = (name: string) => `RCPT TO:<${name}@example.org>\r\n`;
    await rig.hear('MAIL FROM:<a@example.com>\r\n');
    assert.equal(await rig.codes(['a', 'b', 'a', 'c', 'd', 'a'].map(rcpt).join('')), '250 250 250 250 452 250');
    await rig.hear('DATA\r\n', 'x\r\n.\r\n');
    assert.equal(rig.taken[0]?.recipients.length, 3);
  });

  it('are on lines, longer in AUTH', async () => {
    const rig = new Rig();
    assert.equal(await rig.codes(`NOOP ${'x'.repeat(4091)}\r\n`, `NOOP ${'x'.repeat(4092)}\r\n`), '250 500');
    assert.equal(
      await rig.codes('x'.repeat(10_000), 'x'.repeat(10_000), 'x'.repeat(10_000), '\r\nNOOP\r\n'),
      '500 250',
    );
    const long = Buffer.from(`\0apikey\0${'x'.repeat(9000)}`).toString('base64');
    assert.equal(
      await rig.codes('EHLO c\r\n', 'AUTH PLAIN\r\n', `${long}\r\n`, `AUTH PLAIN ${long}\r\n`),
      '250 334 535 535',
    );
  });

  it('are on senseless commands between two messages, and on commands without a key', async () => {
    const rig = new Rig();
    await rig.hear(HELLO);
    assert.equal(await rig.codes('FOO\r\n'.repeat(20)), Array(20).fill('500').join(' '));
    await rig.hear(MAIL, 'x\r\n.\r\n');
    assert.match(await rig.hear('FOO\r\n'.repeat(30)), /(500 [^\n]*\n){20}421 4\.7\.0 [^\n]*\n$/);
    assert.ok(rig.ended);
    const stranger = new Rig();
    assert.match(await stranger.hear('NOOP\r\n'.repeat(30)), /(250 [^\n]*\n){20}421 4\.7\.0 [^\n]*\n$/);
    const browser = new Rig();
    assert.match(await browser.hear('POST / HTTP/1.1\r\nHost: x\r\n\r\nEHLO x\r\n'), /^421 4\.7\.0 [^\n]*\n$/);
  });
});

describe('commands', () => {
  it('come in their order', async () => {
    const rig = new Rig();
    assert.equal(await rig.codes('MAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n', AUTH), '503 503 503 503');
    assert.equal(
      await rig.codes('HELO c\r\n', AUTH, 'EHLO\r\n', 'EHLO c\r\n', 'MAIL FROM:<a@x>\r\n'),
      '250 503 501 250 530',
    );
    assert.equal(
      await rig.codes(AUTH, AUTH, 'DATA\r\nMAIL FROM:<a@x>\r\nMAIL FROM:<a@x>\r\nDATA\r\n'),
      '235 503 503 250 503 554',
    );
    assert.equal(await rig.codes('RSET\r\nRCPT TO:<a@x>\r\nVRFY a\r\nEXPN a\r\nHELP\r\n'), '250 503 252 502 214');
  });

  it('take paths and parameters as RFC 5321 writes them', async () => {
    const cases: readonly (readonly [string, string])[] = [
      ['MAIL FROM:<a@example.com> SIZE=10 BODY=8bitmime SMTPUTF8 AUTH=<>', '250'],
      ['mail from: <a@example.com>', '250'],
      ['MAIL FROM:<@relay.example,@other.example:a@example.com>', '250'],
      ['MAIL FROM:<"a > b"@example.com>', '250'],
      ['MAIL FROM:a@example.com', '501'],
      ['MAIL FROM:<a@example.com', '501'],
      ['MAIL FROM:<a b@example.com>', '501'],
      ['MAIL FROM:<a@example.com>SIZE=10', '501'],
      ['MAIL TO:<a@example.com>', '501'],
      ['MAIL FROM:<a@example.com> SIZE=x', '501'],
      ['MAIL FROM:<a@example.com> SIZE=1 SIZE=1', '501'],
      ['MAIL FROM:<a@example.com> BODY=BINARYMIME', '501'],
      ['MAIL FROM:<a@example.com> RET=HDRS', '555'],
      ['MAIL FROM:<bad@example.com>', '550'],
    ];
    for (const [line, code] of cases) {
      const rig = new Rig();
      await rig.hear(HELLO);
      assert.equal(await rig.codes(`${line}\r\n`), code, line);
    }
    const rig = new Rig();
    await rig.hear(HELLO, 'MAIL FROM:<@relay.example:a@example.com>\r\nRCPT TO:<"a > b"@example.com>\r\nDATA\r\n.\r\n');
    assert.equal(rig.taken[0]?.mailFrom, 'a@example.com');
    assert.deepEqual(rig.taken[0]?.recipients, ['"a > b"@example.com']);
  });

  it('may end in a bare LF', async () => {
    const rig = new Rig();
    assert.equal(
      await rig.codes(HELLO.replaceAll('\r', ''), MAIL.replaceAll('\r', ''), 'x\n.\n\r\n.\r\n'),
      '250 235 250 250 354 250',
    );
    assert.equal(rig.taken[0]?.text, 'x\n.\n\r\n');
  });
});

describe('AUTH', () => {
  const b64 = (text: string) => `${Buffer.from(text).toString('base64')}\r\n`;

  it('takes PLAIN and LOGIN, with and without an initial response', async () => {
    for (const lines of [
      [`AUTH PLAIN ${b64('\0apikey\0right')}`],
      ['auth plain\r\n', b64('apikey\0apikey\0right')],
      ['AUTH LOGIN\r\n', b64('apikey'), b64('right')],
      [`AUTH LOGIN ${b64('apikey')}`, b64('right')],
    ]) {
      const rig = new Rig();
      await rig.hear('EHLO c\r\n');
      assert.match(await rig.codes(...lines), /^(334 )*235$/);
      assert.ok(rig.conversation.authenticated);
    }
  });

  it('refuses everything else, and hangs up on who guesses', async () => {
    const rig = new Rig();
    await rig.hear('EHLO c\r\n');
    assert.equal(
      await rig.codes('AUTH\r\n', 'AUTH GSSAPI\r\n', 'AUTH PLAIN !\r\n', 'AUTH PLAIN =\r\n'),
      '504 504 501 501',
    );
    assert.equal(
      await rig.codes('AUTH LOGIN\r\n', '*\r\n', `AUTH PLAIN ${b64('other\0apikey\0right')}`),
      '334 501 501',
    );
    assert.equal(await rig.codes(...Array(3).fill(`AUTH PLAIN ${b64('\0apikey\0wrong')}`)), '535 535 421');
    assert.ok(rig.ended);
  });

  it('is refused in plain text from afar, and so is mail', async () => {
    const rig = new Rig(FAR);
    assert.doesNotMatch(await rig.hear('EHLO c\r\n'), /AUTH/);
    assert.match(await rig.hear(AUTH), /^538 5\.7\.11 /);
    assert.match(await rig.hear('MAIL FROM:<a@x>\r\n'), /^530 5\.7\.0 Send STARTTLS first/);
  });
});

describe('STARTTLS', () => {
  it('is offered until TLS is on', async () => {
    assert.match(await new Rig().hear('EHLO c\r\n'), /^250-STARTTLS\r$/m);
    const secure = new Rig({ ...LOOPBACK, secure: true });
    assert.doesNotMatch(await secure.hear('EHLO c\r\n'), /STARTTLS/);
    assert.equal(await secure.codes('STARTTLS\r\n'), '503');
    assert.equal(await new Rig({ ...LOOPBACK, canSecure: false }).codes('STARTTLS\r\n'), '502');
    assert.equal(await new Rig().codes('STARTTLS now\r\n'), '501');
  });

  it('believes nothing that came with it in plain text', async () => {
    for (const injected of ['RSET\r\n', 'x', '\r\n', `${HELLO}${MAIL}`]) {
      const rig = new Rig();
      await rig.hear('EHLO c\r\n');
      assert.match(await rig.hear(`STARTTLS\r\n${injected}`), /^554 [^\n]*\n$/);
      assert.deepEqual([rig.tlsStarted, rig.ended], [false, true]);
    }
    const rig = new Rig();
    assert.match(await rig.hear('STARTTLS\r\n'), /^220 2\.0\.0 /);
    assert.ok(rig.tlsStarted);
    assert.equal(await rig.hear('NOOP\r\n'), '');
  });
});
