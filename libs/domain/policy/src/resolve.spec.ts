import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainShaping } from './explain.ts';
import { parsePolicy } from './parse.ts';
import { pathShaping, resolveShaping } from './resolve.ts';
import { throughSmarthost } from './smarthost-text.ts';

const policy = parsePolicy(`
  ["default"]
  connection_limit = 8
  max_message_rate = "20/s"
  [provider."gmail"]
  match = [{ MXSuffix = ".google.com" }]
  provider_connection_limit = 5
  max_burst = 5
  [provider."big"]
  match = [{ MXSuffix = ".big.example" }]
  provider_connection_limit = 500
  connection_limit = 25
  provider_max_message_rate = "600/min"
  [smarthost]
  host = "relay.example.com"
`);

test("a provider's block goes over the default block, which goes over what is shipped", () => {
  const gmail = resolveShaping(policy, { provider: 'gmail' });
  assert.equal(gmail.connectionLimit, 5);
  assert.deepEqual(gmail.maxMessageRate, { count: 20, periodMs: 1000, burst: 5 });
  assert.equal(gmail.idleTimeoutMs, 5000);
  assert.equal(resolveShaping(policy, {}).connectionLimit, 8);
  assert.equal(resolveShaping(policy, { provider: 'nobody' }).connectionLimit, 8);
});

test('where a limit per site and one per provider meet, the stricter holds', () => {
  const big = resolveShaping(policy, { provider: 'big' });
  assert.equal(big.connectionLimit, 25);
  assert.deepEqual(big.maxMessageRate, { count: 600, periodMs: 60_000, burst: 1 });
});

test("a path key leads to its provider's, its site's or the smarthost's shaping", () => {
  assert.equal(pathShaping(policy, 'ip-1|provider:gmail').connectionLimit, 5);
  assert.equal(pathShaping(policy, 'ip-1|site:mx.example.com').connectionLimit, 8);
  const smarthost = pathShaping(policy, 'ip-1|site:smarthost');
  assert.equal(smarthost.connectionLimit, 32);
  assert.equal(smarthost.maxMessageRate, undefined);
  assert.throws(() => pathShaping(policy, 'nonsense'), RangeError);
});

test('explaining names the block of each value', () => {
  const from = (key: string, provider?: string) =>
    explainShaping(policy, { provider }).find((value) => value.key === key);
  assert.deepEqual(from('connection_limit', 'gmail'), { key: 'connection_limit', value: '5', from: 'provider.gmail' });
  assert.deepEqual(from('max_message_rate'), { key: 'max_message_rate', value: '20/s', from: 'default' });
  assert.deepEqual(from('idle_timeout', 'gmail'), { key: 'idle_timeout', value: '5s', from: 'shipped' });
  const relay = explainShaping(policy, { smarthost: true });
  assert.deepEqual(relay[1], { key: 'max_connection_rate', value: undefined, from: 'shipped' });
});

test('a host:port setting turns any policy into one through that host', () => {
  const through = parsePolicy(throughSmarthost('egress = "sandbox"\n[retry]\nmax_age = "1h"', '127.0.0.1', 2526));
  assert.equal(through.egress, 'smarthost');
  assert.equal(through.smarthost?.port, 2526);
  assert.equal(through.retry.maxAgeMs, 3_600_000);
});
