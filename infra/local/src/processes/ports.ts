/** Where each server listens: fixed distances from one base, so that one number moves the whole stack. */
import { createServer } from 'node:net';

export const LOOPBACK = '127.0.0.1';
export const DEFAULT_BASE_PORT = 19_000;
/** Ports of one stack lie within this many from its base. */
const SPAN = 50;
/** Below the range from which Linux takes ports for outgoing connections (32768 on), which may come at any time. */
const FREE_FROM = 20_000;
const FREE_TO = 32_000;

export interface StackPorts {
  readonly kafka: (nodeId: number) => number;
  readonly kafkaController: (nodeId: number) => number;
  readonly redis: number;
  readonly otlpGrpc: number;
  readonly otlpHttp: number;
  readonly jaegerQuery: number;
  readonly jaegerQueryGrpc: number;
  readonly jaegerHealth: number;
  readonly s3: number;
}

export function stackPorts(basePort: number): StackPorts {
  return {
    kafka: (nodeId) => basePort + nodeId,
    kafkaController: (nodeId) => basePort + 10 + nodeId,
    redis: basePort + 20,
    otlpGrpc: basePort + 30,
    otlpHttp: basePort + 31,
    jaegerQuery: basePort + 32,
    jaegerQueryGrpc: basePort + 33,
    jaegerHealth: basePort + 34,
    s3: basePort + 40,
  };
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A base from which no port of a stack is taken; for tests, several of which may run side by side. */
export async function findFreeBasePort(): Promise<number> {
  const blocks = (FREE_TO - FREE_FROM) / SPAN;
  for (let tries = 0; tries < blocks; tries += 1) {
    const base = FREE_FROM + SPAN * Math.floor(Math.random() * blocks);
    const ports = Array.from({ length: SPAN }, (_, offset) => base + offset);
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`No ${SPAN} ports in a row are free between ${FREE_FROM} and ${FREE_TO}.`);
}
