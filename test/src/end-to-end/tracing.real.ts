/** One delivery, put off twice and then taken, as an SRE sees it in Jaeger. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { sendSpans } from '@penstock/adapter-telemetry';
import { HttpClient, isSettled, PlatformApi, runCommand, type Timeline } from '@penstock/cli';
import { acceptanceContext, releaseContext } from '@penstock/events';
import { SMTPServer } from 'smtp-server';
import { Jaeger, type JaegerTrace, linksOf, spanOf, tagsOf } from './jaeger.ts';
import { story, timelinesOf, until } from './mail-watch.ts';
import { Platform } from './platform.ts';

const KEY = 'key-of-the-traced-mail';
const PATIENCE = { withinMs: 60_000 };
const MESSAGE = 'penstock.message_id';

/** Puts every recipient off twice, and then takes the mail. */
function reluctantHost(): SMTPServer {
  const asked = new Map<string, number>();
  return new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    logger: false,
    onRcptTo({ address }, _session, callback) {
      const times = (asked.get(address) ?? 0) + 1;
      asked.set(address, times);
      const busy = Object.assign(new Error('4.3.2 try again'), { responseCode: 451 });
      callback(times <= 2 ? busy : null);
    },
    onData(stream, _session, callback) {
      stream.resume();
      stream.on('end', () => callback());
    },
  });
}

function policy(port: number): string {
  const shipped = readFileSync(new URL('../../../infra/policy/smarthost.toml', import.meta.url), 'utf8');
  return shipped.replace(/^port = .*/m, `port = ${port}`).replace(/^retry_interval = .*/m, 'retry_interval = "1s"');
}

