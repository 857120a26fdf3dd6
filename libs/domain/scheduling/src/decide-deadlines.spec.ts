import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR, MINUTE, only, PartitionHistory, releasedIds, SECOND, START } from './specification.ts';

describe('retrying', () => {
  it('comes back after the interval that the release named, doubled each time up to the largest', () => {
    const history = new PartitionHistory({
      retry: { retryIntervalMs: MINUTE, maxRetryIntervalMs: 3 * MINUTE },
    }).claim();
    const id = history.mail();
    let now = START;
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt++) {
      assert.deepEqual(releasedIds(history.run(now)), [id]);
      history.append(history.deferred(id, now));
      const { records, wakeAt } = history.ask(now);
      assert.deepEqual(records, []);
      waits.push((wakeAt ?? 0) - now);
      now = wakeAt ?? 0;
    }
    assert.deepEqual(waits, [MINUTE, 2 * MINUTE, 3 * MINUTE, 3 * MINUTE]);
  });

  it('believes a reply that says when to come back', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    history.append(history.deferred(id, START, { retryAfterMs: 7 * MINUTE }));
    assert.equal(history.ask(START).wakeAt, START + 7 * MINUTE);
  });

  it('counts releases and attempts apart: what is handed back costs none and goes again at once', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    history.append(history.handedBack(id, START + 1));
    const { body } = only(history.run(START + 2), 'released');
    assert.deepEqual(body.deliveries, [{ deliveryId: id, release: 2, attempt: 1, retryMs: 20 * MINUTE }]);
  });

  it('marks what may be a duplicate after it was handed back in doubt', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    history.append(history.handedBack(id, START + 1, { cause: 'in_doubt' }));
    assert.equal(only(history.run(START + 2), 'released').body.deliveries[0]?.mayDuplicate, true);
  });
});

describe('expiring', () => {
  it('drops at max_age, and says how long it was held and how long the receiver kept it waiting', () => {
    const history = new PartitionHistory({ retry: { maxAgeMs: HOUR, retryIntervalMs: 20 * MINUTE } }).claim();
    const id = history.mail();
    history.run(START + 5 * MINUTE);
    history.append(history.deferred(id, START + 6 * MINUTE));
    history.throttle('ip-1|site:example.com', START + 2 * HOUR);
    assert.deepEqual(
      history.run(START + 30 * MINUTE).map(({ type }) => type),
      [],
    );
    const dropped = history.run(START + HOUR).find((fact) => fact.type === 'dropped');
    assert.equal(dropped?.body.cause, 'expired');
    assert.equal(dropped?.body.attempts, 1);
    // 5 min before the first attempt, and from the due retry (6 + 20) to the end.
    assert.equal(dropped?.body.heldMs, (5 + 34) * MINUTE);
    assert.equal(dropped?.body.remoteMs, (1 + 20) * MINUTE);
    assert.equal(dropped?.body.lastReply?.code, 452);
    assert.deepEqual(dropped?.body.lastHold, ['path_throttled']);
    assert.equal(history.state.deliveries.size, 0);
  });

  it('waits until everything that stood in the log at the deadline is folded', () => {
    const history = new PartitionHistory({ retry: { maxAgeMs: HOUR } }).claim();
    history.mail();
    history.throttle('ip-1|site:example.com', START + 2 * HOUR);
    const { records, awaitsLogTime } = history.ask(START + HOUR, START + HOUR - 1);
    assert.deepEqual(
      records.filter(({ type }) => type === 'dropped'),
      [],
    );
    assert.equal(awaitsLogTime, true);
  });

  it('never drops while an attempt is open', () => {
    const history = new PartitionHistory({ retry: { maxAgeMs: HOUR } }).claim();
    const id = history.mail();
    history.run(START + HOUR - 30 * SECOND);
    assert.deepEqual(history.run(START + HOUR), []);
    history.append(history.deferred(id, START + HOUR + 1));
    assert.equal(only(history.run(START + HOUR + 2), 'dropped').body.cause, 'expired');
  });
});

describe('an outcome that nobody knows', () => {
  it('is written by the scheduler when nothing came back, ten minutes after startBy in log time', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    const end = START + MINUTE + 10 * MINUTE;
    assert.deepEqual(history.run(end, end - 1), []);
    const unknown = only(history.run(end), 'outcome_unknown');
    assert.equal(unknown.body.cause, 'no_outcome');
    assert.equal(unknown.deliveryId, id);
    assert.equal(unknown.release, 1);
    assert.equal(history.delivery(id).open, undefined);
  });

  it('is tried again after an hour, marked, twice at most, and then dropped', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    let now = START;
    for (let repeat = 0; repeat < 3; repeat++) {
      const { body } = only(history.run(now), 'released');
      assert.equal(body.deliveries[0]?.mayDuplicate, repeat > 0 ? true : undefined);
      history.append(history.unknown(id, now));
      if (repeat < 2) assert.deepEqual(history.run(now + HOUR - 1), []);
      now += HOUR;
    }
    const dropped = only(history.run(now), 'dropped');
    assert.equal(dropped.body.cause, 'outcome_unknown');
    assert.equal(dropped.body.attempts, 3);
  });

  it('is no reason to give up before max_age where nothing was ever heard of the attempts', () => {
    const history = new PartitionHistory({ retry: { maxAgeMs: 8 * HOUR } }).claim();
    const id = history.mail();
    let now = START;
    for (let repeat = 0; repeat < 6; repeat++) {
      assert.deepEqual(releasedIds(history.run(now)), [id], `${repeat}`);
      assert.equal(only(history.run(now + 11 * MINUTE), 'outcome_unknown').body.cause, 'no_outcome');
      now += 11 * MINUTE + HOUR;
    }
    assert.deepEqual(releasedIds(history.run(now)), [id]);
    history.run(now + 11 * MINUTE);
    assert.equal(only(history.run(START + 8 * HOUR), 'dropped').body.cause, 'expired');
  });

  it('proposes the drop again if it did not reach the log', () => {
    const history = new PartitionHistory({ retry: { unknownMaxRepeats: 0 } }).claim();
    const id = history.mail();
    history.run(START);
    history.append(history.unknown(id, START + 1));
    const lost = only(history.ask(START + 2).records, 'dropped');
    assert.equal(only(history.ask(START + 3).records, 'dropped').id, lost.id);
  });

  it('is assumed delivered where the policy says so and the final dot was sent', () => {
    const history = new PartitionHistory({ retry: { onUnknown: 'assume_delivered' } }).claim();
    const id = history.mail();
    history.run(START);
    history.append(history.unknown(id, START + 1));
    const { body, release } = only(history.run(START + 2), 'delivered');
    assert.equal(release, 1);
    assert.deepEqual([body.verdict.cause, body.verdict.confidence], ['assumed_delivered', 0]);
    assert.equal(history.state.deliveries.size, 0);
  });

  it('is not assumed delivered when nothing was ever heard of the attempt', () => {
    const history = new PartitionHistory({ retry: { onUnknown: 'assume_delivered' } }).claim();
    const id = history.mail();
    history.run(START);
    history.run(START + 11 * MINUTE);
    assert.deepEqual(releasedIds(history.run(START + 2 * HOUR)), [id]);
  });
});
