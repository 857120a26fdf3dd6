import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPolicy } from '@penstock/policy';
import { PROVIDERS, SOURCE_ADDRESSES } from './cast.ts';
import { catchUp, connectionLimits, faultsPolicy, receiverLimits } from './limits.ts';

test('the policy of a run is one, and bears the limits that receivers count', () => {
  const { policy, problems } = checkPolicy(faultsPolicy());
  assert.ok(policy);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [...policy.sources.values()].map(({ bind }) => bind),
    SOURCE_ADDRESSES,
  );
  for (const { provider, limit, periodMs } of receiverLimits()) {
    const { maxMessageRate, connectionLimit = 0 } =
      policy.providers.find(({ name }) => name === provider)?.shaping ?? assert.fail(provider);
    assert.ok(maxMessageRate);
    const inPeriod = (maxMessageRate.count * periodMs) / maxMessageRate.periodMs;
    assert.ok(limit >= inPeriod + maxMessageRate.burst + connectionLimit);
    assert.ok(limit < 2 * inPeriod, 'two owners at once would be seen');
  }
});

test('messages and connections are counted for each source at each provider', () => {
  const pairs = PROVIDERS.length * SOURCE_ADDRESSES.length;
  assert.equal(receiverLimits().length, pairs);
  assert.equal(connectionLimits().length, pairs);
});

test('a load that the narrow provider takes is caught up with, a larger one is not before its end', () => {
  assert.ok(Number.isFinite(catchUp(20)));
  assert.equal(catchUp(100), Number.POSITIVE_INFINITY);
});
