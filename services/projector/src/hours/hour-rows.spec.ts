import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HourCounters } from './hour-counters.ts';
import { HOUR_PREFIX, hourKey, hourOfKey, hourRow, RETENTION_HOURS, tenantHourKey } from './hour-rows.ts';

const HOUR = 3_600_000;
const NOON = 1_767_268_800_000;
const NAMES = fc.tuple(fc.nat(10_000_000), fc.string(), fc.string(), fc.string());

describe('the row of an hour', () => {
  it('is named so that time, tenant, provider and source can be read back, whatever they are', () => {
    fc.assert(
      fc.property(NAMES, ([hour, tenant, provider, source]) => {
        const counts = { attempts: 1 };
        const all = { key: hourKey(hour, provider, source), value: counts };
        assert.deepEqual(hourRow(all), { hour, provider, source, counts });
        const own = { key: tenantHourKey(hour, tenant, provider, source), value: counts };
        assert.deepEqual(hourRow(own), { hour, tenant, provider, source, counts });
        assert.deepEqual([all.key, own.key, 'minute|0000000001|gmail|ip-1'].map(hourOfKey), [hour, hour, undefined]);
      }),
    );
  });

  it('of all tenants is the sum of theirs', () => {
    const counters = new HourCounters();
    for (const tenant of ['acme', 'umbrella']) {
      const tally = counters.at(NOON, tenant, 'gmail', 'ip-1');
      if (tally) tally.attempts = 2;
    }
    const taken = new Map(counters.take().map(({ key, fields }) => [key, fields]));
    assert.equal(taken.size, 3);
    assert.deepEqual(taken.get(hourKey(NOON / HOUR, 'gmail', 'ip-1')), { attempts: 4 });
    assert.deepEqual(counters.take(), []);
  });

  it('is not begun for facts older than what is kept, and is let go when it is', () => {
    const counters = new HourCounters();
    counters.at(NOON, 'acme', 'gmail', 'ip-1');
    assert.ok(counters.at(NOON - RETENTION_HOURS * HOUR, 'acme', 'gmail', 'ip-1'));
    assert.equal(counters.at(NOON - (RETENTION_HOURS + 1) * HOUR, 'acme', 'gmail', 'ip-1'), undefined);
    const [range] = counters.expired();
    assert.equal(range?.from, HOUR_PREFIX);
    assert.ok(range && hourKey(NOON / HOUR - RETENTION_HOURS, 'a', 'a') >= range.to);
    counters.pruned();
    assert.deepEqual(counters.expired(), []);
    counters.at(NOON + HOUR, 'acme', 'gmail', 'ip-1');
    assert.equal(counters.expired().length, 2);
  });
});
