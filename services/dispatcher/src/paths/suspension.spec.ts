import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryContentStore, MemoryEventLog, MemoryLogData, type MemoryLogHooks } from '@penstock/adapter-memory';
import type { Control } from '@penstock/events';
import { GivenDispatcher } from '../specification/given-dispatcher.ts';
import { die, failAt, Gate, refuse } from '../specification/scripted-transport.ts';

async function running(hooks: MemoryLogHooks = {}, data = new MemoryLogData()): Promise<GivenDispatcher> {
  return GivenDispatcher.running({ log: new MemoryEventLog(data, hooks), content: new MemoryContentStore() });
}

const BANNER_554 = failAt('banner', { reply: { code: 554, enhanced: '5.7.1', text: 'go away' } });

function throttles(control: readonly Control[]) {
  return control.flatMap((record) => (record.type === 'path_throttled' ? [record.body] : []));
}

describe('a failure before RCPT', () => {
  it('is one piece of evidence: one attempt deferred, the rest handed back, the path suspended', async () => {
    const given = await running();
    given.transport.greeting = BANNER_554;
    await given.command(...Array.from({ length: 6 }, () => ({})));
    const outcomes = await given.outcomes();
    assert.equal(outcomes.filter((one) => one.endsWith('deferred banner path')).length, 1);
    assert.equal(outcomes.filter((one) => one.endsWith('handed_back path_suspended')).length, 5);
    const [throttle, ...more] = throttles(await given.control());
    assert.equal(more.length, 0);
    assert.deepEqual(
      [throttle?.path, throttle?.step, throttle?.reason, throttle?.evidence.phase, throttle?.evidence.reply?.code],
      ['s1|site:a.test', 1, 'path_throttled', 'banner', 554],
    );
  });

  it('bounces nobody unless the reply is about the sender', async () => {
    for (const script of [refuse(550, '5.7.1 you are not welcome'), refuse(554, 'no'), refuse(421, 'later')]) {
      const given = await running();
      given.transport.fallback = script;
      await given.command({}, {});
      const outcomes = await given.outcomes();
      assert.deepEqual(outcomes.map((one) => one.split(' ')[1]).sort(), ['deferred', 'handed_back']);
      assert.equal(throttles(await given.control()).length, 1);
    }
  });

  it('ends the mail of a sender that is refused, and of nobody else', async () => {
    const given = await running();
    given.transport.scripts.push(refuse(550, 'sender address rejected'));
    await given.command({}, {});
    const outcomes = await given.outcomes();
    assert.deepEqual([...outcomes].sort(), ['m1.0.1 bounced 550', 'm2.0.1 delivered']);
    assert.equal(throttles(await given.control()).length, 0);
  });

  it('is told to the schedulers before anything is handed back', async () => {
    let away = true;
    const given = await running({
      beforeStore: (batch) => {
        if (away && batch.topic === 'mail.control' && batch.records[0]?.type === 'path_throttled')
          throw new Error('away');
      },
    });
    given.transport.greeting = BANNER_554;
    await given.command({}, {}, {});
    await given.command({});
    assert.deepEqual(await given.outcomes(), []);
    away = false;
    await given.time.advance(5000);
    assert.equal((await given.outcomes()).length, 4);
    assert.equal(given.transport.connects.length, 2);
  });

  it('sends commands back at once while the path rests, with the time it rests until', async () => {
    const given = await running();
    given.transport.greeting = BANNER_554;
    await given.command({});
    await given.command({});
    const facts = await given.facts();
    const [throttle] = throttles(await given.control());
    assert.ok(facts[1]?.type === 'handed_back' && facts[1].body.until === throttle?.until);
    assert.equal(given.transport.connects.length, 1);
  });

  it('doubles the rest up to its most, one connection at a time, until a success restores the path', async () => {
    const given = await running();
    given.transport.greeting = BANNER_554;
    const rests: number[] = [];
    for (let round = 1; round <= 9; round++) {
      await given.command({}, {}, {});
      assert.equal(given.transport.connects.length, round === 1 ? 2 : round + 1);
      const last = throttles(await given.control()).at(-1);
      rests.push(Math.round(((last?.until ?? 0) - given.time.now()) / 1000));
      await given.time.advance(rests.at(-1) === undefined ? 0 : (rests.at(-1) ?? 0) * 1000 + 1000);
    }
    assert.deepEqual(rests, [30, 60, 120, 240, 480, 960, 1800, 1800, 1800]);
    given.transport.greeting = () => undefined;
    await given.command({}, {});
    assert.equal((await given.controlTypes()).at(-1), 'path_restored');
    given.transport.fallback = die;
    await given.command({});
    given.transport.greeting = BANNER_554;
    await given.command({});
    assert.equal(throttles(await given.control()).at(-1)?.step, 1);
  });

  it('leaves other paths alone', async () => {
    const given = await running();
    given.transport.greeting = (target) => (target.host === 'mx.a.test' ? BANNER_554(target) : undefined);
    await given.command({ domain: 'a.test' }, { domain: 'b.test' }, { domain: 'a.test', source: 's2' });
    assert.equal((await given.outcomes()).filter((one) => one.endsWith('delivered')).length, 1);
    assert.equal(throttles(await given.control()).length, 2);
  });

  it('is remembered by the next owner', async () => {
    const data = new MemoryLogData();
    const before = await running({}, data);
    before.transport.greeting = BANNER_554;
    await before.command({});
    await before.stop();
    const next = await running({}, data);
    await next.command({ number: 2 });
    assert.equal(next.transport.connects.length, 0);
    assert.ok((await next.outcomes()).at(-1)?.endsWith('handed_back path_suspended'));
  });

  it('lets transactions under way end, but their success restores nothing', async () => {
    const given = await running();
    const gate = new Gate();
    given.transport.scripts.push(gate.script);
    given.transport.greetings.push(() => undefined, BANNER_554);
    await given.command({});
    await given.command({}, {});
    assert.equal(throttles(await given.control()).length, 1);
    gate.open();
    await given.time.advance(10);
    assert.ok((await given.outcomes()).includes('m1.0.1 delivered'));
    assert.ok(!(await given.controlTypes()).includes('path_restored'));
  });
});

describe('a machine that has no port left', () => {
  it('suspends the path for that reason and spends no attempt', async () => {
    const given = await running();
    given.transport.greeting = failAt('connect', { code: 'EADDRINUSE' });
    await given.command({}, {});
    assert.ok((await given.outcomes()).every((one) => one.endsWith('handed_back path_suspended')));
    assert.equal(throttles(await given.control())[0]?.reason, 'port_limit');
  });
});

describe('a source whose address cannot be bound', () => {
  it('is announced, its mail goes back, and it is claimed anew later', async () => {
    const given = await running();
    given.transport.greeting = failAt('connect', { code: 'EADDRNOTAVAIL' });
    await given.command({}, {}, {});
    await given.command({ domain: 'other.test' });
    const outcomes = await given.outcomes();
    assert.deepEqual(
      outcomes.map((one) => one.slice(7)),
      Array(4).fill('handed_back not_started'),
    );
    assert.deepEqual((await given.controlTypes()).slice(2), ['source_unreachable']);
    given.transport.greeting = () => undefined;
    await given.time.advance(31_000);
    assert.deepEqual((await given.controlTypes()).slice(2), ['source_unreachable', 'source_claimed']);
    await given.command({});
    assert.ok((await given.outcomes()).at(-1)?.endsWith('delivered'));
  });
});
