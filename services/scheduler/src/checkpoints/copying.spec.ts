import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryKeyedStore, MemoryStateCopies } from '@penstock/adapter-memory';
import type { KeyedChange, KeyedStore, StateCopies } from '@penstock/ports';
import { createPartitionState, takeCheckpoint } from '@penstock/scheduling';
import { SchedulerRig } from '../scheduler-rig.spec.ts';
import { CheckpointStore } from './checkpoint-store.ts';
import { Checkpoints } from './checkpoints.ts';
import { COPY_EVERY_MS, COPY_WORTH_RECORDS, Copying } from './copying.ts';

const MINUTE = 60_000;
const POSITION = 'mail.events-0';

/** A partition's store and copies, with time and what is logged in the spec's hands. */
class CopyingRig {
  readonly copies = new MemoryStateCopies();
  readonly keyed = new MemoryKeyedStore();
  readonly logged: string[] = [];
  nowMs = 0;

  copying(store: CheckpointStore, copies: StateCopies = this.copies): Copying {
    const deps = {
      clock: { monotonic: () => this.nowMs },
      random: { next: () => 0 },
      telemetry: { log: (_level: string, event: string) => this.logged.push(event) },
      copies,
    };
    return new Copying(deps, store, 0);
  }

  async write(position: number, keyed: KeyedStore = this.keyed): Promise<void> {
    const state = createPartitionState(0, 1);
    state.position = position;
    await new CheckpointStore(keyed, 0, 1).write(takeCheckpoint(state));
  }

  /** Another host's state is copied, and then this one's partition is assigned with a log from `begin` to `end`. */
  async start(copied: number, begin: number, end: number): Promise<number | undefined> {
    const other = new MemoryKeyedStore();
    await this.write(copied, other);
    await this.copies.copy('scheduler-0', other, new AbortController().signal);
    const store = new CheckpointStore(this.keyed, 0, 1);
    await this.copying(store).start(begin, end);
    return await store.position();
  }
}

describe('a partition that is assigned', () => {
  it('starts from the copy where there is no state', async () => {
    assert.equal(await new CopyingRig().start(500, 0, 1000), 500);
  });

  it('starts from the copy where its own state is far behind it, or no longer within the log', async () => {
    const rig = new CopyingRig();
    await rig.write(1);
    assert.equal(await rig.start(COPY_WORTH_RECORDS + 1, 0, 1e6), COPY_WORTH_RECORDS + 1);
    const truncated = new CopyingRig();
    await truncated.write(100);
    assert.equal(await truncated.start(250, 200, 300), 250);
  });

  it('keeps its own state where that is as good', async () => {
    for (const [own, copied] of [
      [500, 400],
      [500, 501],
    ] as const) {
      const rig = new CopyingRig();
      await rig.write(own);
      assert.equal(await rig.start(copied, 0, 1000), own);
    }
  });

  it('leaves a copy alone that tells of another log', async () => {
    assert.equal(await new CopyingRig().start(500, 0, 400), undefined);
    assert.equal(await new CopyingRig().start(500, 600, 700), undefined);
  });

  it('has nothing of a copy that was restored in part', async () => {
    const rig = new CopyingRig();
    await rig.write(7);
    await rig.keyed.write({ puts: [{ key: 'd/stale', value: {} }] });
    const copy = {
      positions: new Map([[POSITION, COPY_WORTH_RECORDS * 2]]),
      // The partition's row is there, and even of the position that stood here before; the rest is not.
      restore: async (store: KeyedStore) => {
        const other = new MemoryKeyedStore();
        await rig.write(7, other);
        const [row] = await other.range({ from: 'partition', to: 'partition~', limit: 1 });
        assert.ok(row);
        await store.write({ puts: [row, { key: 'd/half', value: {} }] });
        throw new Error('killed');
      },
    };
    const store = new CheckpointStore(rig.keyed, 0, 1);
    await rig.copying(store, { copy: async () => {}, newest: async () => copy }).start(0, 1e6);
    assert.deepEqual(rig.logged, ['state_copy_not_restored']);
    assert.equal(await store.position(), undefined);
    assert.equal(await store.load(), undefined);
    assert.deepEqual(await rig.keyed.range({ from: '', to: '~', limit: 10 }), []);
  });

  it('folds the log where copies cannot be read', async () => {
    const rig = new CopyingRig();
    const store = new CheckpointStore(rig.keyed, 0, 1);
    const away: StateCopies = { copy: async () => {}, newest: () => Promise.reject(new Error('away')) };
    await rig.copying(store, away).start(0, 10);
    assert.equal(await store.load(), undefined);
  });
});

describe('a partition that is owned', () => {
  it('is copied every ten minutes, after a checkpoint, and no checkpoint is written meanwhile', async () => {
    const rig = new CopyingRig();
    const done: string[] = [];
    const write = rig.keyed.write.bind(rig.keyed);
    rig.keyed.write = async (change: KeyedChange) => {
      done.push('checkpoint');
      await write(change);
    };
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    const copies: StateCopies = {
      newest: async () => undefined,
      copy: async () => {
        done.push('copy');
        await held;
        done.push('copied');
      },
    };
    const store = new CheckpointStore(rig.keyed, 0, 1);
    const clock = { monotonic: () => rig.nowMs };
    const checkpoints = new Checkpoints(
      store,
      createPartitionState(0, 1),
      clock,
      { log: () => {} },
      rig.copying(store, copies),
    );
    const fold = async () => {
      rig.nowMs += COPY_EVERY_MS / 2;
      checkpoints.folded(1);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    };
    await fold();
    await fold();
    await fold();
    assert.deepEqual(done, ['checkpoint', 'checkpoint', 'copy']);
    letGo();
    await checkpoints.close();
    assert.deepEqual(done, ['checkpoint', 'checkpoint', 'copy', 'copied', 'checkpoint']);
  });

  it('breaks a copy off when it is given up', async () => {
    const rig = new CopyingRig();
    const store = new CheckpointStore(rig.keyed, 0, 1);
    const copies: StateCopies = {
      newest: async () => undefined,
      copy: (_name, _store, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
    };
    const copying = rig.copying(store, copies);
    rig.nowMs = COPY_EVERY_MS;
    const copied = copying.copyIfDue();
    copying.close();
    await copied;
    assert.deepEqual(rig.logged, []);
  });
});

describe('a scheduler whose disk is lost', () => {
  it('starts from the copy and goes on with the mail that is pending', async () => {
    const rig = new SchedulerRig();
    const first = await rig.start();
    const later = await rig.mail({ sendAt: rig.time.now() + 60 * MINUTE });
    await rig.time.pass(11 * MINUTE);
    const sent = await rig.mail();
    await rig.time.pass(MINUTE);
    assert.ok(rig.logged.includes('state_copied'));
    first.crash();
    rig.stores.forget('scheduler-0');
    await rig.start();
    assert.ok(rig.logged.includes('state_copy_restored'));
    await rig.time.pass(60 * MINUTE);
    assert.deepEqual([...new Set(rig.commanded())].slice(0, 2).sort(), [`${later}/1`, `${sent}/1`].sort());
  });
});
