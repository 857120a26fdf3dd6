import assert from 'node:assert/strict';
import { afterEach, describe, it, mock } from 'node:test';
import type { MailSession, MailTransaction, TransactionResult } from '@penstock/ports';
import { type Peer, ScriptedHost } from './scripted-host.ts';
import { SmtpTransport } from './smtp-transport.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
  mock.restoreAll();
});

async function session(script: (peer: Peer) => Promise<void>, ...extensions: string[]): Promise<MailSession> {
  const host = await ScriptedHost.start(async (peer) => {
    await peer.greet('PIPELINING', 'CHUNKING', ...extensions);
    await script(peer);
  });
  cleanups.push(() => host.stop());
  const opened = await new SmtpTransport().connect(host.target());
  cleanups.push(() => opened.abort());
  return opened;
}

const CONTENT = 'Subject: x\r\n\r\n.hello\r\n';

function mail(mailFrom: string, changes: Partial<MailTransaction> = {}): MailTransaction {
  const content = [Buffer.from(CONTENT)];
  const whole = { content, eightBit: false, smtpUtf8: false, mayLeaveWhole: true };
  return { mailFrom, recipients: ['x@mx.test'], ...whole, ...changes };
}

function commandsOf(from: string, size = CONTENT.length): string[] {
  return [`MAIL FROM:<${from}>`, 'RCPT TO:<x@mx.test>', `BDAT ${size} LAST`];
}

/** What became of it, in a word. */
function ending(result: TransactionResult): string {
  if (result.kind === 'refused') return `refused ${result.reply.code}`;
  if (result.kind !== 'answered') return result.kind;
  return result.recipients.map(({ phase, reply }) => `${phase} ${reply.code}`).join();
}

const TAKEN = '250 sender\r\n250 rcpt\r\n250 2.0.0 queued';
const TAKEN_AFTER_RSET = `250 reset\r\n${TAKEN}`;

describe('a transaction that may leave whole', () => {
  it('leaves in one packet, its dots untouched', async () => {
    const packets: string[] = [];
    const host = await session(async (peer) => {
      peer.socket.on('data', (chunk: Buffer) => packets.push(chunk.toString('latin1')));
      await peer.chunked();
      peer.say(TAKEN);
      await peer.line();
    });
    assert.equal(host.takesWhole, true);
    assert.equal(ending(await host.send(mail('a@b.test'))), 'final_dot 250');
    assert.deepEqual(packets, [`${commandsOf('a@b.test').join('\r\n')}\r\n${CONTENT}`]);
  });

  it('has those that follow in the same packet, each after RSET, and every one its own answer', async () => {
    const packets: string[] = [];
    const senders = ['a@b.test', 'c@d.test', 'e@f.test', 'g@h.test'];
    const replies = [
      TAKEN,
      '250 reset\r\n250 sender\r\n550 5.1.1 nobody\r\n554 no valid recipients',
      '250 reset\r\n550 5.7.1 not you\r\n503 no sender\r\n503 no sender',
      '250 reset\r\n250 sender\r\n250 rcpt\r\n554 5.7.1 spam',
    ];
    const host = await session(async (peer) => {
      peer.socket.on('data', (chunk: Buffer) => packets.push(chunk.toString('latin1')));
      for (const _ of senders) await peer.chunked();
      for (const reply of replies) peer.say(reply);
      assert.deepEqual((await peer.chunked()).commands, ['RSET', ...commandsOf('i@j.test')]);
      peer.say(TAKEN_AFTER_RSET);
      await peer.line();
    });
    const results = await Promise.all(senders.map((sender) => host.send(mail(sender))));
    assert.deepEqual(results.map(ending), ['final_dot 250', 'rcpt 550', 'refused 550', 'final_dot 554']);
    assert.equal(packets.length, 1);
    assert.equal(packets[0]?.split('RSET\r\n').length, senders.length);
    assert.equal(ending(await host.send(mail('i@j.test'))), 'final_dot 250');
  });

  it('has the line ends of its content repaired, and counted', async () => {
    let seen = '';
    const host = await session(async (peer) => {
      seen = (await peer.chunked()).content;
      peer.say(TAKEN);
      await peer.line();
    });
    const content = [Buffer.from('a\n.\n'), Buffer.from('\r.\r'), Buffer.from('b')];
    assert.equal(ending(await host.send(mail('a@b.test', { content }))), 'final_dot 250');
    assert.equal(seen, 'a\r\n.\r\n\r\n.\r\nb\r\n');
  });

  it('goes by DATA where it is large, where it may not leave whole, and after a second of silence', async () => {
    const seen: string[] = [];
    const host = await session(async (peer) => {
      for (let round = 0; round < 3; round++) {
        seen.push(...(await peer.answer('250 sender', '250 rcpt', '354 go')).slice(2));
        await peer.content();
        peer.say('250 2.0.0 queued');
      }
      await peer.line();
    });
    await host.send(mail('a@b.test', { content: [Buffer.alloc(65 * 1024, 'a\r\n')] }));
    await host.send(mail('c@d.test', { mayLeaveWhole: false }));
    const later = performance.now() + 1001;
    mock.method(performance, 'now', () => later);
    await host.send(mail('e@f.test'));
    assert.deepEqual(seen, ['DATA', 'DATA', 'DATA']);
  });

  it('waits where more than 64 KiB would be in doubt', async () => {
    const content = [Buffer.alloc(30_000, 'a\r\n')];
    const whole = commandsOf('a@b.test', 30_000).join('').length + 30_000;
    let before = 0;
    const host = await session(async (peer) => {
      peer.socket.on('data', (chunk: Buffer) => {
        before += chunk.length;
      });
      await peer.chunked();
      await peer.chunked();
      assert.ok(before < 2.5 * whole, 'the third has not left');
      peer.say(TAKEN);
      await peer.chunked();
      peer.say(`${TAKEN_AFTER_RSET}\r\n${TAKEN_AFTER_RSET}`);
      await peer.line();
    });
    const results = await Promise.all(
      ['a@b.test', 'c@d.test', 'e@f.test'].map((from) => host.send(mail(from, { content }))),
    );
    assert.deepEqual(results.map(ending), ['final_dot 250', 'final_dot 250', 'final_dot 250']);
  });

  it('stands behind one by DATA, and before one, in their order', async () => {
    const seen: string[] = [];
    const host = await session(async (peer) => {
      await peer.answer('250 sender', '250 rcpt', '354 go');
      await peer.content();
      peer.say('250 2.0.0 first');
      seen.push(...(await peer.chunked()).commands);
      peer.say('250 sender\r\n250 rcpt\r\n554 5.7.1 spam');
      seen.push(...(await peer.answer('250 reset', '250 sender', '250 rcpt', '354 go')));
      await peer.content();
      peer.say('250 2.0.0 third');
      seen.push(...(await peer.chunked()).commands);
      peer.say(TAKEN);
      await peer.line();
    });
    const results = await Promise.all([
      host.send(mail('a@b.test', { mayLeaveWhole: false })),
      host.send(mail('c@d.test')),
      host.send(mail('e@f.test', { mayLeaveWhole: false })),
      host.send(mail('g@h.test')),
    ]);
    assert.deepEqual(results.map(ending), ['final_dot 250', 'final_dot 554', 'final_dot 250', 'final_dot 250']);
    assert.deepEqual(seen, [
      ...commandsOf('c@d.test'),
      ...['RSET', 'MAIL FROM:<e@f.test>', 'RCPT TO:<x@mx.test>', 'DATA'],
      ...commandsOf('g@h.test'),
    ]);
  });

  it('stays with whoever withdrew it, and those behind it go on', async () => {
    const host = await session(async (peer) => {
      await peer.chunked();
      assert.deepEqual((await peer.chunked()).commands, ['RSET', ...commandsOf('e@f.test')]);
      peer.say(`${TAKEN}\r\n${TAKEN_AFTER_RSET}`);
      await peer.line();
    });
    const results = await Promise.all([
      host.send(mail('a@b.test')),
      host.send(mail('c@d.test', { mayBegin: () => false })),
      host.send(mail('e@f.test')),
    ]);
    assert.deepEqual(results.map(ending), ['final_dot 250', 'withdrawn', 'final_dot 250']);
  });
});

