import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FAULT_NAMES, type PlannedFault, planFaults } from './schedule.ts';

const anySeed = fc.nat();
const isBrokers = ({ fault }: PlannedFault) => fault.startsWith('broker');
const serviceOf = ({ target }: PlannedFault) => target.replace(/-\d$/, '');

test('a run of ten minutes has every fault at least twice, and each service killed and stopped twice', () => {
  fc.assert(
    fc.property(anySeed, (seed) => {
      const { faults, omitted } = planFaults({ seconds: 600, seed, brokers: 3 });
      assert.deepEqual(omitted, []);
      for (const name of FAULT_NAMES) assert.ok(faults.filter(({ fault }) => fault === name).length >= 2, name);
      for (const signal of ['sigkill', 'sigstop'])
        for (const service of ['ingest', 'scheduler', 'dispatcher', 'projector']) {
          const times = faults.filter((each) => each.fault === signal && serviceOf(each) === service);
          assert.equal(times.length, 2, `${signal} ${service}`);
        }
      for (const { fault, durationMs } of faults) if (fault === 'sigstop') assert.equal(durationMs, 45_000);
    }),
  );
});

test('a run of ninety seconds has every fault once', () => {
  fc.assert(
    fc.property(anySeed, (seed) => {
      const { faults, omitted } = planFaults({ seconds: 90, seed, brokers: 3 });
      assert.deepEqual(omitted, []);
      assert.deepEqual(new Set(faults.map(({ fault }) => fault)), new Set(FAULT_NAMES));
    }),
  );
});

test('all is over when the load ends', () => {
  fc.assert(
    fc.property(anySeed, fc.integer({ min: 10, max: 1_200 }), (seed, seconds) => {
      for (const { at, durationMs } of planFaults({ seconds, seed, brokers: 3 }).faults)
        assert.ok(at >= 0 && at + durationMs < seconds * 1_000);
    }),
  );
});

test('a broker is back for a while before the next one goes', () => {
  fc.assert(
    fc.property(anySeed, fc.integer({ min: 30, max: 1_200 }), (seed, seconds) => {
      const away = planFaults({ seconds, seed, brokers: 3 }).faults.filter(isBrokers);
      for (const [index, { at }] of away.entries()) {
        const before = away[index - 1];
        if (before) assert.ok(at >= before.at + before.durationMs + 12_000);
      }
    }),
  );
});

test('no two faults that keep a service away come at once', () => {
  fc.assert(
    fc.property(anySeed, (seed) => {
      const { faults } = planFaults({ seconds: 600, seed, brokers: 3 });
      const away = faults.filter(({ fault }) => fault === 'sigkill' || fault === 'sigstop');
      for (const [index, { at }] of away.entries()) {
        const before = away[index - 1];
        if (before) assert.ok(at > before.at + before.durationMs);
      }
    }),
  );
});

test('the same seed plans the same, another one something else', () => {
  const plan = (seed: number) => planFaults({ seconds: 90, seed, brokers: 3 });
  assert.deepEqual(plan(7), plan(7));
  assert.notDeepEqual(plan(7), plan(8));
});

test('what was not asked for does not happen', () => {
  const { faults } = planFaults({ seconds: 90, seed: 1, brokers: 1, only: ['sigkill', 'redis_flush'] });
  assert.deepEqual(new Set(faults.map(({ fault }) => fault)), new Set(['sigkill', 'redis_flush']));
  assert.equal(faults.length, 5);
});

test('what does not fit is told', () => {
  const { faults, omitted } = planFaults({ seconds: 30, seed: 1, brokers: 3 });
  assert.ok(faults.length > 0);
  assert.ok(omitted.length > 0);
});
