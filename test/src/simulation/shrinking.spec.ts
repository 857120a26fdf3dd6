import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCase } from './seed-case.ts';
import { kindOf, shrink } from './shrinking.ts';

const FAILING = { seed: 1, messages: 30, planted: 'path state seen by one partition only' } as const;

test('a failing seed is made smaller, still fails the same way, and comes out the same every time', async () => {
  const shrunk = await shrink(FAILING, 12);
  assert.ok(shrunk, 'the seed fails');
  const { smallest, found } = shrunk;
  const drawn = (await runCase(FAILING)).rates.size;
  assert.ok(Object.keys(smallest.faults ?? {}).length < drawn, `of ${drawn} faults some are gone`);
  assert.match(found, /although the path was known to rest/);
  assert.deepEqual(await shrink(FAILING, 12), shrunk);
});

test('a seed that does not fail is not made smaller', async () => {
  assert.equal(await shrink({ seed: 1, messages: 5, faults: {} }), undefined);
});

test('two failures are of one kind if they differ by ids, addresses and numbers only', () => {
  const one = 'OKE-A--UQOvryq85YQ4kZy.3.1 was attempted 12 ms early';
  assert.equal(kindOf(one), kindOf('OKE-A--LEcbW6SvDRxuMIV.1.2 was attempted 7 ms early'));
  assert.notEqual(kindOf(one), kindOf('OKE-A--UQOvryq85YQ4kZy.3.1 never ended'));
});
