import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Fact } from '@penstock/events';
import { HOUR, MINUTE, only, PartitionHistory, SECOND, START } from './specification.ts';

const PATH = 'ip-1|site:example.com';

function noticed(facts: readonly Fact[]): readonly (readonly string[])[] {
  return facts.flatMap((fact) => (fact.type === 'deferred' && fact.body.cause === 'held' ? [fact.body.reasons] : []));
}

describe('a held delivery', () => {
  it('tells why after five minutes, and then each hour', () => {
    const history = new PartitionHistory().claim();
    history.throttle(PATH, START + 10 * HOUR);
    history.mail();
    assert.deepEqual(history.run(START), []);
    assert.deepEqual(history.run(START + 5 * MINUTE - 1), []);
    const notice = only(history.run(START + 5 * MINUTE), 'deferred');
    assert.deepEqual(notice.body, {
      cause: 'held',
      reasons: ['path_throttled'],
      text: 'Email was deferred due to the following reason(s): [IPs were throttled by recipient server]',
      heldSince: START,
      until: START + 10 * HOUR,
    });
    assert.deepEqual(history.run(START + 64 * MINUTE), []);
    assert.equal(noticed(history.run(START + 65 * MINUTE)).length, 1);
  });

  it('says when to wake for the next notice', () => {
    const history = new PartitionHistory().claim();
    history.throttle(PATH, START + 10 * HOUR);
    history.mail();
    assert.equal(history.ask(START).wakeAt, START + 5 * MINUTE);
  });

  it('tells another reason sooner than the hour', () => {
    const history = new PartitionHistory().claim();
    history.throttle(PATH, START + 10 * HOUR);
    history.mail();
    history.run(START);
    history.run(START + 5 * MINUTE);
    history.share('source_unreachable', { source: 'ip-1', detail: 'gone' });
    assert.deepEqual(noticed(history.run(START + 11 * MINUTE)), [['no_source']]);
  });

  it('tells of credit that is out as a connection limit', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 1 } }).claim();
    history.mail();
    history.mail();
    history.run(START);
    assert.deepEqual(noticed(history.run(START + 5 * MINUTE)), [['connection_limit']]);
  });

  it('is not one that waits for send_at or for its retry', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    history.append(history.deferred(id, START, { retryAfterMs: HOUR }));
    history.mail({ sendAt: START + HOUR });
    assert.deepEqual(history.run(START + 30 * MINUTE), []);
  });

  it('keeps its time through a release that was handed back', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail();
    history.run(START);
    history.throttle(PATH, START + HOUR);
    history.append(history.handedBack(id, START + SECOND));
    history.run(START + 2 * SECOND);
    const notice = only(history.run(START + 5 * MINUTE), 'deferred');
    assert.equal(notice.body.cause === 'held' && notice.body.heldSince, START);
  });

  it('is told of at most 200 times a second, in the order in which they began to wait', () => {
    const history = new PartitionHistory().claim();
    history.throttle(PATH, START + 10 * HOUR);
    for (let i = 0; i < 500; i++) history.mail({ acceptedAt: START + i });
    history.run(START);
    const at = START + 6 * MINUTE;
    assert.equal(noticed(history.run(at)).length, 200);
    assert.equal(noticed(history.run(at + 999)).length, 0);
    assert.equal(history.ask(at + 999).wakeAt, at + 1000);
    assert.equal(noticed(history.run(at + 1000)).length, 200);
    assert.equal(noticed(history.run(at + 2000)).length, 100);
    assert.equal(noticed(history.run(at + 3000)).length, 0);
  });

  it('is not told of twice when the notice is repeated in the log', () => {
    const history = new PartitionHistory().claim();
    history.throttle(PATH, START + 10 * HOUR);
    const id = history.mail();
    history.run(START);
    const notice = only(history.run(START + 5 * MINUTE), 'deferred');
    history.append(notice);
    assert.equal(history.delivery(id).notices, 1);
  });
});
