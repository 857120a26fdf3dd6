import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { MailSession, MailTransaction, SmtpTimeouts, TransactionResult } from '@penstock/ports';
import { type Peer, ScriptedHost } from './scripted-host.ts';
import { SmtpTransport } from './smtp-transport.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

const GREETED = { mail: '250 sender ok', rcpt: '250 rcpt ok', data: '354 go', done: '250 2.0.0 queued' };

function mail(changes: Partial<MailTransaction> = {}): MailTransaction {
  const content = [Buffer.from('Subject: x\r\n'), Buffer.from('\r\nhello\r\n')];
  return { mailFrom: 'a@b.test', recipients: ['x@mx.test'], content, eightBit: false, smtpUtf8: false, ...changes };
}

async function session(
  script: (peer: Peer) => Promise<void>,
  timeouts: Partial<SmtpTimeouts> = {},
): Promise<MailSession> {
  const host = await ScriptedHost.start(script);
  cleanups.push(() => host.stop());
  const target = host.target();
  const opened = await new SmtpTransport().connect({ ...target, timeouts: { ...target.timeouts, ...timeouts } });
  cleanups.push(() => opened.abort());
  return opened;
}

function codes(result: TransactionResult): readonly string[] {
  assert.equal(result.kind, 'answered');
  return result.kind === 'answered'
    ? result.recipients.map(({ phase, reply, accepted }) => `${phase} ${reply.code}${accepted ? ' accepted' : ''}`)
    : [];
}

