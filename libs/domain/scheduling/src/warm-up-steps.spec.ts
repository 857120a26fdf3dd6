import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { WarmupResults } from '@penstock/events';
import { parsePolicy } from '@penstock/policy';
import {
  nextWarmupDay,
  stageOn,
  WARMUP_DAY_MS,
  warmupStarted,
  warmupStepsDue,
  warmupStopped,
} from './warm-up-steps.ts';
import { foldWarmup, NO_WARMUPS, type WarmupEntry, type Warmups, warmupOf } from './warmups.ts';

const START = 1_750_000_000_000;
const NOTHING: WarmupResults = { attempted: 0, delivered: 0, deferred: 0, bounced: 0, blocked: 0 };

const POLICY = parsePolicy(`
egress = "internet"
[source."ip-3"]
ehlo_domain = "mta3.example.com"
partition = 0
warmup = "mine"
[pool."default"]
sources = ["ip-3"]
[warmup."mine"]
hourly = [10, 20, 40, 80]
[warmup."mine".provider."yahoo"]
hourly = [5, 8]
[warmup."days"]
preset = "sendgrid"
days = "sending"
[warmup."gated"]
hourly = [10, 20, 40, 80, 160]
[warmup."gated".gate]
set_back_days = 2
`);

/** One source's warm-up under the hand of the controller. */
class Ledger {
  warmups: Warmups = NO_WARMUPS;
  results: WarmupResults = NOTHING;

  start(schedule: string, at = START): this {
    const policy = POLICY.warmups.get(schedule);
    assert.ok(policy);
    return this.fold(warmupStarted('ip-3', policy, at, { by: 'spec', reason: 'operator' }));
  }

  fold(...entries: readonly (WarmupEntry | undefined)[]): this {
    for (const entry of entries) if (entry) this.warmups = foldWarmup(this.warmups, entry);
    return this;
  }

  due(nowMs: number) {
    const { warmups } = this;
    const view = { policy: POLICY, warmups, nowMs, results: () => this.results, by: 'spec' };
    return warmupStepsDue(view) as readonly WarmupEntry[];
  }

  tick(nowMs: number): readonly string[] {
    const due = this.due(nowMs);
    this.fold(...due);
    return due.map(({ type }) => type.replace('source_warmup_', ''));
  }

  get stage() {
    return warmupOf(this.warmups, 'ip-3')?.stage;
  }
}

describe('the days of a warm-up', () => {
  it("are SendGrid's as published, day 12 and day 18 included", () => {
    const sendgrid = POLICY.warmups.get('sendgrid');
    assert.ok(sendgrid);
    const limits = [0, 11, 12, 13, 17, 18, 19, 41].map((day) => stageOn(sendgrid, day, START)?.hourlyLimit);
    assert.deepEqual(limits, [20, 810, 1000, 1587, 6098, 8583, 11_953, 19_601_056]);
    assert.equal(stageOn(sendgrid, 42, START), undefined);
  });

  it('begin at the start and every 24 h after it', () => {
    const ledger = new Ledger().start('mine');
    assert.deepEqual(ledger.stage, { day: 0, since: START, hourlyLimit: 10, providerLimits: { yahoo: 5 } });
    assert.deepEqual(ledger.tick(START + WARMUP_DAY_MS - 1), []);
    assert.deepEqual(ledger.tick(START + WARMUP_DAY_MS), ['advanced']);
    const since = START + WARMUP_DAY_MS;
    assert.deepEqual(ledger.stage, { day: 1, since, hourlyLimit: 20, providerLimits: { yahoo: 8 } });
    assert.equal(nextWarmupDay(ledger), START + 2 * WARMUP_DAY_MS);
  });

  it('are each counted when nobody was there to do it in time, and the end after the last', () => {
    const ledger = new Ledger().start('mine');
    assert.deepEqual(ledger.tick(START + 2.5 * WARMUP_DAY_MS), ['advanced', 'advanced']);
    assert.deepEqual(ledger.stage, { day: 2, since: START + 2 * WARMUP_DAY_MS, hourlyLimit: 40 });
    assert.deepEqual(ledger.tick(START + 10 * WARMUP_DAY_MS), ['advanced', 'stopped']);
    assert.equal(ledger.stage, undefined);
    assert.deepEqual(ledger.tick(START + 11 * WARMUP_DAY_MS), []);
  });

  it('are counted once, however many write them', () => {
    const ledger = new Ledger().start('mine');
    const one = ledger.due(START + WARMUP_DAY_MS);
    const other = ledger.due(START + WARMUP_DAY_MS + 5);
    ledger.fold(...one, ...other, ...one);
    assert.equal(ledger.stage?.day, 1);
    assert.equal(warmupOf(ledger.warmups, 'ip-3')?.ledger.length, 2);
  });

  it('end when an operator stops it, and a start begins anew', () => {
    const ledger = new Ledger().start('mine');
    ledger.start('mine', START + 5);
    assert.equal(warmupOf(ledger.warmups, 'ip-3')?.startedAt, START, 'one that runs is not started again');
    const running = warmupOf(ledger.warmups, 'ip-3');
    assert.ok(running);
    ledger.fold(warmupStopped(running, START + 6, 'spec'));
    assert.equal(warmupOf(ledger.warmups, 'ip-3'), undefined);
    assert.equal(ledger.start('mine', START + 7).stage?.since, START + 7);
  });
});

