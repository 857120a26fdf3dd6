import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualTime } from '../rig.spec.ts';
import { WriteBehind } from './write-behind.ts';

/** A store whose writes end when the test says so. */
class SlowStore {
  readonly started: ((error?: Error) => void)[] = [];

  write(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.started.push((error) => (error ? reject(error) : resolve()));
    });
  }
}

function behind(store: SlowStore, time = new ManualTime(), failures: Error[] = []): WriteBehind {
  return new WriteBehind(
    time,
    { delayMs: 100, maxCollected: 3 },
    () => store.write(),
    (error) => failures.push(error),
  );
}

describe('writing behind', () => {
  it('writes once, after the delay, whatever came in between', async () => {
    const [store, time] = [new SlowStore(), new ManualTime()];
    const writer = behind(store, time);
    await writer.add(1);
    await writer.add(1);
    assert.equal(store.started.length, 0);
    time.advance(100);
    assert.equal(store.started.length, 1);
  });

  it('makes whoever collects too much wait until it is stored', async () => {
    const store = new SlowStore();
    const writer = behind(store);
    let added = false;
    const adding = writer.add(3).then(() => {
      added = true;
    });
    assert.equal(store.started.length, 1);
    assert.equal(added, false);
    store.started[0]?.();
    await adding;
  });

  it('stores with one more write what came while one was running', async () => {
    const store = new SlowStore();
    const writer = behind(store);
    const first = writer.flush();
    await writer.add(1);
    const [second, third] = [writer.flush(), writer.flush()];
    store.started[0]?.();
    await first;
    assert.equal(store.started.length, 2);
    store.started[1]?.();
    await Promise.all([second, third]);
    assert.equal(store.started.length, 2);
  });

  it('fails for good once a write has failed', async () => {
    const [store, failures] = [new SlowStore(), [] as Error[]];
    const writer = behind(store, new ManualTime(), failures);
    const flushed = writer.flush();
    store.started[0]?.(new Error('disk full'));
    await assert.rejects(flushed, /disk full/);
    await assert.rejects(writer.add(1), /disk full/);
    await assert.rejects(writer.flush(), /disk full/);
    assert.equal(failures.length, 1);
  });
});
