import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Gate } from '../specification/scripted-transport.ts';
import { TwoDispatchers } from '../specification/two-dispatchers.spec.ts';

const SECOND = 1000;

describe('a source whose owner released it', () => {
  it('is taken over at once, and what the owner may have sent is in doubt', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await a.given.command({});
    await a.given.stop();
    await a.given.command({});
    const b = await hosts.host('b');
    await hosts.time.advance(5 * SECOND);
    await b.given.command({ number: 3 });
    assert.deepEqual(await b.given.outcomes(), ['m1.0.1 delivered', 'm2.0.1 handed_back in_doubt', 'm3.0.1 delivered']);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'released a', 'claimed by b']);
  });

  it('goes over while both live: what is under way ends first, and no two have connections at the same time', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    const gate = new Gate();
    a.given.transport.scripts.push(gate.script);
    await a.given.command({});
    a.expel();
    const b = await hosts.host('b');
    await b.given.command({ number: 2 });
    await hosts.time.advance(2 * SECOND);
    assert.deepEqual([a.given.transport.open, b.given.transport.connects.length], [1, 0]);
    gate.open();
    await hosts.time.advance(2 * SECOND);
    await b.given.command({ number: 3 });
    assert.deepEqual((await b.given.outcomes()).toSorted(), [
      'm1.0.1 delivered',
      'm1.0.1 handed_back in_doubt',
      'm2.0.1 handed_back in_doubt',
      'm3.0.1 delivered',
    ]);
    assert.deepEqual([a.given.transport.open, b.given.transport.connects.length], [0, 1]);
    assert.deepEqual(hosts.claims('s1').slice(0, 3), ['claimed by a', 'claimed by b', 'released a']);
  });
});

describe('a source whose owner is silent', () => {
  it('is taken over 60 s after the last renewal that was read, and no connection is opened before', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.kill();
    const b = await hosts.host('b');
    await b.given.command({ startBy: hosts.time.now() + 300 * SECOND });
    await hosts.time.advance(59 * SECOND);
    assert.equal(b.given.transport.connects.length, 0);
    assert.deepEqual(await b.given.outcomes(), []);
    await hosts.time.advance(5 * SECOND);
    assert.deepEqual(await b.given.outcomes(), ['m1.0.1 handed_back in_doubt']);
    await b.given.command({ number: 2 });
    assert.deepEqual((await b.given.outcomes()).slice(1), ['m2.0.1 delivered']);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'claimed by b', 'released a by b']);
  });

  it('is in doubt until then, also what is not started in time', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    a.kill();
    const b = await hosts.host('b');
    await b.given.command({ startBy: hosts.time.now() + 10 * SECOND });
    await hosts.time.advance(15 * SECOND);
    assert.deepEqual(await b.given.outcomes(), ['m1.0.1 handed_back in_doubt']);
  });

  it('is not taken over while a renewal stands in the log that is not read yet', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    const late: (() => void)[] = [];
    let isLate = false;
    const b = await hosts.host('b', {
      beforeRead: async (topic) => {
        if (topic === 'mail.signals' && isLate) await new Promise<void>((resolve) => late.push(resolve));
      },
    });
    isLate = true;
    await hosts.time.advance(10 * SECOND);
    a.kill();
    await hosts.time.advance(70 * SECOND);
    await b.given.command({ source: 's1' }, { source: 's2' });
    const claimed = [hosts.claims('s1'), hosts.claims('s2')].flat();
    assert.equal(claimed.filter((line) => line === 'released a by b').length, 0);
    isLate = false;
    for (const resolve of late.splice(0)) resolve();
    await hosts.time.advance(59 * SECOND);
    assert.equal(hosts.claims('s1').includes('released a by b'), false);
    await hosts.time.advance(5 * SECOND);
    assert.ok([hosts.claims('s1'), hosts.claims('s2')].flat().includes('released a by b'));
  });

  it('is its heirs’ with empty pacers', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    a.kill();
    const b = await hosts.host('b');
    await hosts.time.advance(61 * SECOND);
    // Ten connections would be allowed after a pause of that length, had the time before counted.
    assert.deepEqual(hosts.claims('s1').at(-1), 'released a by b');
    await b.given.command({});
    assert.deepEqual(await b.given.outcomes(), ['m1.0.1 delivered']);
  });
});

