import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryKeyedStore } from '@penstock/adapter-memory';
import { derivedId, type Fact, type Processed } from '@penstock/events';
import type { KeyedStore } from '@penstock/ports';
import {
  createPartitionState,
  EXPANDED_TOMBSTONE_MS,
  evolve,
  type PartitionState,
  takeCheckpoint,
} from '@penstock/scheduling';
import { CheckpointStore } from './checkpoint-store.ts';

const START = 1_750_000_000_000;

function claim(at: number, claimId: string): Fact {
  const body = { claimId, owner: 'spec' };
  return { id: derivedId(claimId), type: 'partition_claimed', version: 1, at, partition: 0, body };
}

function processed(name: string, expanded: boolean): Processed {
  const body = {
    content: { body: 'b', recipient: 'r' },
    index: 3,
    domain: 'example.com',
    recipientHash: 'h',
    class: 'bulk' as const,
    pool: 'default',
    acceptedAt: START,
    sendAt: START,
    size: 1,
    protocol: 'http' as const,
    expanded,
  };
  const deliveryId = `${name}.3.0`;
  return {
    id: name,
    type: 'processed',
    version: 1,
    at: START,
    partition: 0,
    deliveryId,
    messageId: name,
    tenant: 't',
    body,
  };
}

function dropped(name: string): Fact {
  const body = { cause: 'cancelled' as const, attempts: 0, heldMs: 0, remoteMs: 0 };
  return { id: `${name}-end`, type: 'dropped', version: 1, at: START, partition: 0, deliveryId: `${name}.3.0`, body };
}

function fold(state: PartitionState, ...records: readonly Fact[]): PartitionState {
  for (const record of records) evolve(state, state.position, record);
  return state;
}

async function keys(store: KeyedStore): Promise<readonly string[]> {
  return (await store.range({ from: ' ', to: '~', limit: 100 })).map(({ key }) => key);
}

describe('a checkpoint', () => {
  it('holds what is pending, and nothing of mail that settled in between', async () => {
    const keyed = new MemoryKeyedStore();
    const store = new CheckpointStore(keyed, 0, 1);
    const state = fold(createPartitionState(0, 1), processed('a', false), processed('b', false), dropped('b'));
    await store.write(takeCheckpoint(state));
    assert.deepEqual(await keys(keyed), ['d/a.3.0', 'partition', 't/000000000000']);
    assert.equal((await keyed.positions()).get('mail.events-0'), 3);
    fold(state, dropped('a'));
    await store.write(takeCheckpoint(state));
    assert.ok(!(await keys(keyed)).includes('d/a.3.0'));
  });

  it('is read back with its position, its mail and its tombstones', async () => {
    const keyed = new MemoryKeyedStore();
    const mail = [processed('a', false), processed('b', false), dropped('b'), processed('c', true), dropped('c')];
    await new CheckpointStore(keyed, 0, 1).write(takeCheckpoint(fold(createPartitionState(0, 1), ...mail)));
    const state = await new CheckpointStore(keyed, 0, 1).load();
    assert.ok(state);
    assert.equal(state.position, 5);
    fold(state, ...mail);
    assert.deepEqual([...state.deliveries.keys()], ['a.3.0']);
  });

  it('forgets tombstones when their time is over, and numbers go on', async () => {
    const keyed = new MemoryKeyedStore();
    const state = fold(createPartitionState(0, 1), claim(START, 'x'), processed('c', true), dropped('c'));
    await new CheckpointStore(keyed, 0, 1).write(takeCheckpoint(state));
    const store = new CheckpointStore(keyed, 0, 1);
    const later = await store.load();
    assert.ok(later);
    fold(later, claim(START + EXPANDED_TOMBSTONE_MS + 1, 'y'), processed('d', true), dropped('d'));
    await store.write(takeCheckpoint(later));
    assert.deepEqual(await keys(keyed), ['partition', 'x/000000000001']);
  });

  it('that is discarded leaves nothing, and another can follow it', async () => {
    const keyed = new MemoryKeyedStore();
    const state = fold(createPartitionState(0, 1), processed('a', false), processed('c', true), dropped('c'));
    const store = new CheckpointStore(keyed, 0, 1);
    await store.write(takeCheckpoint(state));
    await store.discard();
    assert.deepEqual(await keys(keyed), []);
    await store.write(takeCheckpoint(fold(createPartitionState(0, 1), processed('b', false))));
    assert.deepEqual(await keys(keyed), ['d/b.3.0', 'partition']);
  });

  it('of another format is thrown away', async () => {
    const keyed = new MemoryKeyedStore();
    await new CheckpointStore(keyed, 0, 1).write(
      takeCheckpoint(fold(createPartitionState(0, 1), processed('a', false))),
    );
    await keyed.write({ puts: [{ key: 'partition', value: { format: 0 } }] });
    assert.equal(await new CheckpointStore(keyed, 0, 1).load(), undefined);
    assert.deepEqual(await keys(keyed), []);
  });
});
