import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TOPICS } from '@penstock/events';
import type { Timers } from '@penstock/ports';
import { openKafkaLog } from './open-kafka-log.ts';
import { processTimers } from './options.ts';
import { ScriptedCluster } from './scripted-broker/scripted-cluster.ts';

/** Three brokers whose first, the controller, is gone. */
async function withoutController(close: (close: () => Promise<void>) => void): Promise<ScriptedCluster> {
  const brokers = await ScriptedCluster.start(3);
  close(() => brokers.close());
  for (const topic of Object.values(TOPICS)) brokers.makeTopic(topic, [2]);
  await brokers.kill(1);
  return brokers;
}

const quick: Timers = { ...processTimers, sleep: () => new Promise((resolve) => setImmediate(resolve)) };

test('a start goes on with the brokers that live, while the others still name one that was killed', async (context) => {
  const brokers = await withoutController((close) => context.after(close));
  const events: string[] = [];
  const log = await openKafkaLog({
    brokers: brokers.addresses,
    clientId: 'start-test',
    telemetry: {
      log: (_level, event) => {
        events.push(event);
        if (event === 'kafka_broker_away') brokers.forget(1);
      },
    },
    onFatal: () => {},
    allowSingleReplica: true,
    timers: quick,
  });
  assert.equal(events.filter((event) => event === 'kafka_broker_away').length, 1);
  assert.equal(log.singleReplica.length, Object.values(TOPICS).length);
  await log.close();
});

test('a start gives up after its time, with what the last broker said', async (context) => {
  const brokers = await withoutController((close) => context.after(close));
  let now = 0;
  const opening = openKafkaLog({
    brokers: brokers.addresses,
    clientId: 'start-test',
    telemetry: { log: () => {} },
    onFatal: () => {},
    timers: {
      ...quick,
      sleep: () => {
        now += 20_000;
        return quick.sleep(0);
      },
    },
    clock: { now: () => now, monotonic: () => now },
  });
  await assert.rejects(opening, /ECONNREFUSED/);
});
