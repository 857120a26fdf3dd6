import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData, type MemoryLogHooks } from '@penstock/adapter-memory';
import { GivenDispatcher, POLICY } from '../specification/given-dispatcher.ts';
import { Gate } from '../specification/scripted-transport.ts';

function world() {
  const data = new MemoryLogData();
  const content = new MemoryContentStore();
  const given = (hooks: MemoryLogHooks = {}) => ({ log: new MemoryEventLog(data, hooks), content });
  return { data, given };
}

function position(data: MemoryLogData): number | undefined {
  return data.committed.get('dispatcher mail.attempts-3');
}

describe('taking over', () => {
  it('hands back in doubt what lies between the committed offset and the end as found', async () => {
    const { given } = world();
    const next = new GivenDispatcher(given());
    await next.writePolicy(POLICY);
    await next.command({}, {});
    await next.join();
    await next.time.advance(1000);
    await next.command({});
    assert.deepEqual(await next.outcomes(), [
      'm1.0.1 handed_back in_doubt',
      'm2.0.1 handed_back in_doubt',
      'm3.0.1 delivered',
    ]);
    assert.equal(next.transport.mails.length, 1);
  });

  it('leaves alone what was settled and committed before', async () => {
    const { given, data } = world();
    const before = await GivenDispatcher.running(given());
    await before.command({}, {});
    await before.stop();
    assert.equal(position(data), 2);
    const next = await GivenDispatcher.running(given());
    assert.deepEqual(await next.outcomes(), ['m1.0.1 delivered', 'm2.0.1 delivered']);
  });

  it('never starts again what was settled before, when its command comes once more', async () => {
    const { given } = world();
    const before = await GivenDispatcher.running(given());
    const command = await before.make({});
    await before.append(command);
    await before.time.advance(1000);
    await before.stop();
    const next = await GivenDispatcher.running(given());
    await next.append(command);
    await next.time.advance(1000);
    assert.deepEqual(await next.outcomes(), ['m1.0.1 delivered']);
    assert.equal(next.transport.mails.length, 0);
  });

  it('is harmless when the commit was lost: the same doubt again is a repeat', async () => {
    const { given, data } = world();
    const before = new GivenDispatcher(given());
    await before.writePolicy(POLICY);
    await before.command({});
    await before.join();
    data.committed.clear();
    before.given.log instanceof MemoryEventLog && before.given.log.disconnect();
    const next = await GivenDispatcher.running(given());
    const facts = await next.facts();
    assert.equal(facts.length, 2);
    assert.equal(facts[0]?.id, facts[1]?.id);
  });

  it('ignores the command a scheduler sends again for what it handed back in doubt', async () => {
    const { given } = world();
    const next = new GivenDispatcher(given());
    await next.writePolicy(POLICY);
    const command = await next.make({});
    await next.append(command);
    await next.join();
    await next.append(command);
    await next.time.advance(1000);
    assert.deepEqual(await next.outcomes(), ['m1.0.1 handed_back in_doubt']);
    assert.equal(next.transport.mails.length, 0);
  });
});