describe('a source whose owner is known to be dead', () => {
  it('is taken over at once, and what it may have sent is in doubt', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.kill();
    await a.given.make();
    const heir = await hosts.host('heir', {}, undefined, ['a']);
    await heir.given.command({ number: 2 });
    await hosts.time.advance(2 * SECOND);
    await heir.given.command({ number: 3 });
    assert.deepEqual((await heir.given.outcomes()).at(-1), 'm3.0.1 delivered');
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'claimed by heir', 'released a by heir']);
  });

  it('is in doubt up to the end as found at the takeover', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.kill();
    // Claimed, and not yet read back: nobody has sent this one, which cannot be known.
    const control: (() => void)[] = [];
    let isLate = true;
    const heir = await hosts.host(
      'heir',
      {
        beforeRead: async (topic) => {
          if (topic === 'mail.control' && isLate) await new Promise<void>((resolve) => control.push(resolve));
        },
      },
      undefined,
      ['a'],
    );
    await heir.given.command({});
    isLate = false;
    for (const resolve of control.splice(0)) resolve();
    await hosts.time.advance(2 * SECOND);
    assert.deepEqual(await heir.given.outcomes(), ['m1.0.1 handed_back in_doubt']);
  });

  it('is waited for if another, which may live, has claimed it in between', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.kill();
    const b = await hosts.host('b');
    await hosts.time.advance(SECOND);
    b.kill();
    const heir = await hosts.host('heir', {}, undefined, ['a']);
    await heir.given.command({ startBy: hosts.time.now() + 300 * SECOND });
    await hosts.time.advance(55 * SECOND);
    assert.equal(hosts.claims('s1').filter((line) => line.startsWith('released')).length, 0);
    await hosts.time.advance(10 * SECOND);
    const released = hosts.claims('s1').filter((line) => line.startsWith('released'));
    assert.deepEqual(released, ['released a by heir', 'released b by heir']);
  });
});

describe('commands of a source that is not ours yet', () => {
  it('are left to its owner when the partition goes, and taken anew when it comes back', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.kill();
    const b = await hosts.host('b');
    await b.given.command({ startBy: hosts.time.now() + 300 * SECOND });
    await hosts.time.advance(5 * SECOND);
    await b.given.leave();
    await hosts.time.advance(SECOND);
    assert.deepEqual(await b.given.outcomes(), []);
    await b.given.join();
    await hosts.time.advance(90 * SECOND);
    assert.deepEqual(await b.given.outcomes(), ['m1.0.1 handed_back in_doubt']);
  });

  it('are left to the next when the process stops', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.kill();
    const b = await hosts.host('b');
    await b.given.command({ startBy: hosts.time.now() + 300 * SECOND });
    await b.given.stop();
    assert.deepEqual(await b.given.outcomes(), []);
  });
});

describe('a source that the group takes away and gives back while it shares out anew', () => {
  it('is claimed again at once, with no pause in which nobody sends', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    await a.given.command({});
    await a.given.leave();
    await a.given.join();
    await a.given.command({ number: 2 });
    await hosts.time.advance(50);
    assert.deepEqual(await a.given.outcomes(), ['m1.0.1 delivered', 'm2.0.1 delivered']);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'released a', 'claimed by a']);
  });
});

