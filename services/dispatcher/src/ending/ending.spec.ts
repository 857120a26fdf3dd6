import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { settle } from '../specification/manual-time.ts';
import { Gate } from '../specification/scripted-transport.ts';
import { type Host, TwoDispatchers } from '../specification/two-dispatchers.spec.ts';

const SECOND = 1000;
/** A process is ended anyway after 30 s, and has its log to close. */
const MOST_MS = 24 * SECOND;

/** Advances until the dispatcher has stopped; answers how long that took, ms. */
async function stopping({ given }: Host, hosts: TwoDispatchers): Promise<number> {
  const beganAt = hosts.time.monotonic();
  let isOver = false;
  await given.leave();
  const stopped = given.dispatcher.stop().then(() => {
    isOver = true;
  });
  for (let step = 0; step < 600 && !isOver; step++) {
    await hosts.time.advance(100);
    await settle();
  }
  await stopped;
  return hosts.time.monotonic() - beganAt;
}

describe('a dispatcher that is stopped', () => {
  it('does not wait for a host that does not greet: its attempt goes back, and the source is released', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    a.given.transport.greetingMs = 300 * SECOND;
    await a.given.command({});
    assert.equal(a.given.transport.connects.length, 1);
    assert.ok((await stopping(a, hosts)) <= SECOND);
    assert.deepEqual(await a.given.outcomes(), ['m1.0.1 handed_back shutdown']);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'released a']);
    assert.equal(a.given.transport.open, 0);
  });

  it('waits 10 s for what is under way, cuts it then, and releases the source before it would be ended', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a');
    await hosts.time.advance(5 * SECOND);
    const gate = new Gate();
    a.given.transport.scripts.push(gate.script);
    await a.given.command({});
    const tookMs = await stopping(a, hosts);
    assert.ok(tookMs >= 10 * SECOND && tookMs <= MOST_MS, `${tookMs} ms`);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'released a']);
    assert.equal(a.given.transport.open, 0);
  });

  it('records what became of mail when the log takes records again within 15 s', async () => {
    const hosts = new TwoDispatchers();
    let away = false;
    const a = await hosts.host('a', { beforeStore: () => (away ? Promise.reject(new Error('away')) : undefined) });
    await hosts.time.advance(5 * SECOND);
    const gate = new Gate();
    a.given.transport.scripts.push(gate.script);
    await a.given.command({});
    away = true;
    gate.open();
    hosts.time.after(15 * SECOND, () => {
      away = false;
    });
    assert.ok((await stopping(a, hosts)) <= MOST_MS);
    assert.deepEqual(await a.given.outcomes(), ['m1.0.1 delivered']);
    assert.deepEqual(hosts.claims('s1'), ['claimed by a', 'released a']);
  });

  it('is over in time when neither the log nor a host answers any more', async () => {
    const hosts = new TwoDispatchers();
    let away = false;
    const a = await hosts.host('a', { beforeStore: () => (away ? new Promise<void>(() => {}) : undefined) });
    await hosts.time.advance(5 * SECOND);
    const gate = new Gate();
    a.given.transport.scripts.push(gate.script);
    await a.given.command({});
    away = true;
    assert.ok((await stopping(a, hosts)) <= MOST_MS);
    assert.equal(a.given.transport.open, 0);
  });
});
