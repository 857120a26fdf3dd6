import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  checkpointFailed,
  type DeliveryRow,
  type PartitionRow,
  restoreDelivery,
  restorePartition,
  takeCheckpoint,
} from './checkpoint.ts';
import { evolve } from './evolve.ts';
import { digestOf } from './partition-digest.ts';
import { createPartitionState, type PartitionState } from './partition-state.ts';
import { checkReleases, OUTCOMES, RandomHistory, type Step } from './random-history.ts';
import { HOUR, MINUTE, SECOND } from './specification.ts';

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('mail' as const),
      domain: fc.nat(4),
      delay: fc.constantFrom(0, 0, 0, MINUTE, HOUR),
      expanded: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(50, SECOND, 7 * SECOND, MINUTE, 6 * MINUTE, 25 * MINUTE, HOUR),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('decide' as const),
      fate: fc.constantFrom('folded' as const, 'folded' as const, 'folded' as const, 'lost' as const, 'void' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('outcome' as const),
      which: fc.nat(99),
      outcome: fc.constantFrom(...OUTCOMES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('throttle' as const),
      source: fc.nat(1),
      domain: fc.nat(4),
      ms: fc.constantFrom(30 * SECOND, 30 * MINUTE),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), which: fc.nat(9999) }) },
);

const steps: fc.Arbitrary<readonly Step[]> = fc.array(step, { minLength: 5, maxLength: 120 });

function play(all: readonly Step[], after: (random: RandomHistory) => void = () => {}): RandomHistory {
  const random = new RandomHistory();
  for (const step of all) {
    checkReleases(random, random.take(step));
    after(random);
  }
  return random;
}

function checkConservation(random: RandomHistory): void {
  const { state } = random.history;
  const pending = [...random.lives()].filter(([, life]) => life.terminal === undefined);
  assert.deepEqual([...state.deliveries.keys()].sort(), pending.map(([id]) => id).sort());
  let open = 0;
  for (const [id, life] of pending) {
    const delivery = random.history.delivery(id);
    assert.deepEqual(delivery.life, life);
    assert.equal(delivery.open !== undefined, life.open);
    if (life.open) open += 1;
  }
  const counted = [...state.agenda.loads.values()].reduce((sum, load) => sum + load.open, 0);
  assert.equal(counted, open, 'what is open stands in exactly one load');
}

function checkCredit({ history }: RandomHistory): void {
  for (const load of history.state.agenda.loads.values()) {
    const closed = load.closed.entries().reduce((sum, [, count]) => sum + count, 0);
    assert.ok(load.open <= Math.max(1, 2 + 2 * closed), `${load.open} out on ${load.path}`);
  }
}

/** The store as a service would keep it. */
class Rows {
  readonly deliveries = new Map<string, string>();
  readonly chunks: string[] = [];
  partition = '';

  write(state: PartitionState, fails: boolean): void {
    const checkpoint = takeCheckpoint(state);
    if (fails) {
      checkpointFailed(state, checkpoint);
      return;
    }
    for (const row of checkpoint.puts) this.deliveries.set(row.accepted.id, JSON.stringify(row));
    for (const id of checkpoint.deletes) this.deliveries.delete(id);
    this.chunks.push(JSON.stringify(checkpoint.tombstones));
    this.partition = JSON.stringify(checkpoint.partition);
  }

  restore(): PartitionState {
    const row = JSON.parse(this.partition) as PartitionRow;
    const state = restorePartition(
      0,
      1,
      row,
      this.chunks.map((chunk) => JSON.parse(chunk)),
    );
    for (const text of this.deliveries.values()) restoreDelivery(state, JSON.parse(text) as DeliveryRow);
    return state;
  }
}

describe('in every history', () => {
  it('each accepted delivery waits, is open or has ended, and nothing is released that may not go', () => {
    fc.assert(
      fc.property(steps, (all) => void play(all, checkConservation)),
      { numRuns: 300 },
    );
  });

  it('no path holds more than its credit', () => {
    fc.assert(
      fc.property(steps, (all) => void play(all, checkCredit)),
      { numRuns: 200 },
    );
  });

  it('folding each record again changes nothing but the position', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const { records, state } = play(all).history;
        const twice = createPartitionState(0, 1);
        // Every repeat stands behind the record it repeats, within the epoch it was written in.
        let offset = 0;
        const positions = new Map<number, number>();
        for (const [index, record] of records.entries()) {
          positions.set(index, offset);
          const epoch = record.epoch === undefined ? undefined : (positions.get(record.epoch) ?? -1);
          const moved = epoch === undefined ? record : { ...record, epoch };
          evolve(twice, offset++, moved);
          evolve(twice, offset++, moved);
        }
        assert.equal(twice.deliveries.size, state.deliveries.size);
        for (const delivery of state.deliveries.values()) {
          const other = twice.deliveries.get(delivery.id);
          assert.deepEqual([other?.life, other?.dueAt, other?.open], [delivery.life, delivery.dueAt, delivery.open]);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('a state made again from its checkpoint and the rest of the log is the fold of the whole log', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.record({ at: fc.nat(200), fails: fc.boolean() }), { maxLength: 4 }),
        (all, cuts) => {
          const { records, state } = play(all).history;
          const rows = new Rows();
          let folded = createPartitionState(0, 1);
          for (const [offset, record] of records.entries()) {
            for (const cut of cuts) if (cut.at === offset) rows.write(folded, cut.fails);
            evolve(folded, offset, record);
            if (offset % 7 !== 6) continue;
            rows.write(folded, false);
            folded = rows.restore();
          }
          const whole = foldOf(records);
          // An end that was written lately is remembered from then on: longer, never shorter.
          assert.ok(folded.tombstones.size.direct >= whole.tombstones.size.direct);
          assert.ok(folded.tombstones.size.messages >= whole.tombstones.size.messages);
          assert.deepEqual(digestOf(folded), digestOf(whole));
          assert.equal(folded.deliveries.size, state.deliveries.size);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('everything ends once outcomes come and time passes', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const random = play(all);
        const { history } = random;
        for (let round = 0; round < 400 && history.state.deliveries.size > 0; round++) {
          random.nowMs += round % 2 === 0 ? 30 * SECOND : MINUTE;
          history.run(random.nowMs);
        }
        assert.equal(history.state.deliveries.size, 0, 'with nobody answering, all is dropped in the end');
        assert.ok(random.nowMs < 1_750_000_000_000 + 200 * HOUR);
      }),
      { numRuns: 60 },
    );
  });
});

function foldOf(records: readonly Parameters<typeof evolve>[2][]): PartitionState {
  const state = createPartitionState(0, 1);
  for (const [offset, record] of records.entries()) evolve(state, offset, record);
  return state;
}
