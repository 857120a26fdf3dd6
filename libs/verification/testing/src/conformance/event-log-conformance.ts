import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OffsetOutOfRangeError } from '@penstock/ports';
import { consumersConform } from './event-log-consumers.ts';
import { cutsConform } from './event-log-cuts.ts';
import { appendEach, batch, type EventLogHarness, facts, readAll, TOPIC } from './event-log-harness.ts';

/** Runs `body` on a new log and closes it whatever happens. */
export type WithLog = (body: (harness: EventLogHarness) => Promise<void>) => () => Promise<void>;

/** Everything an EventLog promises, as tests. `open` gives an empty log each time. */
export function eventLogConformance(name: string, open: () => Promise<EventLogHarness>): void {
  const withLog: WithLog = (body) => async () => {
    const harness = await open();
    try {
      await body(harness);
    } finally {
      await harness.close();
    }
  };
  describe(`event log: ${name}`, () => {
    appendsConform(withLog);
    readsConform(withLog);
    consumersConform(withLog);
    cutsConform(withLog);
  });
}

function appendsConform(withLog: WithLog): void {
  it(
    'answers the first offset of each batch, in the order given',
    withLog(async ({ log }) => {
      assert.deepEqual(await log.append([batch(1, 0, 3), batch(0, 0, 2)]), [{ offset: 0 }, { offset: 0 }]);
      assert.deepEqual(await log.append([batch(0, 2, 1), batch(1, 3, 1)]), [{ offset: 2 }, { offset: 3 }]);
    }),
  );

  it(
    'keeps the order in which appends were begun, although none waited for the other',
    withLog(async ({ log }) => {
      await Promise.all(Array.from({ length: 50 }, (_, n) => log.append([batch(0, n, 1)])));
      assert.deepEqual(await readAll(log, 0), facts(0, 0, 50));
    }),
  );

  it(
    'rejects a partition that is not there and appends nothing of that partition',
    withLog(async ({ log }) => {
      await assert.rejects(log.append([{ ...batch(0, 0, 1), partition: log.partitionCount(TOPIC) }]));
      assert.deepEqual(await log.bounds(TOPIC, 0), { begin: 0, end: 0 });
    }),
  );

  it(
    'goes on at the next offset after it was closed and opened again, with every record as it was',
    withLog(async (harness) => {
      await appendEach(harness.log, 0, 0, 3);
      await harness.log.append([batch(1, 0, 2)]);
      await harness.reopen();
      assert.deepEqual(await harness.log.append([batch(0, 3, 2)]), [{ offset: 3 }]);
      assert.deepEqual(await readAll(harness.log, 0), facts(0, 0, 5));
      assert.deepEqual(await readAll(harness.log, 1), facts(1, 0, 2));
    }),
  );
}

function readsConform(withLog: WithLog): void {
  it(
    'reads from any offset, as many records as asked for at most, nothing at the end',
    withLog(async ({ log }) => {
      await log.append([batch(0, 0, 4)]);
      await log.append([batch(0, 4, 3)]);
      const read = await log.read(TOPIC, 0, 3, 2);
      assert.deepEqual(
        read.map(({ offset, record }) => [offset, record.at]),
        [
          [3, 1_700_000_000_003],
          [4, 1_700_000_000_004],
        ],
      );
      assert.deepEqual(await log.read(TOPIC, 0, 7, 10), []);
      assert.deepEqual(await readAll(log, 0, 2), facts(0, 0, 7));
    }),
  );

  it(
    'rejects offsets it does not hold',
    withLog(async ({ log }) => {
      await log.append([batch(0, 0, 2)]);
      await assert.rejects(log.read(TOPIC, 0, 3, 1), OffsetOutOfRangeError);
      await assert.rejects(log.read(TOPIC, 0, -1, 1), OffsetOutOfRangeError);
    }),
  );

  it(
    'tells the bounds of each partition',
    withLog(async ({ log }) => {
      await log.append([batch(1, 0, 5)]);
      assert.deepEqual(await log.bounds(TOPIC, 0), { begin: 0, end: 0 });
      assert.deepEqual(await log.bounds(TOPIC, 1), { begin: 0, end: 5 });
    }),
  );
}
