import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SchedulerRig } from './scheduler-rig.spec.ts';

/** A rig whose suppressions are in the spec's hands: everybody's, or nobody's. */
class SuppressingRig extends SchedulerRig {
  everybody = false;
  missing: string | undefined;
  private changed = () => {};

  constructor() {
    super();
    this.suppressions = {
      reasonFor: () => (this.everybody ? 'bounce' : undefined),
      notReady: () => this.missing,
      onChange: (listener) => {
        this.changed = listener;
      },
    };
  }

  async become(state: { readonly everybody?: boolean; readonly missing?: string | undefined }): Promise<void> {
    Object.assign(this, state);
    this.changed();
    await this.time.pass(0);
  }
}

describe('a scheduler with suppressions', () => {
  it('releases nothing before it knows all of them, and then at once', async () => {
    const rig = new SuppressingRig();
    rig.missing = 'suppressions are not yet read to their end';
    const { scheduler, stop } = await rig.start();
    await rig.mail();
    assert.deepEqual(rig.types(), ['partition_claimed', 'processed']);
    assert.equal(scheduler.notReady(), rig.missing);
    await rig.become({ missing: undefined });
    assert.deepEqual(rig.types(), ['partition_claimed', 'processed', 'released']);
    await stop();
  });

  it('drops a retry whose recipient was suppressed while it waited', async () => {
    const rig = new SuppressingRig();
    const { stop } = await rig.start();
    await rig.mail();
    const [command] = rig.commands();
    assert.ok(command);
    await rig.deferred(command, 60_000);
    await rig.become({ everybody: true });
    await rig.time.pass(60_000);
    const dropped = rig.events().at(-1);
    assert.deepEqual([dropped?.type, rig.commands().length], ['dropped', 1]);
    assert.ok(dropped?.type === 'dropped' && dropped.body.suppression === 'bounce' && dropped.body.attempts === 1);
    await stop();
  });
});
