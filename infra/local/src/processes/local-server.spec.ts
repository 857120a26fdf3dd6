import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { identify } from './identity.ts';
import { LocalServer, type ServerPlan } from './local-server.ts';

/** A program that says it is ready by writing a file; ends on SIGTERM unless told to ignore it. */
const PROGRAM = `
const fs = require('node:fs');
if (process.argv[2] === 'stubborn') process.on('SIGTERM', () => {});
if (process.argv[2] === 'failing') { console.log('no room for the heap'); process.exit(3); }
fs.writeFileSync('ready', String(process.pid));
setInterval(() => {}, 1000);
`;

function sample(t: TestContext, behaviour = 'well', overrides: Partial<ServerPlan> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-server-'));
  const program = join(folder, 'program.cjs');
  writeFileSync(program, PROGRAM);
  const plan: ServerPlan = {
    name: 'sample',
    version: '1.2.3',
    ports: [1],
    command: process.execPath,
    args: [program, behaviour],
    folder,
    marker: program,
    readyWithinMs: 20_000,
    stopWithinMs: 20_000,
    prepare: async () => {},
    notReady: async () => {
      try {
        return readFileSync(join(folder, 'ready'), 'utf8') === String(server.pid) ? undefined : 'an old one was ready';
      } catch {
        return 'it has not said so';
      }
    },
    ...overrides,
    ...(overrides.ports === undefined && { ports: [0] as const }),
  };
  const pidFile = join(folder, 'pids', 'sample.json');
  const server = new LocalServer(plan, { pidFile, logFile: join(folder, 'logs', 'sample.log') });
  t.after(async () => {
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  return { server, pidFile };
}

test('a server is started once, and stopped once, however often it is asked', async (t) => {
  const { server } = sample(t);
  await server.start();
  const { pid } = server;
  await server.start();
  assert.equal(server.pid, pid);
  assert.deepEqual(await server.status(), { name: 'sample', version: '1.2.3', port: 0, pid, ready: true });
  assert.equal(await server.stop(), 'stopped');
  assert.equal(await server.stop(), 'was not running');
  assert.equal((await server.status()).reason, 'not running');
});

test('a killed server starts again under another pid', async (t) => {
  const { server } = sample(t);
  await server.start();
  const { pid } = server;
  await server.kill();
  assert.equal(server.pid, undefined);
  await server.start();
  assert.notEqual(server.pid, pid);
});

test('a paused server is stopped all the same', async (t) => {
  const { server } = sample(t);
  await server.start();
  server.pause();
  assert.equal(await server.stop(), 'stopped');
});

test('a server that does not end in its time is killed', async (t) => {
  const { server } = sample(t, 'stubborn', { stopWithinMs: 100 });
  await server.start();
  assert.equal(await server.stop(), 'killed');
  assert.equal(server.pid, undefined);
});

test('a server that ends while starting is told with the end of its log', async (t) => {
  const { server } = sample(t, 'failing');
  await assert.rejects(server.start(), /ended while it was starting[\s\S]*no room for the heap/);
});

test('a process that was given the pid of an ended server is left alone', async (t) => {
  const { server, pidFile } = sample(t);
  await server.start();
  await server.kill();
  // This very process stands for the stranger: it would not survive a signal.
  const stranger = identify(process.pid, 'anything');
  assert.ok(stranger);
  writeFileSync(pidFile, JSON.stringify({ ...stranger, marker: server.plan.marker }));
  assert.equal(server.pid, undefined);
  assert.equal(await server.stop(), 'was not running');
});

test('a taken port is named before anything is started', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  const { server } = sample(t, 'well', { ports: [address.port] });
  await assert.rejects(server.start(), new RegExp(`Port ${address.port}, which sample needs, is taken.*--base-port`));
  assert.equal(server.pid, undefined);
});
