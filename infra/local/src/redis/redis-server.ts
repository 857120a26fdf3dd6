/** Redis as a server of the stack: Debian's program, a configuration and a folder of its own, no system service. */
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Engine } from '../engine.ts';
import type { ServerPlan } from '../processes/local-server.ts';
import { LOOPBACK } from '../processes/ports.ts';
import { isInstalled, runTool } from '../tools/run-tool.ts';

/** The version is read once, by `redisVersion`, since nothing of Redis is pinned: it is Debian's. */
export function redisEngine(place: {
  readonly folder: string;
  readonly port: number;
  readonly version: string;
}): Engine {
  return {
    name: 'redis',
    servers: [redisServer(place)],
    missing: () => (isInstalled('redis-server') ? [] : [{ what: 'redis-server', install: INSTALL }]),
    fetch: async () => {},
  };
}

const INSTALL = 'apt-get install --no-install-recommends redis-server';

/** The version in `Redis server v=7.0.15 sha=…`. */
export function parseRedisVersion(text: string): string {
  return /\bv=(\S+)/.exec(text)?.[1] ?? 'unknown';
}

export async function redisVersion(): Promise<string> {
  return isInstalled('redis-server') ? parseRedisVersion(await runTool('redis-server', ['--version'])) : 'missing';
}

function redisServer(place: { readonly folder: string; readonly port: number; readonly version: string }): ServerPlan {
  const folder = join(place.folder, 'redis');
  const options = {
    bind: LOOPBACK,
    port: String(place.port),
    dir: folder,
    appendonly: 'yes',
    appendfsync: 'everysec',
    // The append-only file is enough; a snapshot forks and costs memory in the middle of a measurement.
    save: '',
    // Else the command line by which the process is known again would be overwritten.
    'set-proc-title': 'no',
  };
  return {
    name: 'redis',
    version: place.version,
    ports: [place.port],
    command: 'redis-server',
    args: Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    folder,
    marker: folder,
    readyWithinMs: 30_000,
    stopWithinMs: 10_000,
    prepare: async () => {
      mkdirSync(folder, { recursive: true });
    },
    notReady: () => askRedis(place.port, 2_000),
  };
}

/** Undefined when PING is answered; Redis refuses it while it reads its file back. */
function askRedis(port: number, withinMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: LOOPBACK });
    const end = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(withinMs, () => end(`no answer within ${withinMs} ms`));
    socket.on('error', (error) => end(error.message));
    socket.on('close', () => end('the connection was closed'));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (reply) => {
      const [line = ''] = reply.toString('latin1').split('\r\n');
      end(line === '+PONG' ? undefined : line);
    });
  });
}