for (const pipelining of [true, false]) {
  const offers = pipelining ? ['PIPELINING'] : [];
  const name = pipelining ? 'with PIPELINING' : 'one command at a time';

  describe(`a transaction ${name}`, () => {
    it('hands the message over and leaves the session ready for the next', async () => {
      const seen: string[] = [];
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        for (let round = 0; round < 2; round++) {
          seen.push(...(await peer.answer(GREETED.mail, GREETED.rcpt, GREETED.data)), await peer.content());
          peer.say(GREETED.done);
        }
        await peer.answer('221 bye');
      });
      assert.deepEqual(codes(await host.send(mail())), ['final_dot 250 accepted']);
      assert.deepEqual(codes(await host.send(mail({ mailFrom: '' }))), ['final_dot 250 accepted']);
      await host.quit();
      assert.equal(host.usable, false);
      const content = 'Subject: x\r\n\r\nhello';
      assert.deepEqual(seen, [
        ...['MAIL FROM:<a@b.test>', 'RCPT TO:<x@mx.test>', 'DATA', content],
        ...['MAIL FROM:<>', 'RCPT TO:<x@mx.test>', 'DATA', content],
      ]);
    });

    it('gives each recipient its own answer', async () => {
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(GREETED.mail, GREETED.rcpt, '550 5.1.1 unknown', '452 4.2.2 full', GREETED.data);
        await peer.content();
        peer.say(GREETED.done);
        await peer.line();
      });
      const result = await host.send(mail({ recipients: ['x@mx.test', 'y@mx.test', 'z@mx.test'] }));
      assert.deepEqual(codes(result), ['final_dot 250 accepted', 'rcpt 550', 'rcpt 452']);
      assert.equal(host.usable, true);
    });

    it('reports a refused sender once and can go on after RSET', async () => {
      const seen: string[] = [];
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(...(pipelining ? ['550 5.7.1 no', '503 no', '503 no'] : ['550 5.7.1 no']));
        seen.push(...(await peer.answer('250 reset', GREETED.mail, GREETED.rcpt, GREETED.data)));
        await peer.content();
        peer.say(GREETED.done);
        await peer.line();
      });
      const refused = await host.send(mail());
      assert.ok(refused.kind === 'refused' && refused.phase === 'mail' && refused.reply.code === 550);
      assert.deepEqual(codes(await host.send(mail())), ['final_dot 250 accepted']);
      assert.equal(seen[0], 'RSET');
    });

    it('sends no content when every recipient is refused, and RSET before the next', async () => {
      const seen: string[] = [];
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(GREETED.mail, '550 no', ...(pipelining ? ['554 no recipients'] : []));
        seen.push(...(await peer.answer('250 reset', GREETED.mail, '550 no', ...(pipelining ? ['554 no'] : []))));
        await peer.line();
      });
      assert.deepEqual(codes(await host.send(mail())), ['rcpt 550']);
      assert.deepEqual(codes(await host.send(mail())), ['rcpt 550']);
      assert.equal(seen[0], 'RSET');
    });

    it('ends the session on a 421, whenever it comes', async () => {
      const scripts: [string[], string][] = [
        [['421 4.7.0 later'], 'refused'],
        [[GREETED.mail, '421 4.7.0 later'], 'rcpt 421'],
        [[GREETED.mail, GREETED.rcpt, '421 4.7.0 later'], 'data 421'],
      ];
      for (const [replies, expected] of scripts) {
        const host = await session(async (peer) => {
          await peer.greet(...offers);
          await peer.answer(...replies);
          peer.close();
        });
        const result = await host.send(mail());
        if (expected === 'refused') assert.equal(result.kind, 'refused');
        else assert.deepEqual(codes(result), [expected]);
        assert.equal(host.usable, false);
        await host.closed;
      }
    });

    it('takes a 421 at RCPT as the answer for everybody of the transaction', async () => {
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(GREETED.mail, '550 no', GREETED.rcpt, '421 4.7.0 enough');
        peer.close();
      });
      const recipients = ['a@mx.test', 'b@mx.test', 'c@mx.test', 'd@mx.test'];
      const expected = ['rcpt 550', 'rcpt 421', 'rcpt 421', 'rcpt 421'];
      assert.deepEqual(codes(await host.send(mail({ recipients }))), expected);
    });

    it('knows that nothing was handed over when the connection dies before the final dot', async () => {
      const scripts: [string[], string, boolean][] = [
        [[''], 'mail', false],
        [[GREETED.mail, ''], 'rcpt', true],
        [[GREETED.mail, GREETED.rcpt, ''], 'data', true],
      ];
      for (const [replies, phase, mailAnswered] of scripts) {
        const host = await session(async (peer) => {
          await peer.greet(...offers);
          await peer.answer(...replies);
          peer.close();
        });
        const result = await host.send(mail());
        assert.deepEqual({ ...result, detail: '' }, { kind: 'broken', phase, detail: '', mailAnswered });
        assert.equal(host.usable, false);
      }
    });

    it('knows that nobody knows when it dies after the final dot', async () => {
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(GREETED.mail, '550 no', GREETED.rcpt, GREETED.data);
        await peer.content();
        peer.close();
      });
      const result = await host.send(mail({ recipients: ['a@mx.test', 'b@mx.test'] }));
      assert.ok(result.kind === 'unknown');
      assert.deepEqual(
        result.refused.map((refused) => refused?.reply.code),
        [550, undefined],
      );
    });

    it('waits for no answer longer than it is told', async () => {
      const slow = async (peer: Peer) => {
        await peer.greet(...offers);
        await peer.line();
        await peer.content();
      };
      const silent = await session(slow, { commandMs: 20 });
      assert.equal((await silent.send(mail())).kind, 'broken');
      const dot = await session(
        async (peer) => {
          await peer.greet(...offers);
          await peer.answer(GREETED.mail, GREETED.rcpt, GREETED.data);
          await peer.content();
          await peer.line();
        },
        { finalDotMs: 20 },
      );
      assert.equal((await dot.send(mail())).kind, 'unknown');
    });

    it('takes a refusal in the middle of the content for the answer, and leaves', async () => {
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(GREETED.mail, GREETED.rcpt);
        await peer.line();
        peer.socket.pause();
        peer.say('354 go\r\n552 5.3.4 too much');
      });
      const content = [Buffer.alloc(32 * 1024 * 1024, 'x')];
      assert.deepEqual(codes(await host.send(mail({ content }))), ['data 552']);
      assert.equal(host.usable, false);
    });

    it('takes no acceptance before the end of the content for one, and never sends that end', async () => {
      let seen = '';
      let resumed: Peer['socket'] | undefined;
      let ended: () => void = () => {};
      const gone = new Promise<void>((resolve) => {
        ended = resolve;
      });
      const host = await session(async (peer) => {
        await peer.greet(...offers);
        await peer.answer(GREETED.mail, GREETED.rcpt);
        await peer.line();
        resumed = peer.socket;
        peer.socket.on('data', (chunk: Buffer) => {
          seen = (seen + chunk.toString('latin1')).slice(-5);
        });
        peer.socket.on('close', ended);
        peer.socket.on('end', ended);
        peer.socket.pause();
        peer.say(`354 go\r\n${GREETED.done}`);
      });
      const content = [Buffer.alloc(32 * 1024 * 1024, 'x')];
      const result = await host.send(mail({ content }));
      assert.deepEqual([result.kind, result.kind === 'broken' && result.phase], ['broken', 'data']);
      assert.equal(host.usable, false);
      await host.closed;
      resumed?.resume();
      await gone;
      assert.ok(!seen.endsWith('\r\n.\r\n'));
    });
  });
}

