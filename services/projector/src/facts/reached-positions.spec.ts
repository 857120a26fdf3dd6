import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualTime } from '../rig.spec.ts';
import { ReachedPositions } from './reached-positions.ts';

describe('positions reached', () => {
  it('wake who waits for them, and only those', async () => {
    const positions = new ReachedPositions();
    const woken: string[] = [];
    const near = positions.wait(0, 5).then(() => woken.push('near'));
    positions.wait(0, 6).then(
      () => woken.push('far'),
      () => undefined,
    );
    positions.advance(1, 9);
    positions.advance(0, 5);
    await near;
    assert.deepEqual(woken, ['near']);
  });

  it('are waited for no longer than asked', async () => {
    const [positions, time] = [new ReachedPositions(), new ManualTime()];
    const late = positions.waitAtMost(0, 5, 1_000, time);
    const inTime = positions.waitAtMost(0, 3, 1_000, time);
    positions.advance(0, 4);
    assert.equal(await inTime, true);
    time.advance(1_000);
    assert.equal(await late, false);
    assert.equal(time.waiting, 0);
  });
});
