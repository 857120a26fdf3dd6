/**
 * Brings a whole stack up and uses each engine: `npm run test:real` in this package. PENSTOCK_STACK_ENGINES names
 * the engines where not all can be had, such as `kafka,redis`; PENSTOCK_STACK_KAFKA the lines of Kafka.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ENGINES, parseEngines } from './engines.ts';
import { KAFKA_LINES, KAFKA_RELEASES, type KafkaLine } from './kafka/releases.ts';
import { until } from './processes/waiting.ts';
import { requestS3, type S3Request } from './s3/signed-request.ts';
import { type Stack, startStack } from './stack.ts';
import { runTool } from './tools/run-tool.ts';

const engines = parseEngines(process.env.PENSTOCK_STACK_ENGINES ?? ENGINES.join(','));
const lines = (process.env.PENSTOCK_STACK_KAFKA?.split(',') ?? KAFKA_LINES) as readonly KafkaLine[];
const WITHIN_MS = 30_000;

async function withStack(
  options: Omit<Parameters<typeof startStack>[0], 'folder'>,
  use: (stack: Stack) => Promise<void>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-stack-'));
  const started = performance.now();
  let stack: Stack | undefined;
  try {
    stack = await startStack({ folder, basePort: 'free', report: console.log, ...options });
    console.log(`ready after ${((performance.now() - started) / 1000).toFixed(1)} s`);
    await use(stack);
  } finally {
    await stack?.down();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function produce(stack: Stack, topic: string, value: string): Promise<void> {
  const { command, args } = kcat(stack, '-P', '-t', topic, '-X', 'request.required.acks=-1');
  await runTool('sh', ['-c', `printf %s "$0" | ${command} "$@"`, value, ...args]);
}

function consume(stack: Stack, topic: string): Promise<string> {
  const { command, args } = kcat(stack, '-C', '-q', '-e', '-o', 'beginning', '-t', topic);
  return runTool(command, args);
}

function kcat(stack: Stack, ...args: readonly string[]) {
  return { command: 'kcat', args: ['-b', stack.addresses.kafka.join(','), ...args] };
}

const TOPICS_ON_USE = { 'auto.create.topics.enable': 'true' };

for (const line of engines.includes('kafka') ? lines : []) {
  test(`Kafka ${KAFKA_RELEASES[line]} keeps a record over a SIGKILL and a restart`, async () => {
    await withStack({ only: ['kafka'], kafka: line, kafkaProperties: TOPICS_ON_USE }, async (stack) => {
      await produce(stack, 'records', 'first');
      assert.equal(await consume(stack, 'records'), 'first\n');
      await stack.broker(1).kill();
      assert.deepEqual(await stack.status().then(([broker]) => [broker?.ready, broker?.pid]), [false, undefined]);
      await stack.broker(1).start();
      await produce(stack, 'records', 'second');
      assert.equal(await consume(stack, 'records'), 'first\nsecond\n');
    });
  });

  test(`Kafka ${KAFKA_RELEASES[line]} serves on with one broker of three killed`, async () => {
    await withStack({ only: ['kafka'], kafka: line, brokers: 3, kafkaProperties: TOPICS_ON_USE }, async (stack) => {
      await produce(stack, 'records', 'first');
      await stack.broker(2).kill();
      await produce(stack, 'records', 'second');
      assert.deepEqual((await consume(stack, 'records')).trim().split('\n').sort(), ['first', 'second']);
      await stack.up();
      assert.ok((await stack.status()).every(({ ready }) => ready));
    });
  });
}

const others = engines.filter((engine) => engine !== 'kafka');

if (others.length > 0) {
  describe('besides Kafka', () => {
    let stack: Stack;
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), 'penstock-stack-'));
      stack = await startStack({ folder, basePort: 'free', only: others, report: console.log });
    });
    after(async () => {
      await stack?.down();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const engine of others) test(`${engine} does what it is there for`, () => USES[engine](stack));
  });
}

const USES = {
  redis: async (stack: Stack) => {
    const port = Number(new URL(stack.addresses.redis).port);
    assert.equal(await askLine(port, 'PING'), '+PONG');
    assert.equal(await askLine(port, 'SET budget 5'), '+OK');
    await stack.server('redis').stop();
    await stack.server('redis').start();
    assert.equal(await askLine(port, 'INCR budget'), ':6');
  },
  jaeger: async (stack: Stack) => {
    const traceId = randomBytes(16).toString('hex');
    await sendSpan(stack.addresses.otlpHttp, traceId);
    let found: unknown;
    await until(async () => {
      const response = await fetch(`${stack.addresses.jaegerQuery}/api/traces/${traceId}`);
      found = response.ok ? await response.json() : undefined;
      return response.ok;
    }, WITHIN_MS);
    assert.match(JSON.stringify(found), /"operationName":"attempt"/);
  },
  s3: async (stack: Stack) => {
    const ask = (request: S3Request) => requestS3(stack.addresses.s3, request, new Date());
    const put = { method: 'PUT', key: 'segments/1', body: 'head and body' } as const;
    assert.equal((await ask(put)).status, 200);
    const range = await ask({ method: 'GET', key: put.key, headers: { range: 'bytes=5-7' } });
    assert.deepEqual([range.status, await range.text()], [206, 'and']);
    assert.equal((await ask({ ...put, headers: { 'if-none-match': '*' } })).status, 412);
    const list = await ask({ method: 'GET', key: '', query: { 'list-type': '2', prefix: 'segments/' } });
    assert.match(await list.text(), /<Key>segments\/1<\/Key>/);
    assert.equal((await ask({ method: 'DELETE', key: put.key })).status, 204);
    assert.equal((await ask({ method: 'GET', key: put.key })).status, 404);
  },
  kafka: async () => {},
};

function askLine(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(`${command}\r\n`));
    socket.once('error', reject);
    socket.once('data', (reply) => {
      socket.destroy();
      resolve(reply.toString('latin1').trim());
    });
  });
}

async function sendSpan(otlpHttp: string, traceId: string): Promise<void> {
  const nanos = `${Date.now()}000000`;
  const span = { traceId, spanId: randomBytes(8).toString('hex'), name: 'attempt', kind: 1 };
  const times = { startTimeUnixNano: nanos, endTimeUnixNano: nanos };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'dispatcher' } }] };
  const body = { resourceSpans: [{ resource, scopeSpans: [{ spans: [{ ...span, ...times }] }] }] };
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${otlpHttp}/v1/traces`, { method: 'POST', headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200);
}
