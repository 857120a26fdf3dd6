import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { jaegerConfiguration } from '../jaeger/jaeger-configuration.ts';
import { stackPorts } from '../processes/ports.ts';
import { table } from '../status-table.ts';
import { defaultCacheFolder, fillCache } from './cache.ts';
import { parseModuleFolder } from './go-program.ts';
import { MissingToolsError, runTool } from './run-tool.ts';

test('a folder of the cache is there whole or not at all', async (t) => {
  const cache = mkdtempSync(join(tmpdir(), 'penstock-cache-'));
  t.after(() => rmSync(cache, { recursive: true }));
  const folder = join(cache, 'kafka');
  const interrupted = fillCache(folder, async (making) => {
    writeFileSync(join(making, 'half.jar'), '');
    throw new Error('no network');
  });
  await assert.rejects(interrupted, /no network/);
  assert.deepEqual(readdirSync(cache), []);
  await fillCache(folder, async (making) => writeFileSync(join(making, 'whole.jar'), '1'));
  await fillCache(folder, () => assert.fail('it was there'));
  assert.equal(readFileSync(join(folder, 'whole.jar'), 'utf8'), '1');
});

test('the cache lies where the person keeps caches', () => {
  assert.equal(defaultCacheFolder({ XDG_CACHE_HOME: '/caches' }), '/caches/penstock');
  assert.match(defaultCacheFolder({}), /\.cache\/penstock$/);
});

test('what is missing is told with the command that installs it', () => {
  const error = new MissingToolsError([{ what: 'mvn', install: 'apt-get install maven' }]);
  assert.match(error.message, /mvn is missing\. Install it with: apt-get install maven\n[\s\S]*--only/);
});

test('a tool that fails is told with what it printed', async () => {
  assert.equal(await runTool('sh', ['-c', 'echo fine']), 'fine\n');
  await assert.rejects(runTool('sh', ['-c', 'echo broken >&2; exit 3']), /sh -c failed \(3\):\nbroken/);
  await assert.rejects(runTool('no-such-tool', []), /ENOENT/);
});

test('the folder of a Go module is read from what go prints', () => {
  assert.equal(parseModuleFolder('{"Path":"x","Dir":"/modules/x@v1"}'), '/modules/x@v1');
  assert.throws(() => parseModuleFolder('{"Error":"not found"}'), /named no folder/);
});

test('Jaeger listens on loopback only', () => {
  const endpoints = [...jaegerConfiguration(stackPorts(19_000)).matchAll(/endpoint: "(.*):(\d+)"/g)];
  assert.deepEqual(new Set(endpoints.map(([, host]) => host)), new Set(['127.0.0.1']));
  assert.deepEqual(new Set(endpoints.map(([, , port]) => port)).size, 5);
});

test('the status of each server is one line', () => {
  const serving = { name: 'kafka-1', version: '4.1.2', port: 19_001, pid: 4711, ready: true };
  const ended = { name: 'redis', version: '7.0.15', port: 19_020, pid: undefined, ready: false, reason: 'not running' };
  assert.equal(
    table([serving, ended]),
    [
      'server   version  port   pid   state',
      'kafka-1  4.1.2    19001  4711  ready',
      'redis    7.0.15   19020  -     not running',
    ].join('\n'),
  );
});