describe('a delivery put off twice and then taken', { timeout: 300_000 }, () => {
  let jaeger: Jaeger;
  let host: SMTPServer;
  let folder: string;
  let recipients = 0;

  before(async () => {
    jaeger = await Jaeger.open();
    host = reluctantHost();
    host.listen(0, '127.0.0.1');
    await once(host.server, 'listening');
    folder = mkdtempSync(join(tmpdir(), 'penstock-traced-'));
    writeFileSync(join(folder, 'policy.toml'), policy((host.server.address() as AddressInfo).port));
  });
  after(async () => {
    host?.close();
    await jaeger?.stop();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  });

  async function delivered(
    settings: Readonly<Record<string, string>>,
    work: (timeline: Timeline, platform: Platform) => Promise<void>,
    traceparent?: string,
  ): Promise<void> {
    const environment = { PENSTOCK_API_KEY: KEY, PENSTOCK_CONFIG: join(folder, 'policy.toml'), ...settings };
    const platform = await Platform.start({ environment });
    try {
      const api = new PlatformApi(new HttpClient({ url: platform.url, key: KEY }));
      const messageId = await send(platform, traceparent);
      const [timeline] = await timelinesOf(api, messageId, isSettled, PATIENCE);
      assert.ok(timeline);
      assert.match(
        story(timeline),
        /^processed released deferred\(remote\) released deferred\(remote\) released delivered$/,
      );
      await work(timeline, platform);
    } finally {
      await platform.stop();
    }
  }

  async function send(platform: Platform, traceparent: string | undefined): Promise<string> {
    const answer = await fetch(`${platform.url}/v3/mail/send`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${KEY}`,
        'content-type': 'application/json',
        ...(traceparent !== undefined && { traceparent }),
      },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: `ann-${recipients++}@receiver.example` }] }],
        from: { email: 'news@sender.example' },
        subject: 'Traced',
        content: [{ type: 'text/plain', value: 'Where does it go?' }],
      }),
    });
    assert.equal(answer.status, 202);
    return answer.headers.get('x-message-id') ?? '';
  }

  /** What Jaeger has of it once all four traces are whole. */
  async function tracesOf({ messageId, deliveryId }: Timeline): Promise<readonly JaegerTrace[]> {
    const whole = (traces: readonly JaegerTrace[]) =>
      traces.length === 4 && [1, 2, 3].every((n) => spanOf(byRelease(traces, deliveryId, n), 'attempt'));
    return until(() => jaeger.tracesWith(MESSAGE, messageId), whole, PATIENCE);
  }

  function byRelease(traces: readonly JaegerTrace[], deliveryId: string, release: number): JaegerTrace | undefined {
    return traces.find(({ traceID }) => traceID === releaseContext(deliveryId, release).traceId);
  }

  function assertLinked(traces: readonly JaegerTrace[], timeline: Timeline, acceptance: string): void {
    const { deliveryId, messageId } = timeline;
    const attempts = [1, 2, 3].map((release) => byRelease(traces, deliveryId, release));
    assert.ok(
      spanOf(
        traces.find(({ traceID }) => traceID === acceptance),
        'accept',
      ),
    );
    const [first = '', second = ''] = attempts.map((trace) => trace?.traceID);
    assert.deepEqual(
      attempts.map((trace) => linksOf(spanOf(trace, 'release'))),
      [[acceptance], [acceptance, first], [acceptance, second]],
    );
    assert.deepEqual(
      attempts.map((trace) => tagsOf(spanOf(trace, 'attempt'))['penstock.outcome']),
      ['deferred', 'deferred', 'delivered'],
    );
    assert.equal(tagsOf(spanOf(attempts[0], 'attempt'))['penstock.reply.code'], 451);
    for (const { spans } of traces) {
      for (const span of spans) {
        assert.equal(tagsOf(span)[MESSAGE], messageId);
        assert.equal(tagsOf(span)['penstock.delivery_id'], deliveryId);
      }
    }
    const services = new Set(traces.flatMap(({ processes }) => Object.values(processes).map((p) => p.serviceName)));
    assert.deepEqual([...services].sort(), ['penstock-dispatcher', 'penstock-ingest', 'penstock-scheduler']);
    assert.doesNotMatch(JSON.stringify(traces), /ann-\d+@/);
  }

  it('is in Jaeger as its acceptance and three attempts, linked, by the id of its message', async () => {
    const settings = { PENSTOCK_OTLP_ENDPOINT: jaeger.otlp, PENSTOCK_TRACE_RATIO: '1' };
    await delivered(settings, async (timeline) => {
      const traces = await tracesOf(timeline);
      assertLinked(traces, timeline, acceptanceContext(timeline).traceId);
    });
  });

  it("goes on in the caller's trace where the caller traces it, whatever the ratio", async () => {
    const settings = { PENSTOCK_OTLP_ENDPOINT: jaeger.otlp, PENSTOCK_TRACE_RATIO: '0' };
    const traceId = '5bd2f0a4c86e3175902b7c1d84fe6a39';
    const work = async (timeline: Timeline) => assertLinked(await tracesOf(timeline), timeline, traceId);
    await delivered(settings, work, `00-${traceId}-00f067aa0ba902b7-01`);
  });

  it('is traced from its second attempt on where it was not sampled', async () => {
    const settings = { PENSTOCK_OTLP_ENDPOINT: jaeger.otlp, PENSTOCK_TRACE_RATIO: '0' };
    await delivered(settings, async ({ messageId, deliveryId }) => {
      const ends = (traces: readonly JaegerTrace[]) =>
        spanOf(byRelease(traces, deliveryId, 3), 'attempt') !== undefined;
      const traces = await until(() => jaeger.tracesWith(MESSAGE, messageId), ends, PATIENCE);
      assert.ok(spanOf(byRelease(traces, deliveryId, 2), 'attempt'));
      assert.equal(traces.length, 2);
    });
  });

  it('is built from its facts and sent by `penstock trace`, where nothing was traced at all', async () => {
    await delivered({}, async (timeline, platform) => {
      assert.deepEqual(await jaeger.tracesWith(MESSAGE, timeline.messageId), []);
      const printed: string[] = [];
      const args = ['--url', platform.url, '--key', KEY, 'trace', timeline.deliveryId];
      const code = await runCommand([...args, '--otlp', jaeger.otlp, '--jaeger', jaeger.query], {
        environment: {},
        print: (text) => printed.push(text),
        complain: (text) => printed.push(text),
        sleep: async () => {},
        sendSpans,
      });
      assert.equal(code, 0, printed.join('\n'));
      const traces = await tracesOf(timeline);
      assertLinked(traces, timeline, acceptanceContext(timeline).traceId);
      for (const { traceID } of traces) assert.ok(printed.join('\n').includes(`/trace/${traceID}`));
      const all = /^all of them: (\S+)$/m.exec(printed.join('\n'))?.[1];
      const answer = (await (await fetch(all ?? '')).json()) as { readonly data: readonly JaegerTrace[] };
      assert.equal(answer.data.length, 3);
    });
  });

  it('has the same spans live and rebuilt, so that both together show nothing twice', async () => {
    const settings = { PENSTOCK_OTLP_ENDPOINT: jaeger.otlp, PENSTOCK_TRACE_RATIO: '1' };
    await delivered(settings, async (timeline, platform) => {
      const live = await tracesOf(timeline);
      const printed: string[] = [];
      await runCommand(['--url', platform.url, '--key', KEY, 'trace', timeline.deliveryId, '--print'], {
        environment: {},
        print: (text) => printed.push(text),
        complain: (text) => printed.push(text),
        sleep: async () => {},
      });
      const rebuilt = printed
        .join('\n')
        .split('\n')
        .map((line) => JSON.parse(line) as SpanLine);
      const name = (id: string, title: string) => `${id} ${title}`;
      const shown = live.flatMap(({ spans }) => spans.map(({ spanID, operationName }) => name(spanID, operationName)));
      assert.deepEqual(shown.sort(), rebuilt.map((span) => name(span.spanId, span.name)).sort());
      const starts = new Map(rebuilt.map(({ spanId, startMs }) => [spanId, startMs * 1_000]));
      for (const { spanID, startTime } of live.flatMap(({ spans }) => spans)) {
        assert.ok(Math.abs(startTime - (starts.get(spanID) ?? 0)) < 2, spanID);
      }
    });
  });
});

interface SpanLine {
  readonly spanId: string;
  readonly name: string;
  readonly startMs: number;
}