describe('sending days', () => {
  it('pass only when a tenth of the stage was used', () => {
    const ledger = new Ledger().start('days');
    ledger.results = { ...NOTHING, attempted: 47, delivered: 47 };
    assert.deepEqual(ledger.tick(START + WARMUP_DAY_MS), ['held']);
    assert.equal(ledger.stage?.day, 0);
    ledger.results = { ...NOTHING, attempted: 48, delivered: 10 };
    assert.deepEqual(ledger.tick(START + 2 * WARMUP_DAY_MS), ['advanced']);
  });
});

describe('a gate', () => {
  const day = (n: number) => START + n * WARMUP_DAY_MS;

  it('lets a day pass of which nine tenths were delivered, or on which nothing was sent', () => {
    const ledger = new Ledger().start('gated');
    assert.deepEqual(ledger.tick(day(1)), ['advanced']);
    ledger.results = { attempted: 100, delivered: 90, deferred: 6, bounced: 4, blocked: 0 };
    assert.deepEqual(ledger.tick(day(2)), ['advanced']);
  });

  it('holds a day while too much is deferred, bounces, or is not delivered', () => {
    const ledger = new Ledger().start('gated');
    const reasons = [
      { attempted: 100, delivered: 89, deferred: 11, bounced: 0, blocked: 0 },
      { attempted: 100, delivered: 94, deferred: 0, bounced: 6, blocked: 0 },
      { attempted: 100, delivered: 89, deferred: 5, bounced: 5, blocked: 0 },
    ].map((results, n) => {
      ledger.results = results;
      const [held] = ledger.due(day(n + 1));
      ledger.fold(held);
      return held?.type === 'source_warmup_held' ? held.body.reason : held?.type;
    });
    assert.deepEqual(reasons, ['deferral_rate', 'bounce_rate', 'under_delivered']);
    assert.deepEqual(ledger.stage, { day: 0, since: day(3), hourlyLimit: 10 });
  });

  it('sets back at once when the source is blocked for its reputation, once a day', () => {
    const ledger = new Ledger().start('gated');
    ledger.tick(day(3));
    ledger.results = { ...NOTHING, attempted: 3, bounced: 0, blocked: 1 };
    assert.deepEqual(ledger.tick(day(3) + 5), ['set_back']);
    assert.deepEqual(ledger.stage, { day: 1, since: day(3) + 5, hourlyLimit: 20 });
    assert.deepEqual(ledger.tick(day(3) + 6), []);
  });
});

describe('a source that sends nothing for 30 days', () => {
  const midnight = START - (START % WARMUP_DAY_MS);
  const active = (date: number) =>
    ({ id: 'a', type: 'source_active', version: 1, at: date, partition: 0, body: { source: 'ip-3', date } }) as const;

  it('is set back to day 0 while it is warmed up by the calendar', () => {
    const ledger = new Ledger().start('days');
    ledger.results = { ...NOTHING, attempted: 480, delivered: 480 };
    ledger.tick(START + 5 * WARMUP_DAY_MS);
    ledger.results = NOTHING;
    ledger.warmups = foldWarmup(ledger.warmups, active(midnight + 5 * WARMUP_DAY_MS));
    ledger.tick(midnight + 36 * WARMUP_DAY_MS - 1);
    assert.equal(ledger.stage?.day, 5);
    assert.equal(ledger.tick(midnight + 36 * WARMUP_DAY_MS).at(-1), 'set_back');
    assert.equal(ledger.stage?.day, 0);
  });

  it('is warmed up anew where it was warm', () => {
    const ledger = new Ledger();
    assert.deepEqual(ledger.tick(START), []);
    ledger.warmups = foldWarmup(ledger.warmups, active(midnight));
    assert.deepEqual(ledger.tick(midnight + 31 * WARMUP_DAY_MS - 1), []);
    assert.deepEqual(ledger.tick(midnight + 31 * WARMUP_DAY_MS), ['started']);
  });
});
