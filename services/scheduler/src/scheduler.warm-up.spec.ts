import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Attempt, Control, Deferred, Fact } from '@penstock/events';
import { SchedulerRig, START } from './scheduler-rig.spec.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MINUTE_MS = 60_000;
const SCHEDULE = `
[warmup."mine"]
hourly = [10, 20, 40]
[warmup."mine".gate]
set_back_days = 1
`;

class WarmupRig extends SchedulerRig {
  /** Day 0 began so long ago. */
  constructor(agoMs = 0) {
    super();
    this.policy(SCHEDULE);
    const stage = { day: 0, since: START - agoMs, hourlyLimit: 10 };
    const by = { schedule: 'mine', reason: 'operator', startedBy: 'spec' } as const;
    this.control('source_warmup_started', { source: 'ip-1', warmup: 'w', ...by, ...stage });
  }

  ledger(): readonly Control[] {
    const records = this.data.read('mail.control', 0, 0, 1000).map(({ record }) => record as Control);
    return records.filter(({ type }) => type.startsWith('source_warmup_'));
  }

  steps(): readonly string[] {
    return this.ledger().map(({ type }) => type.replace('source_warmup_', ''));
  }

  released(): readonly Extract<Fact, { type: 'released' }>[] {
    return this.events().filter((fact) => fact.type === 'released');
  }

  async blocked(command: Attempt): Promise<void> {
    const { source, site, deliveries } = command.body;
    const verdict = { cause: 'blocked', scope: 'source', disposition: 'defer', confidence: 1 } as const;
    const attempt = { attempt: deliveries[0]?.attempt ?? 1, source, site, phase: 'rcpt', scope: 'source' } as const;
    await this.append({
      id: `blocked-${command.id}`,
      type: 'deferred',
      version: 1,
      at: this.time.now(),
      partition: 0,
      deliveryId: command.deliveryId ?? '',
      release: command.release ?? 0,
      body: { ...attempt, verdict, timings: {}, cause: 'remote' },
    } as Deferred);
  }
}

describe('a scheduler with a source in warm-up', () => {
  it('releases what its day allows, and says that the source was warming', async () => {
    const rig = new WarmupRig();
    await rig.start();
    for (let i = 0; i < 20; i++) await rig.mail({ domain: `d${i}.example` });
    await rig.time.pass(HOUR_MS);
    const released = rig.released().flatMap(({ body }) => body.deliveries);
    assert.equal(released.length, 9, 'an hour and 665 s, over ten');
    assert.ok(rig.released().every(({ body }) => body.warming === true));
  });

  it('counts its days by steps that the next day is decided under', async () => {
    const rig = new WarmupRig(DAY_MS - MINUTE_MS);
    const life = await rig.start();
    await rig.time.pass(3 * MINUTE_MS);
    assert.deepEqual(rig.steps(), ['started', 'advanced']);
    const [, advanced] = rig.ledger();
    assert.ok(advanced?.type === 'source_warmup_advanced');
    const { day, since, hourlyLimit, step } = advanced.body;
    assert.deepEqual({ day, since, hourlyLimit, step }, { day: 1, since: START + MINUTE_MS, hourlyLimit: 20, step: 1 });
    await life.stop();
  });

  it('counts those too that passed while no scheduler ran, and ends after the last', async () => {
    const rig = new WarmupRig(3 * DAY_MS);
    const life = await rig.start();
    await rig.time.pass(2 * MINUTE_MS);
    assert.deepEqual(rig.steps(), ['started', 'advanced', 'advanced', 'stopped']);
    life.crash();
    await rig.start();
    await rig.time.pass(2 * MINUTE_MS);
    assert.equal(rig.steps().length, 4);
  });

  it('tells what came of a day, whoever folded it', async () => {
    const rig = new WarmupRig(DAY_MS - 30 * MINUTE_MS);
    const life = await rig.start();
    for (let i = 0; i < 3; i++) await rig.mail();
    const answered = new Set<string>();
    for (let minutes = 0; minutes < 20; minutes++) {
      await rig.time.pass(MINUTE_MS);
      for (const command of rig.commands()) {
        if (!answered.has(command.id)) await rig.delivered(command);
        answered.add(command.id);
      }
    }
    life.crash();
    await rig.start();
    await rig.time.pass(12 * MINUTE_MS);
    const advanced = rig.ledger().find(({ type }) => type === 'source_warmup_advanced');
    assert.ok(advanced?.type === 'source_warmup_advanced');
    assert.deepEqual(advanced.body.results, { attempted: 3, delivered: 3, deferred: 0, bounced: 0, blocked: 0 });
  });

  it('sets it back within minutes of a refusal for its reputation', async () => {
    const rig = new WarmupRig(DAY_MS);
    await rig.start();
    await rig.time.pass(2 * MINUTE_MS);
    await rig.mail();
    const command = rig.commands().at(-1);
    assert.ok(command);
    await rig.blocked(command);
    await rig.time.pass(3 * MINUTE_MS);
    assert.deepEqual(rig.steps(), ['started', 'advanced', 'set_back']);
  });

  it('has each day counted once where two schedulers run', async () => {
    const rig = new WarmupRig(DAY_MS);
    await rig.start();
    await rig.start();
    await rig.time.pass(5 * MINUTE_MS);
    assert.deepEqual(rig.steps(), ['started', 'advanced']);
  });

  it('remembers the days on which the source sent', async () => {
    const rig = new WarmupRig();
    await rig.start();
    await rig.mail();
    for (const command of rig.commands()) await rig.delivered(command);
    await rig.time.pass(3 * MINUTE_MS);
    const [active] = rig.data.read('mail.control', 0, 0, 1000).flatMap(({ record }) => {
      return record.type === 'source_active' ? [record.body] : [];
    });
    assert.deepEqual(active, { source: 'ip-1', date: START - (START % DAY_MS) });
  });
});
