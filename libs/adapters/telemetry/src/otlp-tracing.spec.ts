import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { makeSpan, type Span } from '@penstock/events';
import { NO_TRACING } from '@penstock/ports';
import { OtlpTracing, openTracing, sendSpans } from './index.ts';
import { ReadableSpans } from './readable-spans.ts';

const quiet = { log: () => {} };

function span(n: number): Span {
  const context = { traceId: 'a'.repeat(32), spanId: n.toString(16).padStart(16, '0') };
  const attributes = { 'penstock.delivery_id': `m.${n}.0` };
  return makeSpan('release', context, { startMs: 1_767_268_800_000.25, endMs: 1_767_268_800_001.5, attributes });
}

const spans = (count: number) => Array.from({ length: count }, (_, n) => span(n + 1));

/** Takes spans, or refuses them; a gate holds the answer back. */
async function collector(status = 200, gate?: Promise<void>) {
  const requests: { path: string | undefined; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({ path: request.url, body: Buffer.concat(chunks) });
    await gate;
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { endpoint: `http://127.0.0.1:${port}`, requests };
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

describe('tracing over OTLP', () => {
  it('is the no-op where no endpoint is set, and connects to nothing', async () => {
    const tracing = openTracing({ telemetry: quiet });
    assert.equal(tracing, NO_TRACING);
    tracing.send(spans(3));
    await tracing.close();
    assert.deepEqual(tracing.counts(), { sent: 0, dropped: 0, failed: 0 });
  });

  it('sends in batches to /v1/traces and has sent everything once it is closed', async () => {
    const { endpoint, requests } = await collector();
    const tracing = openTracing({ otlpEndpoint: `${endpoint}/`, telemetry: quiet });
    tracing.send(spans(1_200));
    await tracing.close();
    assert.deepEqual(
      requests.map(({ path }) => path),
      ['/v1/traces', '/v1/traces', '/v1/traces'],
    );
    assert.deepEqual(tracing.counts(), { sent: 1_200, dropped: 0, failed: 0 });
    const body = requests[0]?.body.toString('latin1') ?? '';
    for (const said of ['penstock-scheduler', 'penstock.delivery_id', 'm.1.0']) assert.ok(body.includes(said), said);
  });

  it('drops what its queue does not hold, and counts it, while the collector answers nothing', async () => {
    let open = () => {};
    const { endpoint } = await collector(200, new Promise<void>((resolve) => (open = resolve)));
    const tracing = new OtlpTracing({ endpoint, telemetry: quiet, maxQueued: 600 });
    tracing.send(spans(600));
    assert.equal(tracing.full, false);
    tracing.send(spans(600));
    assert.equal(tracing.full, true);
    assert.equal(tracing.counts().dropped, 88);
    open();
    await tracing.close();
    assert.equal(tracing.counts().sent, 1_200 - tracing.counts().dropped);
    tracing.send(spans(1));
    assert.equal(tracing.counts().dropped, 89);
  });

  it('loses what the collector refuses, counts it, and says so once', async () => {
    const { endpoint } = await collector(400);
    const logged: string[] = [];
    const tracing = new OtlpTracing({ endpoint, telemetry: { log: (_level, event) => logged.push(event) } });
    tracing.send(spans(3));
    await tracing.flush();
    tracing.send(spans(2));
    await tracing.close();
    assert.deepEqual(tracing.counts(), { sent: 0, dropped: 0, failed: 5 });
    assert.deepEqual(logged, ['spans_not_sent']);
  });

  it('of a command rejects where nobody takes the spans', async () => {
    const { endpoint } = await collector(400);
    await assert.rejects(sendSpans(endpoint, spans(2)));
    const taking = await collector();
    await sendSpans(taking.endpoint, spans(2));
    assert.equal(taking.requests.length, 1);
  });

  it('keeps the ids and the times to the microsecond', () => {
    const readable = new ReadableSpans('p1').of(span(7));
    assert.equal(readable.spanContext().spanId, '0000000000000007');
    assert.deepEqual(readable.startTime, [1_767_268_800, 250_000]);
    assert.deepEqual(readable.endTime, [1_767_268_800, 1_500_000]);
    assert.deepEqual(readable.duration, [0, 1_250_000]);
    assert.equal(readable.resource.attributes['service.instance.id'], 'p1');
  });
});