describe('an owner that stood still', () => {
  it('for 45 s sends nothing more on its connections, releases its sources and claims them anew', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    await a.given.command({});
    a.process.stop();
    const script = a.given.append(await a.given.make({ number: 2 }));
    await hosts.time.advance(45 * SECOND);
    a.process.goOn();
    await script;
    const { transport } = a.given;
    assert.deepEqual([transport.mails.length, transport.open, transport.sessions[0]?.quits], [1, 0, 0]);
    await hosts.time.advance(10 * SECOND);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'released a', 'claimed by a']);
    await a.given.command({ number: 3 });
    const outcomes = await a.given.outcomes();
    assert.equal(outcomes.at(-1), 'm3.0.1 delivered');
  });

  it('and woke after its successor had claimed lets it begin at once, never both', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    const gate = new Gate();
    a.given.transport.scripts.push(gate.script);
    await a.given.command({});
    a.process.stop();
    a.expel();
    const b = await hosts.host('b');
    await hosts.time.advance(45 * SECOND);
    await b.given.command({ number: 2 });
    assert.deepEqual([a.given.transport.open, b.given.transport.connects.length], [1, 0]);
    a.process.goOn();
    await hosts.time.advance(5 * SECOND);
    assert.equal(a.given.transport.open, 0);
    await b.given.command({ number: 3 });
    assert.equal((await b.given.outcomes()).at(-1), 'm3.0.1 delivered');
    assert.deepEqual(hosts.claims('s1').slice(0, 3), ['claimed by a', 'claimed by b', 'released a']);
  });

  it('longer than its successor waited finds its claim ended, and sends nothing', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    await a.given.command({});
    a.process.stop();
    a.expel();
    const b = await hosts.host('b');
    await hosts.time.advance(70 * SECOND);
    await b.given.command({ number: 2 });
    assert.equal(b.given.transport.mails.length, 1);
    a.process.goOn();
    await hosts.time.advance(5 * SECOND);
    assert.deepEqual([a.given.transport.mails.length, a.given.transport.open], [1, 0]);
    await b.given.command({ number: 3 });
    assert.equal(b.given.transport.mails.length, 2);
  });
});

describe('a heartbeat that is stale', () => {
  function deafSignals() {
    const state = { away: false };
    const hooks = {
      beforeStore: ({ topic }: { readonly topic: string }) => {
        if (state.away && topic === 'mail.signals') throw new Error('log is away');
      },
    };
    return { state, hooks };
  }

  it('lets no MAIL FROM leave, and the source is released', async () => {
    const hosts = new TwoDispatchers();
    const { state, hooks } = deafSignals();
    const a = await hosts.host('a', hooks);
    await hosts.time.advance(15 * SECOND);
    state.away = true;
    await hosts.time.advance(25 * SECOND);
    await a.given.command({});
    assert.equal(a.given.transport.mails.length, 1);
    await hosts.time.advance(10 * SECOND);
    assert.ok(hosts.claims('s1').includes('released a'));
    const before = a.given.transport.mails.length;
    state.away = false;
    await hosts.time.advance(20 * SECOND);
    await a.given.command({ number: 2 });
    assert.deepEqual([before, a.given.transport.mails.length], [1, 2]);
  });

  it('lets no content leave that waited for the host to ask for it', async () => {
    const hosts = new TwoDispatchers();
    const { state, hooks } = deafSignals();
    const a = await hosts.host('a', hooks);
    await hosts.time.advance(15 * SECOND);
    let ask = () => {};
    const asked = new Promise<void>((resolve) => {
      ask = resolve;
    });
    a.given.transport.scripts.push(async (mail, session) => {
      assert.equal(mail.mayFinish?.(), true);
      await asked;
      if (mail.mayFinish?.() !== false) return { kind: 'unknown', detail: 'it left', refused: [] };
      session.drop();
      return { kind: 'withdrawn' };
    });
    state.away = true;
    await hosts.time.advance(20 * SECOND);
    await a.given.command({});
    await hosts.time.advance(9 * SECOND);
    ask();
    await hosts.settled();
    assert.deepEqual(await a.given.outcomes(), ['m1.0.1 handed_back shutdown']);
  });

  it('is no matter of the wall clock', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    const startBy = hosts.time.now() + 300 * SECOND;
    const expiresAt = startBy;
    hosts.time.jump(3_600_000);
    await a.given.command({ startBy, expiresAt });
    hosts.time.jump(-7_200_000);
    await hosts.time.advance(100 * SECOND);
    await a.given.command({ number: 2, startBy, expiresAt });
    assert.deepEqual(hosts.claims('s1'), ['claimed by a']);
    assert.equal(a.given.transport.mails.length, 2);
  });
});
