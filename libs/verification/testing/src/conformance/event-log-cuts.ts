import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { WithLog } from './event-log-conformance.ts';
import { batch, facts, RecordingHandler, readAll } from './event-log-harness.ts';

const KEPT = 3;
const ADDED = 4;

/** Append is atomic within one partition and promises nothing across two: what a cut between them leaves behind. */
export function cutsConform(withLog: WithLog): void {
  for (const wholeBatches of [0, 1, 2]) {
    it(
      `rejects an append cut after ${wholeBatches} batches, and holds each of them whole or not at all`,
      withLog(async (harness) => {
        await harness.log.append([batch(0, 0, KEPT), batch(1, 0, KEPT)]);
        harness.cutNextAppend(wholeBatches);
        const batches = [batch(0, KEPT, ADDED), batch(1, KEPT, ADDED), batch(0, KEPT + ADDED, ADDED)];
        await assert.rejects(harness.log.append(batches));
        await harness.reopen();
        for (const partition of [0, 1]) {
          const found = await readAll(harness.log, partition);
          assert.deepEqual(found, facts(partition, 0, found.length));
          assert.equal((found.length - KEPT) % ADDED, 0, `partition ${partition} holds part of a batch`);
        }
        assert.ok((await readAll(harness.log, 0)).length <= KEPT + (wholeBatches > 0 ? ADDED : 0));
      }),
    );
  }

  it(
    'takes the same batches again after a cut, at offsets that follow what is there',
    withLog(async (harness) => {
      await harness.log.append([batch(0, 0, KEPT)]);
      harness.cutNextAppend(1);
      const batches = [batch(0, KEPT, ADDED), batch(1, 0, ADDED)];
      await assert.rejects(harness.log.append(batches));
      await harness.reopen();
      const before = [await harness.log.bounds('mail.events', 0), await harness.log.bounds('mail.events', 1)];
      const receipts = await harness.log.append(batches);
      assert.deepEqual(
        receipts.map(({ offset }) => offset),
        before.map(({ end }) => end),
      );
      assert.deepEqual((await readAll(harness.log, 1)).slice(-ADDED), facts(1, 0, ADDED));
      assert.deepEqual((await readAll(harness.log, 0)).slice(-ADDED), facts(0, KEPT, ADDED));
    }),
  );

  it(
    'has shown no reader a record that is not there after the cut',
    withLog(async (harness) => {
      const handler = new RecordingHandler();
      await harness.log.join(handler.consumer('watcher'));
      await harness.log.append([batch(0, 0, KEPT)]);
      await handler.until(() => handler.records(0).length === KEPT);
      harness.cutNextAppend(1);
      await assert.rejects(harness.log.append([batch(0, KEPT, ADDED), batch(1, 0, ADDED)]));
      await harness.reopen();
      for (const partition of [0, 1]) {
        const shown = handler.records(partition);
        assert.deepEqual((await readAll(harness.log, partition)).slice(0, shown.length), shown);
      }
    }),
  );
}