describe('a command', () => {
  it('is started once, however often it is sent', async () => {
    const { given } = world();
    const running = await GivenDispatcher.running(given());
    const gate = new Gate();
    running.transport.fallback = gate.script;
    const command = await running.make({});
    await running.append(command, command);
    gate.open();
    await running.append(command);
    assert.deepEqual(await running.outcomes(), ['m1.0.1 delivered']);
    assert.equal(running.transport.mails.length, 1);
  });

  it('of the next release is another', async () => {
    const { given } = world();
    const running = await GivenDispatcher.running(given());
    await running.command({ number: 1, release: 1 }, { number: 1, release: 2 });
    assert.equal(running.transport.mails.length, 2);
  });

  it('is committed only when all before it are settled', async () => {
    const { given, data } = world();
    const running = await GivenDispatcher.running(given());
    const gate = new Gate();
    running.transport.scripts.push(gate.script);
    await running.command({}, {}, {});
    await running.time.advance(1000);
    assert.equal((await running.outcomes()).length, 2);
    assert.equal(position(data), undefined);
    gate.open();
    await running.time.advance(1000);
    assert.equal(position(data), 3);
  });

  it('is not committed while its outcome is not durable', async () => {
    const { given, data } = world();
    let broken = true;
    const running = await GivenDispatcher.running(
      given({
        beforeStore: (batch) => {
          if (broken && batch.topic === 'mail.events') throw new Error('disk is away');
        },
      }),
    );
    await running.command({});
    await running.time.advance(3000);
    assert.equal(running.transport.mails.length, 1);
    assert.equal(position(data), undefined);
    broken = false;
    await running.time.advance(3000);
    assert.deepEqual(await running.outcomes(), ['m1.0.1 delivered']);
    assert.equal(position(data), 1);
  });

  it('is not committed while it is under way, though its partition has gone and come back meanwhile', async () => {
    const { given, data } = world();
    const running = await GivenDispatcher.running(given());
    const gate = new Gate();
    running.transport.scripts.push(gate.script);
    await running.command({});
    await running.leave();
    await running.join();
    await running.time.advance(1000);
    assert.deepEqual(await running.outcomes(), []);
    assert.equal(position(data), undefined);
    gate.open();
    await running.time.advance(1000);
    assert.deepEqual(await running.outcomes(), ['m1.0.1 delivered']);
    assert.equal(position(data), 1);
  });

  it('is recorded with the same id when the acknowledgement was lost', async () => {
    const { given } = world();
    let lost = 1;
    const running = await GivenDispatcher.running(
      given({
        beforeAcknowledge: ([batch]) => {
          if (batch?.topic === 'mail.events' && lost-- > 0) throw new Error('acknowledgement lost');
        },
      }),
    );
    await running.command({});
    await running.time.advance(1000);
    const facts = await running.facts();
    assert.deepEqual(
      facts.map(({ id }) => id),
      [facts[0]?.id, facts[0]?.id],
    );
  });

  it('not started by startBy goes back', async () => {
    const { given } = world();
    const running = await GivenDispatcher.running(given());
    const gate = new Gate();
    running.transport.fallback = gate.script;
    const startBy = running.time.now() + 3000;
    await running.command({}, {}, { startBy }, { expiresAt: startBy });
    await running.time.advance(5000);
    assert.deepEqual(await running.outcomes(), ['m3.0.1 handed_back not_started', 'm4.0.1 handed_back not_started']);
    gate.open();
    await running.time.advance(1000);
    assert.equal(running.transport.mails.length, 2);
  });

  it('that comes too late is never started', async () => {
    const { given } = world();
    const running = await GivenDispatcher.running(given());
    await running.command({ startBy: running.time.now() - 1 });
    assert.deepEqual(await running.outcomes(), ['m1.0.1 handed_back not_started']);
    assert.equal(running.transport.connects.length, 0);
  });

  it('waits for a policy and for its source to be claimed', async () => {
    const { given } = world();
    const early = new GivenDispatcher(given());
    await early.join();
    await early.command({});
    assert.match(early.dispatcher.notReady() ?? '', /no policy/);
    assert.equal(early.transport.connects.length, 0);
    await early.writePolicy(POLICY);
    await early.time.advance(1000);
    assert.deepEqual(await early.outcomes(), ['m1.0.1 delivered']);
  });

  it('of a source the policy does not know goes back for a while', async () => {
    const { given } = world();
    const running = await GivenDispatcher.running(given());
    await running.command({ source: 's9' });
    const [fact] = await running.facts();
    assert.ok(fact?.type === 'handed_back' && fact.body.cause === 'not_started');
    assert.ok((fact.body.until ?? 0) > running.time.now());
  });
});

describe('in flight', () => {
  it('are at most max_attempts_in_flight, counted until their outcome is durable', async () => {
    const { given } = world();
    let broken = true;
    const policy = POLICY.replace('max_attempts_in_flight = 20', 'max_attempts_in_flight = 3');
    const running = await GivenDispatcher.running({
      ...given({
        beforeStore: (batch) => {
          if (broken && batch.topic === 'mail.events') throw new Error('disk is away');
        },
      }),
      policy,
    });
    await running.command(...Array.from({ length: 8 }, () => ({})));
    await running.time.advance(10_000);
    assert.equal(running.transport.mails.length, 3);
    broken = false;
    await running.time.advance(10_000);
    assert.equal(running.transport.mails.length, 8);
    assert.equal((await running.outcomes()).length, 8);
  });
});
