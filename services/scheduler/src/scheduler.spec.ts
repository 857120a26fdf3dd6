import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SchedulerRig, START } from './scheduler-rig.spec.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe('a scheduler', () => {
  it('claims its partition, decides, reads its decision back and sends the command', async () => {
    const rig = new SchedulerRig();
    const { scheduler } = await rig.start();
    const id = await rig.mail();
    assert.deepEqual(rig.types(), ['partition_claimed', 'processed', 'released']);
    const [command] = rig.commands();
    assert.equal(command?.body.path, 'ip-1|site:example.com');
    assert.equal(command?.body.startBy, START + MINUTE);
    assert.equal(command?.body.expiresAt, START + 72 * HOUR);
    assert.deepEqual(rig.commanded(), [`${id}/1`]);
    assert.equal(scheduler.notReady(), undefined);
  });

  it('decides nothing before it knows a policy', async () => {
    const rig = new SchedulerRig();
    rig.data.truncate('mail.control', 0, 2);
    const { scheduler } = await rig.start();
    await rig.mail();
    assert.match(scheduler.notReady() ?? '', /policy/);
    assert.deepEqual(rig.types(), ['partition_claimed', 'processed']);
    rig.policy();
    rig.control('source_claimed', { source: 'ip-1', owner: 'd', claimId: 'c2' });
    await rig.time.pass(0);
    assert.equal(rig.commanded().length, 1);
  });

  it('wakes for send_at, for a retry and for the end of a suspension', async () => {
    const rig = new SchedulerRig();
    await rig.start();
    const later = await rig.mail({ sendAt: START + 5 * MINUTE });
    await rig.time.pass(5 * MINUTE - 1);
    assert.deepEqual(rig.commanded(), []);
    await rig.time.pass(10);
    assert.deepEqual(rig.commanded(), [`${later}/1`]);
    const [command] = rig.commands();
    assert.ok(command);
    await rig.deferred(command, 2 * MINUTE);
    await rig.time.pass(2 * MINUTE + 10);
    assert.deepEqual(rig.commanded(), [`${later}/1`, `${later}/2`]);
  });

  it('takes its place among a provider’s domains once the MX is known', async () => {
    const rig = new SchedulerRig();
    rig.policy('[provider."gmail"]\nmatch = [{ MXSuffix = ".google.com" }]\n');
    rig.answers.set('gmail.com', { kind: 'mx', hosts: [{ name: 'mx.google.com', preference: 5 }], ttlMs: HOUR });
    await rig.start();
    await rig.mail({ domain: 'gmail.com' });
    assert.equal(rig.commands()[0]?.body.path, 'ip-1|provider:gmail');
  });

  it('writes what time alone decides, when all that stood in the log then is folded', async () => {
    const rig = new SchedulerRig();
    rig.policy('max_age = "90s"\n[dispatch]\nattempt_max = "20s"\nstart_within = "10s"\n');
    await rig.start();
    await rig.mail();
    await rig.time.pass(30 * SECOND + 100);
    assert.deepEqual(rig.types().slice(3), ['outcome_unknown']);
    await rig.time.pass(60 * SECOND);
    assert.deepEqual(rig.types().slice(3), ['outcome_unknown', 'dropped']);
  });

  it('expires nothing because the wall clock jumped', async () => {
    const rig = new SchedulerRig();
    await rig.start();
    await rig.mail({ sendAt: START + HOUR });
    rig.time.wallMs += 100 * HOUR;
    await rig.time.pass(MINUTE);
    assert.deepEqual(rig.types(), ['partition_claimed', 'processed']);
  });

  it('does not poll: with nothing to wait for, nothing happens', async () => {
    const rig = new SchedulerRig();
    await rig.start();
    await rig.mail();
    const [command] = rig.commands();
    assert.ok(command);
    await rig.delivered(command);
    const written = rig.events().length;
    await rig.time.pass(HOUR);
    assert.equal(rig.events().length, written);
  });
});

describe('a scheduler that stops', () => {
  it('leaves no decision without its command, and a checkpoint from which the next goes on', async () => {
    const rig = new SchedulerRig();
    const first = await rig.start();
    const id = await rig.mail();
    await rig.mail({ sendAt: START + HOUR });
    await first.stop();
    assert.deepEqual(rig.commanded(), [`${id}/1`]);
    const second = await rig.start({
      beforeRead: (topic, _partition, from) => {
        if (topic === 'mail.events') assert.ok(from >= 3, 'the fold is not made again from the start');
      },
    });
    await rig.time.pass(HOUR);
    assert.equal(new Set(rig.commanded()).size, 2);
    await second.stop();
    assert.ok(!rig.logged.includes('partition_stopped'));
  });
});
