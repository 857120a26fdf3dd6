/**
 * The four services as processes over a real Kafka and Redis: PENSTOCK_TEST_KAFKA and PENSTOCK_TEST_REDIS (host:port)
 * name those that run, else they are started here.
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
import { Load } from './apart/load.ts';
import { Services, START_ORDER } from './apart/services.ts';
import { everyoneReady, settled } from './apart/waiting.ts';
import { story } from './mail-watch.ts';
import { WebhookEndpoint } from './webhook-endpoint.ts';

const KEY = 'a-key-for-services-apart';
const MAILS = 200;

describe('four services apart', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-apart-'));
  let stop: () => Promise<unknown> = async () => {};
  let services: Services;
  let load: Load;
  let api: PlatformApi;
  const endpoint = new WebhookEndpoint();

  before(async () => {
    const engines = await findEngines(join(folder, 'stack'));
    stop = engines.stop;
    services = await Services.start({
      ...engines,
      folder: join(folder, 'services'),
      ports: await freePorts(),
      environment: { ...process.env, PENSTOCK_API_KEY: KEY, PENSTOCK_WEBHOOK_ALLOW: 'private' },
    });
    const url = services.url('ingest');
    load = new Load({ url, smtpPort: services.ports.smtp, key: KEY });
    api = new PlatformApi(new HttpClient({ url: services.url('projector'), key: KEY }));
    await everyoneReady(services);
    await setWebhook(url, await endpoint.start());
  });

  after(async () => {
    load?.close();
    await services?.stop();
    await endpoint.stop();
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('deliver mail of both doors, and the projector tells the story of each', async () => {
    await load.send(MAILS);
    assert.equal(load.refused, 0);
    const deliveries = await settled(api, [...load.accepted.keys()]);
    assert.equal(deliveries.length, MAILS);
    assert.deepEqual([...new Set(deliveries.map(({ status }) => status))], ['delivered']);
    const timeline = await api.timeline(deliveries[0]?.deliveryId ?? '');
    assert.equal(story(timeline), 'processed released delivered');
  });

  it('lose nothing while each of them is ended with SIGTERM and started again under load', async () => {
    for (const name of START_ORDER) {
      load.begin();
      const before = load.accepted.size;
      await until(() => load.accepted.size >= before + 10, 'mail is accepted');
      assert.equal(await services.service(name).stop(), 0, `${name} drains and ends with 0`);
      await services.service(name).start();
      await everyoneReady(services);
      const restarted = load.accepted.size;
      await until(() => load.accepted.size >= restarted + 10, `mail is accepted after ${name} came back`);
      await load.end();
    }
    const deliveries = await settled(api, [...load.accepted.keys()]);
    assert.equal(deliveries.length, load.accepted.size);
    assert.deepEqual([...new Set(deliveries.map(({ status }) => status))], ['delivered']);
    const { sandbox } = services;
    const lost = [...load.accepted.values()].filter((recipient) => sandbox.mailFor(recipient).length === 0);
    assert.deepEqual(lost, [], 'the receiver has all of them');
    console.log(`accepted ${load.accepted.size}, refused while ingest was away ${load.refused}`);
  });

  it('have told the tenant what became of each, whichever of them was away', async () => {
    for (const messageId of load.accepted.keys()) {
      const told = () => new Set(endpoint.eventsOf(messageId, true).map(({ event }) => event));
      await until(() => told().has('delivered') && told().has('processed'), `${messageId} is told of`);
      for (const { email } of endpoint.eventsOf(messageId, true)) assert.equal(email, load.accepted.get(messageId));
    }
  });
});

async function setWebhook(ingest: string, url: string): Promise<void> {
  const response = await fetch(`${ingest}/v1/admin/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ tenant: 'default', url }),
  });
  assert.equal(response.status, 200, await response.text());
}
