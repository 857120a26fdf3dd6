/**
 * A scheduler that stands still, beside services apart: bulk mail is refused after a while, transactional mail is not, and
 * all goes on when it is back. PENSTOCK_TEST_KAFKA and PENSTOCK_TEST_REDIS (host:port) name the engines that run, else
 * they are started here.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { HttpClient, PlatformApi } from '@penstock/cli';
import { until } from '../fixtures/until.ts';
import { findEngines } from './apart/engines.ts';
import { freePorts } from './apart/free-ports.ts';
import { Services } from './apart/services.ts';
import { everyoneReady, settled } from './apart/waiting.ts';

const OPERATOR = 'a-key-for-a-scheduler-that-lags';
const KEYS = { bulk: 'a-bulk-key-of-a-shop', transactional: 'a-transactional-key-of-a-shop' } as const;
const LIMIT_S = 20;

type TrafficClass = keyof typeof KEYS;

describe('services apart whose scheduler is away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-lag-'));
  let stop: () => Promise<unknown> = async () => {};
  let services: Services;
  let api: PlatformApi;
  const accepted: string[] = [];

  before(async () => {
    const engines = await findEngines(join(folder, 'stack'));
    stop = engines.stop;
    services = await Services.start({
      ...engines,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      partitions: { 'mail.events': 4, 'mail.attempts': 8 },
      environment: {
        ...process.env,
        PENSTOCK_API_KEY: OPERATOR,
        PENSTOCK_KAFKA_PREFIX: `lag-${process.pid}-`,
        PENSTOCK_API_KEYS: `default:bulk:${KEYS.bulk},default:transactional:${KEYS.transactional}`,
        PENSTOCK_BULK_LAG: `${LIMIT_S}s`,
      },
    });
    api = new PlatformApi(new HttpClient({ url: services.url('projector'), key: OPERATOR }));
    await everyoneReady(services);
  });

  after(async () => {
    await services?.stop();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function send(trafficClass: TrafficClass): Promise<Response> {
    const response = await fetch(`${services.url('ingest')}/v3/mail/send`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS[trafficClass]}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        personalizations: [{ to: [{ email: `${trafficClass}-${accepted.length}@apart.example` }] }],
        from: { email: 'shop@example.com' },
        subject: 'Hello',
        content: [{ type: 'text/plain', value: 'Hello' }],
      }),
    });
    const messageId = response.headers.get('x-message-id');
    if (response.status === 202 && messageId !== null) accepted.push(messageId);
    return response;
  }

  async function metrics(name: 'ingest' | 'projector', accept: string): Promise<string> {
    const headers = { authorization: `Bearer ${OPERATOR}`, accept };
    return (await fetch(`${services.url(name)}/metrics`, { headers })).text();
  }

  it('refuse bulk mail with the reason, and take transactional mail', async () => {
    assert.equal((await send('bulk')).status, 202);
    // What was released but never commanded would be waited for eleven minutes.
    await settled(api, accepted);
    await services.service('scheduler').kill();
    let refused: Response | undefined;
    await until(async () => {
      const answer = await send('bulk');
      if (answer.status === 429) refused = answer;
      return refused !== undefined;
    }, 'bulk mail is refused');
    assert.equal(refused?.headers.get('retry-after'), String(LIMIT_S / 2));
    assert.match((await refused?.text()) ?? '', /the scheduler is \d+ s behind/);
    assert.equal((await send('transactional')).status, 202);
    const lag = /^penstock_scheduler_lag_seconds (\S+)$/m.exec(await metrics('ingest', 'text/plain'))?.[1];
    assert.ok(Number(lag) > LIMIT_S, lag);
  });

  it('take bulk mail again when it is back, and deliver all of it', async () => {
    await services.service('scheduler').start();
    await until(async () => (await send('bulk')).status === 202, 'bulk mail is taken again');
    const deliveries = await settled(api, accepted);
    assert.deepEqual([...new Set(deliveries.map(({ status }) => status))], ['delivered']);
  });

  it('say that one broker alone keeps what is acknowledged', async () => {
    for (const path of ['/health', '/health/ready']) {
      const report = (await (await fetch(services.url('ingest') + path)).json()) as Record<string, unknown>;
      assert.equal(report.single_replica, true);
      assert.match(String(report.warning), /mail\.events \(1 copies, 1 in sync\)/);
    }
  });

  it('tell how long mail took, in OpenMetrics too', async () => {
    const text = await metrics('projector', 'application/openmetrics-text; version=1.0.0');
    assert.ok(text.endsWith('# EOF\n'));
    assert.match(text, /^penstock_delivery_latency_seconds_count\{provider="\w+"\} \d+$/m);
    assert.match(text, /^penstock_attempt_duration_seconds_bucket\{provider="\w+",le="\+Inf"\} \d+$/m);
    assert.match(text, /^penstock_webhook_behind_records 0$/m);
  });
});
