import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { evolve } from './evolve.ts';
import { HOUR, MINUTE, only, PartitionHistory, releasedIds, START } from './specification.ts';

describe('the fold of a partition', () => {
  it('takes a repeated processed of a pending delivery for what it is', () => {
    const history = new PartitionHistory().claim();
    const processed = history.processed();
    history.append(processed, processed);
    assert.equal(releasedIds(history.run(START)).length, 1);
    history.append(processed);
    assert.equal(history.state.deliveries.size, 1);
  });

  it('never opens an ended delivery again when its processed is repeated', () => {
    for (const expanded of [false, true]) {
      const history = new PartitionHistory().claim();
      const processed = history.processed({ expanded }, 70);
      history.append(processed);
      history.run(START);
      history.append(history.delivered(processed.deliveryId ?? '', START + 1), processed);
      assert.equal(history.state.deliveries.size, 0);
    }
  });

  it('gives the credit back when an earlier release turns out delivered while a later one is open', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    const late = history.delivered(id, START + 2);
    history.append(history.handedBack(id, START + 1, { cause: 'in_doubt' }));
    history.run(START + 2);
    assert.equal(history.state.agenda.load('ip-1|site:example.com').open, 1);
    history.append({ ...late, release: 1 });
    assert.equal(history.state.agenda.load('ip-1|site:example.com').open, 0);
    assert.equal(history.state.deliveries.size, 0);
  });

  it('does not hear a scheduler whose claim was taken over', () => {
    const history = new PartitionHistory().claim();
    history.mail();
    const stale = history.ask(START).records;
    history.claim(START + 1).append(...stale);
    assert.equal(history.state.openDeliveries().length, 0);
    assert.equal(only(history.ask(START + 2).records, 'released').epoch, 2);
  });

  it('takes the first of two releases with one number', () => {
    const history = new PartitionHistory({ sources: ['ip-1', 'ip-2'] }).claim();
    const id = history.mail();
    const [first] = history.ask(START).records;
    history.throttle('ip-1|site:example.com', START + HOUR);
    const [second] = history.ask(START).records;
    assert.ok(first && second);
    history.append(first, second);
    assert.equal(history.delivery(id).open?.source, 'ip-1');
    assert.deepEqual(
      history.state.takeOpened().map((delivery) => delivery.id),
      [id],
    );
  });

  it('is not moved by an outcome of a release that never was, or by a repeated outcome', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    const deferred = history.deferred(id, START);
    history.append({ ...deferred, release: 7 });
    assert.ok(history.delivery(id).open);
    history.append(deferred, deferred);
    history.run(START + 20 * MINUTE);
    history.append(deferred);
    assert.ok(history.delivery(id).open, 'the repeat closes no later release');
  });

  it('skips what it has folded already', () => {
    const history = new PartitionHistory().claim();
    const processed = history.processed();
    history.append(processed);
    evolve(history.state, 0, processed);
    assert.equal(history.state.position, 2);
  });

  it('reports the attempts that opened, once', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    assert.deepEqual(
      history.state.takeOpened().map((delivery) => delivery.id),
      [id],
    );
    assert.deepEqual(history.state.takeOpened(), []);
  });

  it('forgets lanes and loads that hold nothing', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    history.append(history.delivered(id, START + 1));
    assert.equal(history.state.lanes.size, 0);
    history.state.agenda.sweep(START + MINUTE);
    assert.equal(history.state.agenda.loads.size, 0);
  });
});
