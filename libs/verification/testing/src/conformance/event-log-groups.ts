import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { EventLog } from '@penstock/ports';
import type { WithLog } from './event-log-conformance.ts';
import { batch, Gate, RecordingHandler, TOPIC } from './event-log-harness.ts';

function all(log: EventLog): readonly number[] {
  return Array.from({ length: log.partitionCount(TOPIC) }, (_, partition) => partition);
}

function union(...handlers: readonly RecordingHandler[]): readonly number[] {
  return handlers.flatMap((handler) => handler.held()).sort((a, b) => a - b);
}

export function groupsConform(withLog: WithLog): void {
  sharingConforms(withLog);
  handoverConforms(withLog);
}

function sharingConforms(withLog: WithLog): void {
  it(
    'gives every partition to the only member, by the time it has joined',
    withLog(async ({ log }) => {
      const handler = new RecordingHandler();
      const membership = await log.join(handler.consumer('readers'));
      assert.deepEqual(handler.held(), all(log));
      await membership.leave();
      assert.deepEqual(handler.held(), []);
    }),
  );

  it(
    'spreads the partitions over the members of a group, each to one of them',
    withLog(async ({ log }) => {
      const [first, second] = [new RecordingHandler(), new RecordingHandler()];
      const one = await log.join(first.consumer('readers'));
      const two = await log.join(second.consumer('readers'));
      assert.deepEqual(union(first, second), all(log));
      assert.ok(first.held().length > 0 && second.held().length > 0);
      await Promise.all([one.leave(), two.leave()]);
    }),
  );

  it(
    'gives a member only partitions it can take',
    withLog(async ({ log }) => {
      const [any, only] = [new RecordingHandler(), new RecordingHandler()];
      const two = await log.join(only.consumer('readers', [1]));
      assert.deepEqual(only.held(), [1]);
      const one = await log.join(any.consumer('readers'));
      assert.deepEqual(union(any, only), all(log));
      assert.ok(only.held().every((partition) => partition === 1));
      await Promise.all([one.leave(), two.leave()]);
    }),
  );

  it(
    'hands every record to each group',
    withLog(async ({ log }) => {
      const [first, second] = [new RecordingHandler(), new RecordingHandler()];
      const members = [await log.join(first.consumer('some')), await log.join(second.consumer('others'))];
      await log.append([batch(0, 0, 3)]);
      await Promise.all([first, second].map((handler) => handler.until(() => handler.records(0).length === 3)));
      await Promise.all(members.map((member) => member.leave()));
    }),
  );
}

function handoverConforms(withLog: WithLog): void {
  it(
    'gives the partitions of a member that left to the others, which go on from the position committed',
    withLog(async ({ log }) => {
      const position = async (partition: number) => (await log.committed('readers', TOPIC, partition)) ?? 0;
      const [first, second] = [new RecordingHandler(position), new RecordingHandler(position)];
      for (const handler of [first, second]) {
        handler.onBatch = (partition, records) =>
          log.commit('readers', TOPIC, partition, (records.at(-1)?.offset ?? -1) + 1);
      }
      const one = await log.join(first.consumer('readers'));
      const two = await log.join(second.consumer('readers'));
      await log.append(all(log).map((partition) => batch(partition, 0, 2)));
      const seen = (partition: number) => first.records(partition).length + second.records(partition).length;
      await first.until(() => first.held().every((partition) => first.records(partition).length === 2));
      await second.until(() => second.held().every((partition) => second.records(partition).length === 2));
      await one.leave();
      await second.until(() => second.held().length === log.partitionCount(TOPIC));
      await log.append(all(log).map((partition) => batch(partition, 2, 1)));
      await second.until(() => all(log).every((partition) => seen(partition) === 3));
      await two.leave();
    }),
  );

  it(
    'gives a partition to the next member only when the former has finished with it',
    withLog(async ({ log }) => {
      const [first, second] = [new RecordingHandler(), new RecordingHandler()];
      const gate = new Gate();
      first.onBatch = () => gate.opened;
      const one = await log.join(first.consumer('readers'));
      await log.append(all(log).map((partition) => batch(partition, 0, 1)));
      await first.until(() => all(log).every((partition) => first.has(`batch ${partition}`)));
      const joining = log.join(second.consumer('readers'));
      assert.deepEqual(second.held(), []);
      gate.open();
      const two = await joining;
      for (const partition of second.held()) assert.ok(first.has(`revoked ${partition}`));
      assert.deepEqual(union(first, second), all(log));
      await Promise.all([one.leave(), two.leave()]);
    }),
  );
}
