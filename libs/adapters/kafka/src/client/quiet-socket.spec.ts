import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ISocketFactory, Kafka, logLevel } from 'kafkajs';
import { settingsOf } from '../options.ts';
import { ScriptedCluster } from '../scripted-broker/scripted-cluster.ts';
import { ClusterAccess } from './cluster-access.ts';
import { quietSocket } from './quiet-socket.ts';

const TOPIC = 'mail.events';
/** Node warns of the eleventh listener. */
const TRIES = 12;

const require = createRequire(import.meta.url);
const kafkajsSocket = (require('kafkajs/src/network/socketFactory') as () => ISocketFactory)();

/** The most that wait for one socket to connect, after a broker that was read from has died and was asked again. */
async function waitersOnDeadSockets(context: TestContext, socketFactory: ISocketFactory): Promise<number> {
  const brokers = await ScriptedCluster.start(2);
  context.after(() => brokers.close());
  brokers.makeTopic(TOPIC, [1, 2]);
  const sockets: Socket[] = [];
  const kafka = new Kafka({
    brokers: brokers.addresses,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
    socketFactory: (options) => {
      const socket = socketFactory(options);
      sockets.push(socket);
      return socket;
    },
  });
  const options = { brokers: brokers.addresses, clientId: 'test', telemetry: { log: () => {} }, onFatal: () => {} };
  const access = new ClusterAccess(kafka, settingsOf({ ...options, times: { appendTimeoutMs: 0 } }));
  await access.connect([TOPIC]);
  context.after(() => access.close());
  await access.read(TOPIC, 1, 0, 1);
  await brokers.kill(2);
  for (let tries = 0; tries < TRIES; tries++) await assert.rejects(access.read(TOPIC, 1, 0, 1));
  return Math.max(...sockets.map((socket) => socket.listenerCount('connect')));
}

test('kafkajs as it is leaves a listener at a dead connection at every try to reach a broker that is away', async (context) => {
  // Node's warning is what is looked for here, and not for whoever reads the output.
  context.mock.method(process, 'emitWarning', () => {});
  assert.ok((await waitersOnDeadSockets(context, kafkajsSocket)) > 10);
});

test('a broker that stays away leaves nothing behind, however often it is tried', async (context) => {
  // A socket that never connected has those of its own try.
  assert.ok((await waitersOnDeadSockets(context, quietSocket)) <= 3);
});