describe('a reply that nobody asked for', () => {
  it('ends the session, though the next in line was withdrawn: it would be taken for the answer to the one behind', async () => {
    const host = await session(async (peer) => {
      await peer.chunked();
      peer.say(`${TAKEN}\r\n250 and another`);
      await peer.line();
    });
    // Both together are more than may be in doubt: the last waits for the answer to the first.
    const content = [Buffer.alloc(40_000, 'a\r\n')];
    const results = await Promise.all([
      host.send(mail('a@b.test', { content })),
      host.send(mail('c@d.test', { mayBegin: () => false })),
      host.send(mail('e@f.test', { content })),
    ]);
    assert.deepEqual(results.map(ending), ['final_dot 250', 'withdrawn', 'broken']);
    assert.equal(host.usable, false);
  });
});

describe('transactions that have left whole', () => {
  const REPLIES = `${TAKEN}\r\n${TAKEN_AFTER_RSET}\r\n${TAKEN_AFTER_RSET}\r\n`;

  it('are in doubt from the first that is not answered, wherever the connection is cut', async () => {
    const senders = ['a@b.test', 'c@d.test', 'e@f.test'];
    for (let cut = 0; cut <= REPLIES.length; cut += 7) {
      const host = await session(async (peer) => {
        for (const _ of senders) await peer.chunked();
        peer.socket.write(REPLIES.slice(0, cut));
      });
      const results = await Promise.all(senders.map((sender) => host.send(mail(sender))));
      const answered = REPLIES.slice(0, cut).split('queued\r\n').length - 1;
      assert.deepEqual(
        results.map(ending),
        senders.map((_, at) => (at < answered ? 'final_dot 250' : 'unknown')),
        `cut after ${cut} bytes`,
      );
    }
  });

  it('were not taken where the host said 421 to one before them', async () => {
    const host = await session(async (peer) => {
      for (let at = 0; at < 3; at++) await peer.chunked();
      peer.say(`${TAKEN}\r\n250 reset\r\n421 4.3.2 shutting down`);
    });
    const results = await Promise.all(['a@b.test', 'c@d.test', 'e@f.test'].map((from) => host.send(mail(from))));
    assert.deepEqual(results.map(ending), ['final_dot 250', 'refused 421', 'broken']);
    assert.equal(host.usable, false);
  });

  it('are in doubt where the host answers out of step', async () => {
    const host = await session(async (peer) => {
      for (let at = 0; at < 2; at++) await peer.chunked();
      peer.say('what?');
      await peer.line();
    });
    const results = await Promise.all(['a@b.test', 'c@d.test'].map((from) => host.send(mail(from))));
    assert.deepEqual(results.map(ending), ['unknown', 'unknown']);
  });
});
