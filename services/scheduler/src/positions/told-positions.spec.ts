import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ManualTime, SchedulerRig } from '../scheduler-rig.spec.ts';
import { TELL_AGAIN_MS, TELL_WITHIN_MS, ToldPositions } from './told-positions.ts';

function told(fail: () => boolean = () => false) {
  const time = new ManualTime();
  const positions = new Map<number, number>();
  const commits: string[] = [];
  const logged: string[] = [];
  const log = {
    commit: async (group: string, topic: string, partition: number, offset: number) => {
      if (fail()) throw new Error('the log is away');
      commits.push(`${group} ${topic}-${partition} ${offset}`);
    },
  };
  const telemetry = { log: (_level: string, event: string) => logged.push(event) };
  const teller = new ToldPositions({ log, timers: time, telemetry, positions: () => positions });
  return { time, positions, commits, logged, teller };
}

describe('the positions of a scheduler', () => {
  it('are committed once a second at most, and only those that changed', async () => {
    const { time, positions, commits, teller } = told();
    positions.set(0, 5).set(1, 7);
    for (let folds = 0; folds < 100; folds++) teller.changed();
    assert.deepEqual(commits, []);
    await time.pass(TELL_WITHIN_MS);
    assert.deepEqual(commits, ['scheduler mail.events-0 5', 'scheduler mail.events-1 7']);
    positions.set(1, 8);
    teller.changed();
    await time.pass(TELL_WITHIN_MS);
    assert.deepEqual(commits.slice(2), ['scheduler mail.events-1 8']);
  });

  it('are told again from time to time, since what was told may have got lost', async () => {
    const { time, positions, commits, teller } = told();
    positions.set(0, 5);
    teller.changed();
    await time.pass(TELL_WITHIN_MS);
    await time.pass(TELL_AGAIN_MS);
    assert.deepEqual(commits, ['scheduler mail.events-0 5', 'scheduler mail.events-0 5']);
  });

  it('are told again also where nothing happens, while other partitions change every second', async () => {
    const { time, positions, commits, teller } = told();
    positions.set(0, 5);
    for (let second = 0; second * TELL_WITHIN_MS < 3 * TELL_AGAIN_MS; second++) {
      positions.set(1, second);
      teller.changed();
      await time.pass(TELL_WITHIN_MS);
    }
    const idle = commits.filter((commit) => commit === 'scheduler mail.events-0 5');
    assert.ok(idle.length >= 3, `told ${idle.length} times in three minutes`);
  });

  it('are told when the log takes them again', async () => {
    let away = true;
    const { time, positions, commits, logged, teller } = told(() => away);
    positions.set(0, 5);
    teller.changed();
    await time.pass(TELL_WITHIN_MS);
    assert.deepEqual([commits, logged], [[], ['position_not_told']]);
    away = false;
    await time.pass(TELL_WITHIN_MS);
    assert.deepEqual(commits, ['scheduler mail.events-0 5']);
  });

  it('are those of a scheduler that leaves, to the last record it folded', async () => {
    const rig = new SchedulerRig();
    const { log, stop } = await rig.start();
    await rig.mail();
    await rig.time.pass(TELL_WITHIN_MS);
    assert.equal(await log.committed('scheduler', 'mail.events', 0), rig.events().length);
    await rig.mail();
    await stop();
    assert.equal(await log.committed('scheduler', 'mail.events', 0), rig.events().length);
  });
});
