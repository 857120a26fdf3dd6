import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePolicy } from '@penstock/policy';
import { HOUR, MINUTE, only, PartitionHistory, releasedIds, releasesIn, SECOND, START } from './specification.ts';

describe('releasing', () => {
  it('decides nothing before the partition is claimed', () => {
    const history = new PartitionHistory();
    history.mail();
    assert.deepEqual(history.ask(START).records, []);
  });

  it('releases due mail to the pool’s source with its path, its limits and the decision', () => {
    const history = new PartitionHistory().claim();
    const id = history.mail({ domain: 'example.com' });
    const released = only(history.ask(START).records, 'released');
    assert.equal(released.epoch, 0);
    assert.equal(released.body.path, 'ip-1|site:example.com');
    assert.equal(released.body.startBy, START + MINUTE);
    assert.equal(released.body.unknownRetryMs, HOUR);
    assert.deepEqual(released.body.decision.credit, { path: 'ip-1|site:example.com', limit: 4, used: 0 });
    assert.deepEqual(released.body.deliveries, [{ deliveryId: id, release: 1, attempt: 1, retryMs: 20 * MINUTE }]);
  });

  it('proposes again what did not reach the log, and nothing that did', () => {
    const history = new PartitionHistory().claim();
    history.mail();
    const first = history.ask(START).records;
    const second = history.ask(START).records;
    assert.deepEqual(releasedIds(second), releasedIds(first));
    assert.notEqual(second[0]?.id, first[0]?.id, 'another decision has another id');
    history.append(...first, ...second);
    assert.deepEqual(history.ask(START).records, []);
    assert.equal(history.state.agenda.load('ip-1|site:example.com').open, 1);
  });

  it('names the trace context of what is sampled, and of nothing else', () => {
    const history = new PartitionHistory().claim();
    const sampled = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    for (const traceparent of [undefined, `${sampled.slice(0, -2)}00`, sampled]) {
      const record = history.processed();
      history.append(traceparent === undefined ? record : { ...record, traceparent });
    }
    const { deliveries } = only(history.ask(START).records, 'released').body;
    assert.deepEqual(
      deliveries.map(({ traceparent }) => traceparent),
      [undefined, undefined, sampled],
    );
  });

  it('takes a provider’s path where the site belongs to one', () => {
    const history = new PartitionHistory().claim();
    history.sites.set('gmail.com', { site: 'mx.google.com', provider: 'gmail' });
    history.mail({ domain: 'gmail.com' });
    const { body } = only(history.ask(START).records, 'released');
    assert.equal(body.path, 'ip-1|provider:gmail');
    assert.equal(body.site, 'mx.google.com');
    assert.equal(body.provider, 'gmail');
  });

  it('waits for the site of a domain that is being looked up', () => {
    const history = new PartitionHistory().claim();
    history.mail({ domain: 'slow.example' });
    history.sites.delete('slow.example');
    assert.deepEqual(history.ask(START).records, []);
    history.sites.set('slow.example', { site: 'mx.slow.example' });
    assert.equal(only(history.ask(START + 1).records, 'released').body.site, 'mx.slow.example');
  });

  it('sends everything to the one site of a smarthost, without asking for any domain', () => {
    const history = new PartitionHistory().claim();
    const shaping = { ...history.policy.shaping, connectionLimit: 32 };
    history.policy = { ...history.policy, egress: 'smarthost', smarthost: { host: 'h', port: 25, shaping } };
    for (let i = 0; i < 40; i++) history.mail({ domain: `d${i}.example` });
    history.sites.clear();
    const released = only(history.ask(START).records, 'released');
    assert.equal(released.body.path, 'ip-1|site:smarthost');
    assert.equal(released.body.deliveries.length, 32);
  });

  it('does not release before send_at, and asks to be woken then', () => {
    const history = new PartitionHistory().claim();
    history.mail({ sendAt: START + HOUR });
    const { records, wakeAt } = history.ask(START);
    assert.deepEqual(records, []);
    assert.equal(wakeAt, START + HOUR);
    assert.equal(history.ask(START + HOUR - 1).records.length, 0);
    assert.equal(history.ask(START + HOUR).records.length, 1);
  });

  it('is not held back by an acceptor’s clock that runs ahead', () => {
    const history = new PartitionHistory().claim();
    history.mail({ acceptedAt: START + HOUR });
    assert.equal(history.ask(START).records.length, 1);
  });

  it('ends startBy at max_age, and does not release with less than a second left', () => {
    const history = new PartitionHistory({ retry: { maxAgeMs: 90 * SECOND } }).claim();
    history.mail();
    const { body } = only(history.ask(START + 70 * SECOND).records, 'released');
    assert.equal(body.startBy, START + 90 * SECOND);
    const { records, wakeAt } = history.ask(START + 89_001);
    assert.deepEqual(records, []);
    assert.equal(wakeAt, START + 90 * SECOND);
  });

  it('lets a path have no more than its credit, and a new delivery for each that comes back', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 2 } }).claim();
    const ids = Array.from({ length: 5 }, () => history.mail());
    assert.deepEqual(releasedIds(history.run(START)), ids.slice(0, 2));
    history.append(history.handedBack(ids[1] ?? '', START + 5, { until: START + HOUR }));
    assert.deepEqual(releasedIds(history.run(START + 10)), ids.slice(2, 3));
  });

  it('gives a path the limits of its source, and those of the block its site is called after', () => {
    const history = new PartitionHistory({ sources: ['ip-1', 'ip-2'] }).claim();
    const text = `["default".sources."ip-1"]\nconnection_limit = 1\n["block.example"]\nconnection_limit = 3`;
    const { defaultSources, domains } = parsePolicy(text);
    history.policy = { ...history.policy, ...(defaultSources ? { defaultSources } : {}), domains };
    history.sites.set('a.example', { site: 'mx.a.example' });
    history.sites.set('b.example', { site: 'block.example' });
    for (let i = 0; i < 20; i++) for (const domain of ['a.example', 'b.example']) history.mail({ domain });
    const given: Record<string, number> = {};
    for (const record of history.run(START)) {
      if (record.type !== 'released') continue;
      given[record.body.path] = (given[record.body.path] ?? 0) + record.body.deliveries.length;
    }
    assert.deepEqual(given, {
      'ip-1|site:mx.a.example': 1,
      'ip-2|site:mx.a.example': 4,
      'ip-1|site:block.example': 3,
      'ip-2|site:block.example': 3,
    });
  });

  it('takes two seconds of the message rate as credit', () => {
    const maxMessageRate = { count: 50, periodMs: 1000, burst: 5 };
    const history = new PartitionHistory({ shaping: { connectionLimit: 5, maxMessageRate } }).claim();
    for (let i = 0; i < 200; i++) history.mail();
    assert.equal(releasedIds(history.run(START)).length, 105);
  });

  it('shares the credit among the partitions of the class', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 9 } }, 1, 4).claim();
    for (let i = 0; i < 20; i++) history.mail();
    assert.equal(releasedIds(history.run(START)).length, 3);
  });

  it('lets the lanes of one path take turns', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 1 } }).claim();
    for (const domain of ['a.example', 'b.example', 'c.example']) {
      history.sites.set(domain, { site: 'mx.shared.example' });
      for (let i = 0; i < 3; i++) history.mail({ domain });
    }
    const order: string[] = [];
    for (let round = 0; round < 9; round++) {
      const [id = ''] = releasedIds(history.run(START + round));
      order.push(history.delivery(id).accepted.domain.slice(0, 1));
      history.append(history.handedBack(id, START + round, { until: START + HOUR }));
    }
    assert.equal(order.join(''), 'abcabcabc');
  });

  it('does not let a lane that just came overtake those that wait', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 1 } }).claim();
    for (const domain of ['a.example', 'b.example', 'z.example']) {
      history.sites.set(domain, { site: 'mx.shared.example' });
    }
    const [first, second] = [history.mail({ domain: 'a.example' }), history.mail({ domain: 'b.example' })];
    assert.deepEqual(releasedIds(history.run(START)), [first]);
    history.mail({ domain: 'z.example' });
    history.append(history.delivered(first, START + 1));
    assert.equal(releasedIds(history.run(START + 2))[0], second);
  });

  it('alternates two first attempts and one due retry', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 4 } }).claim();
    const retries = Array.from({ length: 4 }, () => history.mail());
    history.run(START);
    for (const id of retries) history.append(history.deferred(id, START));
    for (let i = 0; i < 8; i++) history.mail();
    history.policy = { ...history.policy, shaping: { ...history.policy.shaping, connectionLimit: 100 } };
    const order = releasedIds(history.run(START + HOUR)).map((id) => (retries.includes(id) ? 'r' : 'f'));
    assert.equal(order.join(''), 'rffrffrffrff', 'four first attempts went before');
  });

  it('takes the source with most free credit, and turns among equals', () => {
    const history = new PartitionHistory({ sources: ['ip-1', 'ip-2'], shaping: { connectionLimit: 3 } }).claim();
    for (let i = 0; i < 6; i++) history.mail();
    const sizes = releasesIn(history.run(START)).map(({ body }) => [body.source, body.deliveries.length]);
    assert.deepEqual(sizes.sort(), [
      ['ip-1', 3],
      ['ip-2', 3],
    ]);
  });

  it('passes a suspended source over, says so, and comes back when it ends', () => {
    const history = new PartitionHistory({ sources: ['ip-1', 'ip-2'], shaping: { connectionLimit: 1 } }).claim();
    history.throttle('ip-1|site:example.com', START + MINUTE);
    history.mail();
    history.mail();
    const { body } = only(history.run(START), 'released');
    assert.equal(body.source, 'ip-2');
    assert.deepEqual(body.decision.passedOver, [{ source: 'ip-1', reason: 'path_throttled', until: START + MINUTE }]);
    assert.equal(history.ask(START + 1).wakeAt, START + MINUTE);
    assert.equal(only(history.run(START + MINUTE), 'released').body.source, 'ip-1');
  });

  it('comes back at once when a path is restored before its rest ends', () => {
    const history = new PartitionHistory().claim();
    history.throttle('ip-1|site:example.com', START + MINUTE);
    const id = history.mail();
    assert.deepEqual(history.run(START), []);
    history.throttle('ip-1|site:other.example', START + MINUTE);
    assert.deepEqual(history.run(START + 1), [], 'what happens to another path changes nothing');
    history.share('path_restored', { source: 'ip-1', path: 'ip-1|site:example.com', site: 'example.com' });
    assert.deepEqual(releasedIds(history.run(START + 2)), [id]);
  });

  it('releases nothing to a path that was told to rest while its mail waited for credit', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 1 } }).claim();
    const first = history.mail();
    const second = history.mail();
    assert.deepEqual(releasedIds(history.run(START)), [first]);
    history.throttle('ip-1|site:example.com', START + MINUTE);
    history.append(history.delivered(first, START + 1));
    assert.deepEqual(history.run(START + 2), []);
    assert.equal(history.ask(START + 3).wakeAt, START + MINUTE);
    assert.deepEqual(releasedIds(history.run(START + MINUTE)), [second]);
  });

  it('holds mail of a source that nobody owns or can reach, until somebody does', () => {
    const history = new PartitionHistory().claim();
    history.share('source_released', { source: 'ip-1', owner: 'd', claimId: 'c-ip-1' });
    history.mail();
    assert.deepEqual(history.ask(START).records, []);
    history.own('ip-1');
    assert.equal(history.run(START + 1).length, 1);
    history.share('source_unreachable', { source: 'ip-1', detail: 'EADDRNOTAVAIL' });
    history.mail();
    assert.deepEqual(history.ask(START + 2).records, []);
  });

  it('keeps the source of a greylisted delivery, even where another has more credit', () => {
    const history = new PartitionHistory({ sources: ['ip-1', 'ip-2'], shaping: { connectionLimit: 1 } }).claim();
    const ids = [history.mail(), history.mail()];
    history.run(START);
    const [first = '', second = ''] = ids;
    const source = history.delivery(first).open?.source;
    history.append(history.deferred(first, START + 1, { cause: 'greylisted', retryAfterMs: 5 * MINUTE }));
    const newcomer = history.mail();
    assert.deepEqual(releasedIds(history.run(START + 2)), [newcomer]);
    history.append(history.delivered(second, START + 3));
    assert.deepEqual(history.run(START + 6 * MINUTE), [], 'its own source is busy, the other would start anew');
    history.append(history.delivered(newcomer, START + 6 * MINUTE));
    assert.equal(only(history.run(START + 6 * MINUTE + 1), 'released').body.source, source);
  });

  it('bounds what one decision proposes, and asks to go on at once', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 5000 } }).claim();
    for (let i = 0; i < 2500; i++) history.mail({ domain: `d${i % 7}.example` });
    const { records, wakeAt } = history.ask(START);
    assert.equal(releasedIds(records).length, 1000);
    assert.equal(wakeAt, START);
    assert.equal(new Set(releasedIds(history.run(START))).size, 2500);
  });

  it('grows the credit of a path without a rate with what comes back', () => {
    const history = new PartitionHistory({ shaping: { connectionLimit: 4 } }).claim();
    for (let i = 0; i < 200; i++) history.mail();
    let now = START;
    for (let round = 0; round < 10; round++) {
      const sent = releasedIds(history.run(now));
      now += 50;
      for (const id of sent) history.append(history.delivered(id, now));
    }
    assert.ok(history.state.deliveries.size < 100, `${history.state.deliveries.size} still wait`);
  });
});
