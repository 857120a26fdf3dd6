import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { GivenDispatcher } from './specification/given-dispatcher.ts';
import { accept, answer, failAt } from './specification/scripted-transport.ts';

async function running(policy?: string): Promise<GivenDispatcher> {
  const log = new MemoryEventLog(new MemoryLogData());
  return GivenDispatcher.running({ log, content: new MemoryContentStore(), ...(policy ? { policy } : {}) });
}

describe('a dispatcher', () => {
  it('claims its sources before anything leaves', async () => {
    const given = await running();
    assert.deepEqual(await given.controlTypes(), ['source_claimed', 'source_claimed']);
    assert.equal(given.dispatcher.notReady(), undefined);
  });

  it('delivers what a command names, from the source it names', async () => {
    const given = await running();
    await given.command({ domain: 'a.test' });
    assert.deepEqual(await given.outcomes(), ['m1.0.1 delivered']);
    const [target] = given.transport.connects;
    assert.deepEqual([target?.host, target?.bind, target?.ehlo], ['mx.a.test', '198.200.0.1', 's1.penstock.test']);
    const [mail] = given.transport.mails;
    assert.equal(mail?.mailFrom, 'sender@penstock.test');
    assert.deepEqual(mail?.recipients, ['user1.0@a.test']);
    assert.equal(Buffer.concat(mail?.content ?? []).toString(), 'X-Number: 1\r\n\r\nhello\r\n');
  });

  it('reuses the connection for the next', async () => {
    const given = await running();
    await given.command({});
    await given.command({});
    await given.command({});
    assert.equal(given.transport.connects.length, 1);
    assert.equal((await given.outcomes()).length, 3);
  });

  it('gives each recipient of a transaction its own outcome', async () => {
    const given = await running();
    given.transport.scripts.push((mail, session) => {
      const all = accept(mail, session);
      const refusal = {
        phase: 'rcpt' as const,
        reply: { code: 550, enhanced: '5.1.1', text: 'who?' },
        accepted: false,
      };
      assert.ok(!(all instanceof Promise) && all.kind === 'answered');
      return { ...all, recipients: [...all.recipients.slice(0, 1), refusal] };
    });
    await given.command({ recipients: 2 });
    assert.deepEqual(await given.outcomes(), ['m1.0.1 delivered', 'm1.1.1 bounced 5.1.1']);
  });

  it('says what the reply meant', async () => {
    const given = await running();
    given.transport.scripts.push(answer(452, 'mailbox full', 'rcpt', '4.2.2'));
    await given.command({});
    const [fact] = await given.facts();
    assert.ok(fact?.type === 'deferred' && fact.body.cause === 'remote');
    assert.equal(fact.body.verdict.cause, 'mailbox_full');
    assert.equal(fact.body.host?.name, 'mx.a.test');
  });

  it('hands back what waits, and releases its sources, when it stops', async () => {
    const given = await running();
    await given.command({});
    await given.stop();
    assert.deepEqual((await given.controlTypes()).slice(2), ['source_released', 'source_released']);
    assert.equal(given.transport.open, 0);
    assert.equal(given.time.timers, 0);
  });
});

describe('a wall clock that is set', () => {
  const HOUR = 3_600_000;

  it('forward makes nothing late', async () => {
    const given = await running();
    const startBy = given.time.now() + 60_000;
    given.time.jump(HOUR);
    await given.command({ startBy, expiresAt: startBy + HOUR });
    assert.deepEqual(await given.outcomes(), ['m1.0.1 delivered']);
  });

  it('back lengthens no rest, and makes nothing that is late startable', async () => {
    const given = await running();
    given.transport.greetings.push(failAt('connect', { code: 'ECONNREFUSED' }));
    await given.command({});
    const startBy = given.time.now() + 60_000;
    given.time.jump(-HOUR);
    await given.time.advance(40_000);
    await given.command({ startBy, expiresAt: startBy + HOUR });
    await given.time.advance(60_000);
    await given.command({ startBy, expiresAt: startBy + HOUR });
    assert.deepEqual((await given.outcomes()).slice(1), ['m2.0.1 delivered', 'm3.0.1 handed_back not_started']);
  });
});

describe('a command that is late when it is read', () => {
  it('goes back until its own startBy, so that a scheduler whose clock is behind does not send it at once', async () => {
    const given = await running();
    const startBy = given.time.now() - 10_000;
    await given.command({ startBy });
    const [fact] = await given.facts();
    assert.ok(fact?.type === 'handed_back');
    assert.equal(fact.body.until, startBy);
  });
});
