/** Starts over a Kafka that takes connections and says nothing, so that they do not come to an end by themselves. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePorts } from './apart/free-ports.ts';
import { ServiceProcess } from './apart/service-process.ts';
import { Services } from './apart/services.ts';

async function silentBroker(context: TestContext) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => socket.destroy())));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { server, brokers: [`127.0.0.1:${(server.address() as AddressInfo).port}`] };
}

test('a service that is told to end while it starts ends in order', async (context) => {
  const { server, brokers } = await silentBroker(context);
  const environment = { PATH: process.env.PATH, PENSTOCK_KAFKA_BROKERS: brokers.join(','), PENSTOCK_HTTP_PORT: '0' };
  const service = new ServiceProcess({ name: 'scheduler', environment });
  const refused = assert.rejects(service.start(), /scheduler ended with 0/);
  await once(server, 'connection');
  assert.equal(await service.stop(), 0);
  await refused;
});

test('services whose start is given up while topics are made are not started', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-ended-start-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const { server, brokers } = await silentBroker(context);
  const ending = new AbortController();
  const starting = Services.start({ folder, brokers, ports: await freePorts(), signal: ending.signal });
  const refused = assert.rejects(starting, /enough/);
  await once(server, 'connection');
  ending.abort(new Error('enough'));
  await refused;
});
