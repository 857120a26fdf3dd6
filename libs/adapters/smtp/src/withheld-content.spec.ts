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

function mail(changes: Partial<MailTransaction> = {}): MailTransaction {
  const content = [Buffer.from('Subject: x\r\n\r\nhello\r\n')];
  return { mailFrom: 'a@b.test', recipients: ['x@mx.test'], content, eightBit: false, smtpUtf8: false, ...changes };
}

describe('content that may not leave any more when the host asks for it', () => {
  for (const extensions of [[], ['PIPELINING']]) {
    it(`stays here, and the connection ends${extensions.length > 0 ? ', with pipelining as well' : ''}`, async () => {
      const heard: string[] = [];
      const host = await session(async (peer) => {
        await peer.greet(...extensions);
        heard.push(...(await peer.answer('250 sender ok', '250 rcpt ok', '354 go')));
        heard.push(await peer.line().catch(() => 'gone'));
      });
      let asked = 0;
      const mayFinish = () => {
        asked++;
        return false;
      };
      assert.deepEqual(await host.send(mail({ mayFinish })), { kind: 'withdrawn' });
      await host.closed;
      assert.deepEqual([asked, host.usable], [1, false]);
      assert.deepEqual(heard.slice(0, 3), ['MAIL FROM:<a@b.test>', 'RCPT TO:<x@mx.test>', 'DATA']);
      assert.equal(heard.includes('.'), false);
    });
  }

  it('takes those with it that follow on the connection, as never handed over', async () => {
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING');
      await peer.answer('250 sender ok', '250 rcpt ok', '354 go');
      await peer.line();
    });
    const first = host.send(mail({ mayFinish: () => false }));
    const second = host.send(mail({ mailFrom: 'c@d.test' }));
    assert.equal((await first).kind, 'withdrawn');
    const result = await second;
    assert.ok(result.kind === 'broken' && !result.mailAnswered);
  });

  it('is not asked for twice where it leaves whole', async () => {
    const host = await session(async (peer) => {
      await peer.greet('PIPELINING', 'CHUNKING');
      await peer.chunked();
      for (const reply of ['250 sender ok', '250 rcpt ok', '250 2.0.0 queued']) peer.say(reply);
      await peer.line();
    });
    const result = await host.send(mail({ mayLeaveWhole: true, mayFinish: () => false }));
    assert.equal(result.kind, 'answered');
  });
});
