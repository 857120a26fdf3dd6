import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseDuration } from './durations.ts';
import { formatRate, parseRate } from './rates.ts';
import { address } from './readings.ts';

test('durations are read as people write them; a bare number means seconds', () => {
  const read: [unknown, number][] = [
    ['30s', 30_000],
    ['5m', 300_000],
    ['72h', 259_200_000],
    ['20 minutes', 1_200_000],
    ['3 days', 259_200_000],
    ['1h 30m', 5_400_000],
    ['250ms', 250],
    ['90', 90_000],
    [1.5, 1500],
  ];
  for (const [raw, ms] of read) assert.equal(parseDuration(raw), ms, String(raw));
  for (const raw of ['', ' ', 'soon', '5 parsecs', '-5s', '5s!', true, -1, Number.NaN, '9999 years', '1000 days']) {
    assert.equal(parseDuration(raw), undefined, String(raw));
  }
});

test('rates are read as KumoMTA writes them, smoothed strictly unless they name a burst', () => {
  const read: [string, object][] = [
    ['100/s', { count: 100, periodMs: 1000, burst: 1 }],
    ['2000/hour', { count: 2000, periodMs: 3_600_000, burst: 1 }],
    ['50/s,max_burst=5', { count: 50, periodMs: 1000, burst: 5 }],
    ['5/min', { count: 5, periodMs: 60_000, burst: 1 }],
    ['1,000/day', { count: 1000, periodMs: 86_400_000, burst: 1 }],
    ['120/60s', { count: 120, periodMs: 60_000, burst: 1 }],
    ['local:10/hr', { count: 10, periodMs: 3_600_000, burst: 1 }],
  ];
  for (const [raw, rate] of read) assert.deepEqual(parseRate(raw), rate, raw);
  for (const raw of ['100', '/s', '0/s', '1/0s', 'x/s', '5/fortnight', '5/s,burst=2', '5/s,max_burst=0', 100]) {
    assert.equal(parseRate(raw), undefined, String(raw));
  }
});

test('a rate written out reads back as itself', () => {
  const rates = fc.record(
    {
      count: fc.integer({ min: 1, max: 1_000_000 }),
      periodMs: fc.constantFrom(1000, 60_000, 3_600_000, 86_400_000, 10_000),
      burst: fc.integer({ min: 1, max: 1000 }),
    },
    { noNullPrototype: true },
  );
  fc.assert(fc.property(rates, (rate) => assert.deepEqual(parseRate(formatRate(rate)), rate)));
});

test('a source binds an address, never a name', () => {
  for (const good of ['192.0.2.1', '::1', '2001:db8::1', 'fe80:0:0:0:0:0:0:1'])
    assert.ok('value' in address(good), good);
  for (const bad of ['mail.example.com', '256.0.0.1', '1.2.3', ':::', '1::2::3', '2001:db8', 5]) {
    assert.ok('wrong' in address(bad), String(bad));
  }
});
