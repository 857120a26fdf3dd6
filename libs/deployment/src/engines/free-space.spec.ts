import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { FreeSpace, type FreeSpaceDeps } from './free-space.ts';

const MIB = 2 ** 20;

function given(free: Record<string, number>) {
  const logged: string[] = [];
  let next: (() => void) | undefined;
  const deps: FreeSpaceDeps = {
    timers: {
      after: (_delayMs, callback) => {
        next = callback;
        return { cancel: () => (next = undefined) };
      },
      sleep: async () => {},
    },
    telemetry: { log: (_level, event) => logged.push(event) },
    freeBytes: async (folder) => {
      const bytes = free[folder];
      if (bytes === undefined) throw new Error('no such folder');
      return bytes;
    },
  };
  const look = async () => {
    next?.();
    for (let turns = 0; turns < 10; turns++) await Promise.resolve();
  };
  return { deps, logged, look, watches: () => next !== undefined };
}

describe('the free space of a process apart', () => {
  it('is known when it is watched, and is that of the folder with the least', async () => {
    const { deps } = given({ state: 500 * MIB, content: 60 * MIB });
    const space = await FreeSpace.watch(['state', 'content', 'away'], 32 * MIB, deps);
    assert.equal(space.full(), 'the disk of content is nearly full');
    assert.equal(space.exhausted(), undefined);
  });

  it('stops what comes in first, then what goes out, and lets both go on with a little more than that', async () => {
    const free = { state: 100 * MIB };
    const { deps, logged, look } = given(free);
    const space = await FreeSpace.watch(['state'], 32 * MIB, deps);
    const states: string[] = [];
    const seen = () => `${space.full() ? 'no' : 'yes'}/${space.exhausted() ? 'no' : 'yes'}`;
    space.onChange(() => states.push(seen()));
    for (const mib of [65, 63, 70, 15, 18, 21, 79, 81]) {
      free.state = mib * MIB;
      await look();
    }
    assert.deepEqual(states, ['no/yes', 'no/no', 'no/yes', 'yes/yes']);
    assert.deepEqual(logged, ['disk_nearly_full', 'disk_full', 'disk_nearly_full', 'disk_has_room']);
  });

  it('is not looked at without a reserve, and no more once it is stopped', async () => {
    const nothing = given({ state: 0 });
    const unwatched = await FreeSpace.watch(['state'], 0, nothing.deps);
    assert.equal(unwatched.full(), undefined);
    assert.ok(!nothing.watches());
    const { deps, watches } = given({ state: 0 });
    const space = await FreeSpace.watch(['state'], MIB, deps);
    assert.ok(space.exhausted() && watches());
    space.stop();
    assert.ok(!watches());
  });

  it('is asked of the system', async () => {
    const { deps } = given({});
    const space = await FreeSpace.watch([tmpdir()], 2 ** 60, { timers: deps.timers, telemetry: deps.telemetry });
    assert.ok(space.exhausted());
    space.stop();
  });
});
