import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServicePorts } from './services.ts';

/**
 * Below the ports that Linux takes for outgoing connections (32768 on): of those, one may be taken at any time before
 * its service listens. Also below those of the local stack.
 */
const FROM = 10_000;
const TO = 19_000;
const COUNT = 5;
const MOST_TRIES = 100;

/** Ports that nobody had a moment ago. */
export async function freePorts(): Promise<ServicePorts> {
  const base = await freePortsInRow(COUNT);
  return { projector: base, dispatcher: base + 1, scheduler: base + 2, ingest: base + 3, smtp: base + 4 };
}

/** The first of so many in a row. */
export async function freePortsInRow(count: number): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const base = FROM + count * Math.floor((Math.random() * (TO - FROM)) / count);
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(base + index)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no ${count} ports in a row are free between ${FROM} and ${TO}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