describe('a transaction', () => {
  it('ends a content that was asked for although nobody is left, with a lone dot', async () => {
    for (const replies of [
      [GREETED.mail, '550 no', '354 go'],
      ['550 no', '503 no', '354 go'],
    ]) {
      let content: string | undefined;
      const host = await session(async (peer) => {
        await peer.greet('PIPELINING');
        await peer.answer(...replies);
        content = await peer.content();
        peer.say('554 nobody');
        await peer.line();
      });
      const result = await host.send(mail());
      assert.equal(result.kind, replies[0] === GREETED.mail ? 'answered' : 'refused');
      assert.equal(content, '');
      assert.equal(host.usable, true);
    }
  });

  it('keeps the decision when the connection dies while the rest is answered', async () => {
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.answer('550 5.7.1 no');
      peer.close();
    });
    assert.equal((await host.send(mail())).kind, 'refused');
    assert.equal(host.usable, false);
  });

  it('says size, 8BITMIME and SMTPUTF8 where they are offered', async () => {
    let line = '';
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING', 'SIZE 100', '8BITMIME', 'SMTPUTF8');
      line = Buffer.from(await peer.line(), 'latin1').toString('utf8');
    });
    await host.send(mail({ mailFrom: 'ü@b.test', eightBit: true, smtpUtf8: true }));
    assert.equal(line, 'MAIL FROM:<ü@b.test> SIZE=21 BODY=8BITMIME SMTPUTF8');
  });

  it('sends nothing that cannot be sent', async () => {
    const host = await session(async (peer) => {
      await peer.greet('SIZE 20');
      await peer.line();
    });
    for (const [changes, cause] of [
      [{}, 'too_big'],
      [{ content: [], smtpUtf8: true }, 'smtputf8_missing'],
      [{ content: [], eightBit: true }, 'eightbitmime_missing'],
      [{ content: [], recipients: ['a@b\r\nDATA'] }, 'bad_argument'],
    ] as const) {
      const result = await host.send(mail(changes));
      assert.ok(result.kind === 'unsendable' && result.cause === cause);
    }
    assert.equal(host.usable, true);
  });

  it('is not started on a session its peer has closed, or said 421 on', async () => {
    for (const farewell of ['', '421 4.4.2 idle']) {
      const host = await session(async (peer) => {
        await peer.greet();
        if (farewell !== '') peer.say(farewell);
        peer.socket.end();
        await peer.line();
      });
      await host.closed;
      assert.equal(host.usable, false);
      const result = await host.send(mail());
      assert.ok(result.kind === 'broken' && !result.mailAnswered);
    }
  });

  it('ends the session when the host answers more than it was asked', async () => {
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.answer(GREETED.mail, GREETED.rcpt, GREETED.data);
      await peer.content();
      peer.say('250 ok\r\n250 and more');
      await peer.line();
    });
    assert.deepEqual(codes(await host.send(mail())), ['final_dot 250 accepted']);
    await host.closed;
    assert.equal(host.usable, false);
  });

  it('quits a host that does not answer', async () => {
    const host = await session(async (peer) => {
      await peer.greet();
      assert.equal(await peer.line(), 'QUIT');
      peer.close();
    });
    await host.quit();
    await host.closed;
  });
});
