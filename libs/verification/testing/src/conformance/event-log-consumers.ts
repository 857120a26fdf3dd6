import assert from 'node:assert/strict';
import { it } from 'node:test';
import { OffsetOutOfRangeError } from '@penstock/ports';
import type { WithLog } from './event-log-conformance.ts';
import { groupsConform } from './event-log-groups.ts';
import { appendEach, batch, facts, Gate, RecordingHandler, TOPIC } from './event-log-harness.ts';

export function consumersConform(withLog: WithLog): void {
  deliveryConforms(withLog);
  positionsConform(withLog);
  failuresConform(withLog);
  groupsConform(withLog);
}

function deliveryConforms(withLog: WithLog): void {
  it(
    'hands a member what is there and what comes, in offset order, one batch at a time',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler();
      await appendEach(log, 0, 0, 5);
      const membership = await log.join(handler.consumer('readers'));
      await appendEach(log, 0, 5, 5);
      await handler.until(() => handler.records(0).length === 10);
      await membership.leave();
      assert.deepEqual(handler.records(0), facts(0, 0, 10));
      const offsets = (handler.seen.get(0) ?? []).map(({ offset }) => offset);
      assert.deepEqual(offsets, [...offsets.keys()]);
      const turns = handler.events.filter((event) => event === 'batch 0' || event === 'done 0');
      assert.ok(turns.every((event, i) => event === (i % 2 === 0 ? 'batch 0' : 'done 0')));
    }),
  );

  it(
    'goes on with other partitions while one waits for its handler',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler();
      const gate = new Gate();
      handler.onBatch = (partition) => (partition === 0 ? gate.opened : Promise.resolve());
      const membership = await log.join(handler.consumer('readers'));
      await log.append([batch(0, 0, 1), batch(1, 0, 1)]);
      await handler.until(() => handler.has('batch 0') && handler.has('done 1'));
      await log.append([batch(0, 1, 1), batch(1, 1, 1)]);
      await handler.until(() => handler.records(1).length === 2);
      assert.equal(handler.records(0).length, 1);
      gate.open();
      await handler.until(() => handler.records(0).length === 2);
      await membership.leave();
    }),
  );

  it(
    'waits for the running handler before a member has left, revokes then, and hands over nothing more',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler();
      const gate = new Gate();
      handler.onBatch = () => gate.opened;
      const membership = await log.join(handler.consumer('readers', [0]));
      await log.append([batch(0, 0, 1)]);
      await handler.until(() => handler.has('batch 0'));
      await log.append([batch(0, 1, 1)]);
      const left = membership.leave();
      gate.open();
      await left;
      assert.deepEqual(handler.events, ['assigned 0', 'batch 0', 'done 0', 'revoked 0']);
    }),
  );
}

function positionsConform(withLog: WithLog): void {
  it(
    'knows no position of a group that never committed',
    withLog(async ({ log }) => {
      assert.equal(await log.committed('readers', TOPIC, 0), undefined);
    }),
  );

  it(
    'keeps the positions of groups apart, and through a restart',
    withLog(async (harness) => {
      await harness.log.append([batch(0, 0, 5), batch(1, 0, 5)]);
      await harness.log.commit('readers', TOPIC, 0, 3);
      await harness.log.commit('readers', TOPIC, 1, 4);
      await harness.log.commit('others', TOPIC, 0, 1);
      await harness.log.commit('readers', TOPIC, 0, 4);
      await harness.reopen();
      assert.equal(await harness.log.committed('readers', TOPIC, 0), 4);
      assert.equal(await harness.log.committed('readers', TOPIC, 1), 4);
      assert.equal(await harness.log.committed('others', TOPIC, 0), 1);
      assert.equal(await harness.log.committed('others', TOPIC, 1), undefined);
    }),
  );

  it(
    'begins where the member says, so that a restart goes on from the position committed',
    withLog(async (harness) => {
      await harness.log.append([batch(0, 0, 6)]);
      await harness.log.commit('readers', TOPIC, 0, 4);
      await harness.reopen();
      const { log } = harness;
      const handler = new RecordingHandler(async (p) => (await log.committed('readers', TOPIC, p)) ?? 0);
      const membership = await log.join(handler.consumer('readers'));
      await log.append([batch(0, 6, 1)]);
      await handler.until(() => handler.records(0).length === 3);
      await membership.leave();
      assert.deepEqual(handler.records(0), facts(0, 4, 3));
    }),
  );
}

function failuresConform(withLog: WithLog): void {
  it(
    'reports a position it does not hold, and goes on with the other partitions',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler(async (partition) => (partition === 0 ? 7 : 0));
      await log.append([batch(0, 0, 2), batch(1, 0, 2)]);
      const membership = await log.join(handler.consumer('readers'));
      await handler.until(() => handler.failures.has(0) && handler.records(1).length === 2);
      assert.ok(handler.failures.get(0) instanceof OffsetOutOfRangeError);
      await membership.leave();
      assert.ok(!handler.has('batch 0'));
    }),
  );

  it(
    'stops the partition whose handler failed, reports it once, and goes on with the others',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler();
      const error = new Error('cannot fold this');
      handler.onBatch = async (partition) => {
        if (partition === 0) throw error;
      };
      const membership = await log.join(handler.consumer('readers'));
      await log.append([batch(0, 0, 1)]);
      await handler.until(() => handler.failures.has(0));
      await log.append([batch(0, 1, 1), batch(1, 0, 1)]);
      await handler.until(() => handler.has('done 1'));
      await membership.leave();
      assert.equal(handler.failures.get(0), error);
      assert.equal(handler.events.filter((event) => event.endsWith(' 0') && event.startsWith('batch')).length, 1);
      assert.equal(handler.events.filter((event) => event === 'failed 0').length, 1);
    }),
  );

  it(
    'reports a member that cannot take a partition, and answers the join all the same',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler(async (partition) => {
        if (partition === 0) throw new Error('no state');
        return 0;
      });
      const membership = await log.join(handler.consumer('readers'));
      assert.match(String(handler.failures.get(0)), /no state/);
      await membership.leave();
      assert.ok(!handler.has('revoked 0') && handler.has('revoked 1'));
    }),
  );
}
