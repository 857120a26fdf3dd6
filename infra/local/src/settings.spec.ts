import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEngines, parseEngines } from './engines.ts';
import { stackPorts } from './processes/ports.ts';
import { parseRedisVersion } from './redis/redis-server.ts';
import { meetSettings, parseSettings, refuseChange } from './settings.ts';

test('a new folder gets one broker of the newest line', () => {
  const { kafka, brokers, basePort, heapMb, clusterId } = meetSettings({}, undefined);
  assert.deepEqual({ kafka, brokers, basePort, heapMb }, { kafka: '4.1', brokers: 1, basePort: 19_000, heapMb: 512 });
  assert.match(clusterId, /^[A-Za-z0-9_][A-Za-z0-9_-]{21}$/);
});

test('a folder goes on with what it was made with', () => {
  const stored = meetSettings({ kafka: '3.9', brokers: 3, basePort: 20_000, heapMb: 300 }, undefined);
  assert.deepEqual(meetSettings({}, stored), stored);
  assert.deepEqual(parseSettings(JSON.stringify(stored)), stored);
});

test('data of one release or cluster size is not opened with another', () => {
  const stored = meetSettings({ kafka: '3.9', brokers: 3 }, undefined);
  assert.throws(() => meetSettings({ kafka: '4.1' }, stored), /Kafka 3\.9 with 3 brokers, and Kafka 4\.1.*--wipe/);
  assert.throws(() => meetSettings({ brokers: 1 }, stored), /with one broker is asked for/);
});

test('what runs keeps its ports and properties', () => {
  const stored = meetSettings({}, undefined);
  const moved = meetSettings({ basePort: 20_000 }, stored);
  assert.throws(() => refuseChange(moved, stored, ['kafka-1']), /kafka-1 run with other settings.*stack:down/);
  refuseChange(moved, stored, []);
  refuseChange(meetSettings({}, stored), stored, ['kafka-1']);
  refuseChange(moved, undefined, []);
});

test('a settings file that says nothing is refused', () => {
  assert.throws(() => parseSettings('{}'), /does not say/);
});

test('only names the engines, with adds to the usual ones', () => {
  assert.deepEqual(chooseEngines(parseEngines('redis,kafka')), ['kafka', 'redis']);
  assert.deepEqual(chooseEngines(['redis']), ['redis']);
  assert.deepEqual(chooseEngines(['redis'], ['kafka']), ['kafka', 'redis']);
  assert.throws(() => parseEngines('kafka,rabbit'), /no engine rabbit/);
});

test('no two servers of a stack share a port', () => {
  const { kafka, kafkaController, ...others } = stackPorts(19_000);
  const all = [...[1, 2, 3].flatMap((id) => [kafka(id), kafkaController(id)]), ...Object.values(others)];
  assert.equal(new Set(all).size, all.length);
  assert.ok(all.every((port) => port > 19_000 && port < 19_050));
});

test('the version of Redis is read from what it prints', () => {
  assert.equal(parseRedisVersion('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64'), '7.0.15');
});
