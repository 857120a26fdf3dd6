import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { GivenDispatcher, POLICY } from '../specification/given-dispatcher.ts';
import { accept, die, Gate, type Script } from '../specification/scripted-transport.ts';

const SMARTHOST = '[smarthost]\nhost = "127.0.0.1"\nport = 2526\nconnection_limit = 2\n';
const POLICY_TO_SMARTHOST = `${POLICY.replace('egress = "internet"', 'egress = "smarthost"')}${SMARTHOST}`;
const toIt = { site: 'smarthost' };

/** A host that takes PIPELINING and answers within `transactionMs`; one connection to it is open. */
async function nearHost(transactionMs = 1, policy = POLICY_TO_SMARTHOST): Promise<[GivenDispatcher, Gate]> {
  const log = new MemoryEventLog(new MemoryLogData());
  const given = await GivenDispatcher.running({ log, content: new MemoryContentStore(), policy });
  given.transport.pipelining = true;
  const taking: Script = async (mail, session) => {
    const result = await accept(mail, session);
    return result.kind === 'answered' ? { ...result, transactionMs } : result;
  };
  given.transport.fallback = taking;
  await given.command(toIt);
  const gate = new Gate();
  given.transport.fallback = gate.script;
  return [given, gate];
}

describe('an attempt whose path has a near host', () => {
  it('follows the transaction under way rather than opening a connection', async () => {
    const [given, gate] = await nearHost();
    await given.command(toIt, toIt);
    assert.equal(given.transport.mostOpen, 1);
    assert.equal(given.transport.mails.length, 2, 'the second one has not begun yet');
    gate.open();
    await given.time.advance(1);
    gate.open();
    await given.time.advance(1);
    assert.equal((await given.outcomes()).length, 3);
    assert.equal(given.transport.mostOpen, 1);
  });

  it('has a connection of its own where those before it take too long together', async () => {
    const [given] = await nearHost(10);
    await given.command(toIt, toIt, toIt, toIt);
    assert.equal(given.transport.mostOpen, 2);
    const [near] = await nearHost(1);
    await near.command(...Array.from({ length: 8 }, () => toIt));
    assert.equal(near.transport.mostOpen, 1);
    await near.command(toIt);
    assert.equal(near.transport.mostOpen, 2);
  });

  it('has a connection of its own where the host is far, or messages are paced', async () => {
    for (const [given] of [
      await nearHost(200),
      await nearHost(1, `${POLICY_TO_SMARTHOST}max_message_rate = "1000/s,max_burst=1000"\n`),
    ]) {
      await given.command(toIt, toIt);
      assert.equal(given.transport.mostOpen, 2);
    }
  });

  it('follows at a far host that takes transactions whole, once no connection can be opened', async () => {
    const [given, gate] = await nearHost(200);
    given.transport.chunking = true;
    await given.command(...Array.from({ length: 12 }, () => toIt));
    assert.equal(given.transport.mostOpen, 2);
    for (let step = 0; step < 12; step++) {
      gate.open();
      await given.time.advance(1);
    }
    assert.equal((await given.outcomes()).length, 13);
    assert.equal(given.transport.mostOpen, 2);
    assert.ok(Math.max(...given.transport.sessions.map(({ deepest }) => deepest)) > 1);
  });

  it('goes back where its time to start passes while the one before is under way', async () => {
    const [given, gate] = await nearHost();
    await given.command(toIt, { ...toIt, startBy: given.time.now() + 1000 });
    await given.time.advance(2000);
    gate.open();
    await given.time.advance(1);
    assert.deepEqual(
      (await given.outcomes()).filter((outcome) => !outcome.endsWith('delivered')),
      ['m3.0.1 handed_back not_started'],
    );
  });

  it('gets another connection where the one before it ends theirs', async () => {
    const [given, gate] = await nearHost();
    given.transport.scripts.push(async (mail, session) => {
      await new Promise<void>((resolve) => gate.waiting.push(resolve));
      session.drop();
      return accept(mail, session);
    });
    await given.command(toIt, toIt);
    given.transport.fallback = accept;
    gate.open();
    await given.time.advance(100);
    assert.equal((await given.outcomes()).filter((outcome) => outcome.endsWith('delivered')).length, 3);
    assert.equal(given.transport.sessions.length, 2);
  });

  it('rests with its path where the one before found it refused', async () => {
    const [given, gate] = await nearHost();
    given.transport.scripts.push(async () => {
      await new Promise<void>((resolve) => gate.waiting.push(resolve));
      return { kind: 'refused', phase: 'mail', reply: { code: 451, text: 'slow down' } };
    }, die);
    await given.command(toIt, toIt);
    gate.open();
    await given.time.advance(100);
    assert.deepEqual((await given.outcomes()).slice(1).sort(), [
      'm2.0.1 deferred mail path',
      'm3.0.1 handed_back path_suspended',
    ]);
  });
});
