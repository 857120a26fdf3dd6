import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MemoryLogHooks } from '@penstock/adapter-memory';
import type { Fact } from '@penstock/events';
import { type Life, SchedulerRig } from './scheduler-rig.spec.ts';

const MINUTE = 60_000;

type Batch = Parameters<NonNullable<MemoryLogHooks['beforeStore']>>[0];

function holds(batch: Batch, type: string): boolean {
  return batch.records.some((record) => record.type === type);
}

/** Dies before or after the first batch with a record of that type is stored. */
function dying(type: string, when: 'before' | 'after', crash: () => void): MemoryLogHooks {
  let done = false;
  const strike = (batches: readonly Batch[]) => {
    if (done || !batches.some((batch) => holds(batch, type))) return;
    done = true;
    crash();
  };
  return when === 'before'
    ? { beforeStore: (batch) => strike([batch]) }
    : { beforeAcknowledge: (batches) => strike(batches) };
}

/** Releases that are open in the log and have no command. */
function missingCommands(rig: SchedulerRig): readonly string[] {
  const commanded = new Set(rig.commanded());
  return rig
    .events()
    .flatMap((fact) => (fact.type === 'released' ? fact.body.deliveries : []))
    .map(({ deliveryId, release }) => `${deliveryId}/${release}`)
    .filter((name) => !commanded.has(name));
}

describe('a scheduler that dies', () => {
  for (const type of ['partition_claimed', 'released', 'attempt']) {
    for (const when of ['before', 'after'] as const) {
      it(`${when} its ${type} is stored is followed by one that finishes the work, once`, async () => {
        const rig = new SchedulerRig();
        let first: Life | undefined;
        let dead = false;
        const hooks = dying(type, when, () => {
          dead = true;
          first?.crash();
        });
        first = await rig.start(hooks);
        if (dead) first.crash();
        const id = await rig.mail();
        assert.ok(dead, 'it died');
        await rig.start();
        await rig.time.pass(1000);
        assert.deepEqual([...new Set(rig.commanded())], [`${id}/1`]);
        assert.deepEqual(missingCommands(rig), []);
        const [command] = rig.commands();
        assert.ok(command);
        await rig.delivered(command);
        await rig.time.pass(20 * MINUTE);
        assert.equal(rig.types().filter((fact) => fact === 'released').length, 1);
      });
    }
  }

  it('has its open attempts commanded again, with the same release, unless startBy has passed', async () => {
    const rig = new SchedulerRig();
    const first = await rig.start();
    const early = await rig.mail();
    await rig.time.pass(50_000);
    const late = await rig.mail();
    first.crash();
    await rig.time.pass(20_000);
    await rig.start();
    assert.deepEqual(rig.commanded(), [`${early}/1`, `${late}/1`, `${late}/1`]);
    assert.equal(rig.commands()[1]?.id, rig.commands()[2]?.id);
  });

  it('and wakes as a zombie writes what is void for everybody', async () => {
    const rig = new SchedulerRig();
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let late: readonly Fact[] = [];
    const zombie = await rig.start({
      beforeStore: async (batch) => {
        if (!holds(batch, 'released')) return;
        late = batch.records as readonly Fact[];
        await held;
      },
    });
    const id = await rig.mail();
    zombie.log.disconnect();
    await rig.start();
    assert.deepEqual(rig.commanded(), [`${id}/1`]);
    release();
    await rig.time.pass(1000);
    assert.ok(
      rig.events().some((fact) => fact.id === late[0]?.id),
      'the append landed',
    );
    assert.deepEqual(rig.commanded(), [`${id}/1`], 'and led to no command');
  });
});

describe('an append whose acknowledgement is lost', () => {
  it('is found in the log, and not decided twice', async () => {
    const rig = new SchedulerRig();
    let lost = 0;
    await rig.start({
      beforeAcknowledge: (batches) => {
        if (!batches.some((batch) => holds(batch, 'released')) || lost++ > 0) return;
        throw new Error('connection reset');
      },
    });
    const id = await rig.mail();
    await rig.time.pass(MINUTE / 2);
    assert.equal(lost, 1);
    assert.deepEqual(rig.commanded(), [`${id}/1`]);
    assert.equal(rig.types().filter((type) => type === 'released').length, 1);
  });

  it('of commands is repeated until it is known to be durable', async () => {
    const rig = new SchedulerRig();
    let lost = 0;
    await rig.start({
      beforeAcknowledge: (batches) => {
        if (!batches.some((batch) => holds(batch, 'attempt')) || lost++ > 1) return;
        throw new Error('connection reset');
      },
    });
    const id = await rig.mail();
    await rig.time.pass(MINUTE / 2);
    assert.deepEqual(rig.commanded(), [`${id}/1`, `${id}/1`, `${id}/1`]);
  });

  it('of a claim leaves one claim that counts', async () => {
    const rig = new SchedulerRig();
    let lost = 0;
    await rig.start({
      beforeAcknowledge: () => {
        if (lost++ === 0) throw new Error('connection reset');
      },
    });
    const id = await rig.mail();
    await rig.time.pass(1000);
    assert.deepEqual(rig.commanded(), [`${id}/1`]);
  });
});

describe('an append that failed', () => {
  it('is decided anew', async () => {
    const rig = new SchedulerRig();
    let failures = 0;
    await rig.start({
      beforeStore: (batch) => {
        if (holds(batch, 'released') && failures++ < 3) throw new Error('disk away');
      },
    });
    const id = await rig.mail();
    await rig.time.pass(1000);
    assert.deepEqual(rig.commanded(), [`${id}/1`]);
  });

  it('for good is tried now and then, and never without time passing', async () => {
    const rig = new SchedulerRig();
    let appends = 0;
    await rig.start({
      beforeStore: (batch) => {
        if (!holds(batch, 'released')) return;
        // Far beyond what the minute below may take: without this bound a regression would never end.
        if (++appends < 1000) throw new Error('disk away');
      },
    });
    await rig.mail();
    await rig.time.pass(MINUTE);
    assert.ok(appends > 5 && appends < 30, `${appends} appends in a minute`);
  });
});

describe('a scheduler that reads another’s claim after its own', () => {
  it('claims again, and takes what is open over', async () => {
    const rig = new SchedulerRig();
    await rig.start();
    const id = await rig.mail();
    await rig.append({
      id: 'other',
      type: 'partition_claimed',
      version: 1,
      at: rig.time.now(),
      partition: 0,
      body: { claimId: 'other', owner: 'other' },
    });
    await rig.mail();
    assert.equal(rig.commanded().length, 1, 'it decides nothing under a claim that is lost');
    await rig.time.pass(1000);
    assert.equal(rig.types().filter((type) => type === 'partition_claimed').length, 3);
    assert.deepEqual(rig.commanded().slice(1, 2), [`${id}/1`]);
    assert.equal(new Set(rig.commanded()).size, 2);
  });
});

describe('a state of another log', () => {
  it('is thrown away, though its position lies within this one: it would hide mail and send what is not ours', async () => {
    const before = new SchedulerRig();
    const { stop } = await before.start();
    await before.mail();
    await stop();
    const rig = new SchedulerRig();
    rig.stores = before.stores;
    const ids: string[] = [];
    for (let count = 0; count < 10; count++) ids.push(await rig.mail());
    await rig.start();
    await rig.time.pass(1000);
    assert.ok(rig.logged.some((line) => line.includes('checkpoint_discarded')));
    assert.deepEqual(new Set(rig.commanded()), new Set(ids.map((id) => `${id}/1`)));
  });
});
