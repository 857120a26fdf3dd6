import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServicePorts } from './services.ts';

/** Ports that nobody had a moment ago. */
export async function freePorts(): Promise<ServicePorts> {
  const [projector = 0, dispatcher = 0, scheduler = 0, ingest = 0, smtp = 0] = await Promise.all(
    Array.from({ length: 5 }, freePort),
  );
  return { projector, dispatcher, scheduler, ingest, smtp };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
