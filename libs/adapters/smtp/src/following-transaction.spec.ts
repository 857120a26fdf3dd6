import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { MailSession, MailTransaction } from '@penstock/ports';
import { type Peer, ScriptedHost } from './scripted-host.ts';
import { SmtpTransport } from './smtp-transport.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function session(script: (peer: Peer) => Promise<void>): Promise<MailSession> {
  const host = await ScriptedHost.start(script);
  cleanups.push(() => host.stop());
  const opened = await new SmtpTransport().connect(host.target());
  cleanups.push(() => opened.abort());
  return opened;
}

function mail(mailFrom: string, changes: Partial<MailTransaction> = {}): MailTransaction {
  const content = [Buffer.from('Subject: x\r\n\r\nhello\r\n')];
  return { mailFrom, recipients: ['x@mx.test'], content, eightBit: false, smtpUtf8: false, ...changes };
}

const ENVELOPE = ['250 sender ok', '250 rcpt ok', '354 go'] as const;

describe('a transaction that follows another', () => {
  it('has its envelope in the same packet as the content before it', async () => {
    const chunks: string[] = [];
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.answer(ENVELOPE[0], ENVELOPE[1]);
      await peer.line();
      peer.socket.on('data', (chunk: Buffer) => chunks.push(chunk.toString('latin1')));
      peer.say(ENVELOPE[2]);
      await peer.content();
      // The replies to both leave together, too.
      await peer.answer('250 2.0.0 first', ...ENVELOPE.slice(0, 2));
      peer.say(ENVELOPE[2]);
      await peer.content();
      peer.say('250 2.0.0 second');
      await peer.line();
    });
    const first = host.send(mail('a@b.test'));
    const second = host.send(mail('c@d.test'));
    assert.equal((await first).kind, 'answered');
    assert.equal((await second).kind, 'answered');
    assert.equal(chunks[0], 'Subject: x\r\n\r\nhello\r\n.\r\nMAIL FROM:<c@d.test>\r\nRCPT TO:<x@mx.test>\r\nDATA\r\n');
  });

  it('begins after RSET where the one before was not asked for its content', async () => {
    const seen: string[] = [];
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.answer('250 ok', '550 5.1.1 unknown', '554 no recipients');
      seen.push(...(await peer.answer('250 reset', ...ENVELOPE)));
      await peer.content();
      peer.say('250 2.0.0 queued');
      await peer.line();
    });
    const first = host.send(mail('a@b.test'));
    const second = host.send(mail('c@d.test'));
    await first;
    assert.equal((await second).kind, 'answered');
    assert.deepEqual(seen, ['RSET', 'MAIL FROM:<c@d.test>', 'RCPT TO:<x@mx.test>', 'DATA']);
  });

  it('is not begun where it may not any more, and the session goes on', async () => {
    const seen: string[] = [];
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      for (let round = 0; round < 2; round++) {
        seen.push(...(await peer.answer(...ENVELOPE)));
        await peer.content();
        peer.say('250 2.0.0 queued');
      }
      await peer.line();
    });
    const first = host.send(mail('a@b.test'));
    let asked = 0;
    const mayBegin = () => {
      asked++;
      return false;
    };
    const second = await host.send(mail('c@d.test', { mayBegin }));
    await first;
    assert.deepEqual([second, asked], [{ kind: 'withdrawn' }, 1]);
    assert.equal((await host.send(mail('e@f.test'))).kind, 'answered');
    assert.deepEqual(
      seen.filter((line) => line.startsWith('MAIL')),
      ['MAIL FROM:<a@b.test>', 'MAIL FROM:<e@f.test>'],
    );
  });

  for (const [how, farewell, kind] of [
    ['is cut before the final dot is answered', '', 'unknown'],
    ['ends with 421 to the final dot', '421 4.3.2 shutting down', 'answered'],
  ] as const) {
    it(`was never handed over where the connection ${how}`, async () => {
      const host = await session(async (peer) => {
        await peer.greet('PIPELINING');
        await peer.answer(...ENVELOPE);
        await peer.content();
        if (farewell !== '') peer.say(farewell);
        await peer.answer('', '', '');
      });
      const first = host.send(mail('a@b.test'));
      const second = host.send(mail('c@d.test'));
      assert.equal((await first).kind, kind);
      const result = await second;
      assert.deepEqual([result.kind, result.kind === 'broken' && result.mailAnswered], ['broken', false]);
      assert.equal(host.usable, false);
    });
  }

  it('stays withdrawn where the connection fails after it was told not to begin', async () => {
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.answer(...ENVELOPE);
      await peer.content();
      peer.close();
    });
    const first = host.send(mail('a@b.test'));
    const second = host.send(mail('c@d.test', { mayBegin: () => false }));
    assert.equal((await first).kind, 'unknown');
    assert.deepEqual(await second, { kind: 'withdrawn' });
  });

  it('comes in its order, however many follow', async () => {
    const seen: string[] = [];
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      for (let round = 0; round < 4; round++) {
        seen.push((await peer.answer(...ENVELOPE))[0] ?? '');
        await peer.content();
        peer.say('250 2.0.0 queued');
      }
      await peer.line();
    });
    const senders = ['a', 'b', 'c', 'd'].map((name) => `${name}@b.test`);
    const results = await Promise.all(senders.map((sender) => host.send(mail(sender))));
    assert.deepEqual(
      results.map(({ kind }) => kind),
      senders.map(() => 'answered'),
    );
    assert.deepEqual(
      seen,
      senders.map((sender) => `MAIL FROM:<${sender}>`),
    );
  });

  it('was never handed over where the connection has gone, however many followed', async () => {
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.line();
      peer.close();
    });
    const results = await Promise.all(['a@b.test', 'c@d.test', 'e@f.test'].map((sender) => host.send(mail(sender))));
    assert.deepEqual(
      results.map((result) => result.kind === 'broken' && !result.mailAnswered),
      [true, true, true],
    );
  });

  it('waits for its turn at the caller where the host takes one command at a time', async () => {
    const host = await session(async (peer) => {
      await peer.greet();
      await peer.line();
      peer.close();
    });
    assert.equal(host.takesFollowers, false);
    const first = host.send(mail('a@b.test'));
    await assert.rejects(host.send(mail('c@d.test')), /one transaction at a time/);
    await first;
  });
});
