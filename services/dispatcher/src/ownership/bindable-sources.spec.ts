import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TwoDispatchers } from '../specification/two-dispatchers.spec.ts';

const SECOND = 1000;
/** Addresses of s1 and s2. */
const FIRST = '198.200.0.1';
const SECOND_ONE = '198.200.0.2';

function reach(...addresses: string[]) {
  const bindable = new Set(addresses);
  return { bindable, canBind: async (address: string) => bindable.has(address) };
}

describe('a source', () => {
  it('goes to the dispatcher that can bind it', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a', {}, reach(FIRST));
    const b = await hosts.host('b', {}, reach(SECOND_ONE));
    await hosts.time.advance(5 * SECOND);
    assert.deepEqual([hosts.claims('s1'), hosts.claims('s2')], [['claimed by a'], ['claimed by b']]);
    await a.given.command({ source: 's1' }, { source: 's2' });
    assert.deepEqual([a.given.transport.mails.length, b.given.transport.mails.length], [1, 1]);
  });

  it('moves when its address does', async () => {
    const hosts = new TwoDispatchers();
    const here = reach(FIRST, SECOND_ONE);
    const there = reach();
    await hosts.host('a', {}, here);
    await hosts.host('b', {}, there);
    here.bindable.delete(SECOND_ONE);
    there.bindable.add(SECOND_ONE);
    await hosts.time.advance(70 * SECOND);
    assert.equal(
      hosts.claims('s2').findLast((line) => line.startsWith('claimed')),
      'claimed by b',
    );
    assert.equal(hosts.claims('s1').at(-1), 'claimed by a');
  });

  it('that nobody can bind is announced once, and claimed when somebody can', async () => {
    const hosts = new TwoDispatchers();
    const here = reach(FIRST);
    const a = await hosts.host('a', {}, here);
    await hosts.time.advance(200 * SECOND);
    const announced = (await a.given.control()).filter(({ type }) => type === 'source_unreachable');
    assert.equal(announced.length, 1);
    here.bindable.add(SECOND_ONE);
    await hosts.time.advance(40 * SECOND);
    assert.equal(hosts.claims('s2').at(-1), 'claimed by a');
  });

  it('of an owner that is heard is not announced by who cannot bind it', async () => {
    const hosts = new TwoDispatchers();
    const a = await hosts.host('a', {}, reach(FIRST, SECOND_ONE));
    await hosts.host('b', {}, reach(FIRST));
    await hosts.time.advance(200 * SECOND);
    const announced = (await a.given.control()).filter(({ type }) => type === 'source_unreachable');
    assert.deepEqual(announced, []);
  });
});
