import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiKeyring, parseApiKeys } from '@penstock/access';
import { HttpErrorsFilter, LogStrategy } from '@penstock/nest';
import { PROJECTOR_TRANSPORT, ProjectorModule } from './projector.module.ts';
import { DeliveryFacts, Rig, START } from './rig.spec.ts';

const ACME = 'acme-mail-key';
const UMBRELLA = 'umbrella-mail-key';
const OPERATOR = 'operator-key';
const KEYS = `acme:bulk:${ACME}, umbrella:bulk:${UMBRELLA}, ops:bulk:${OPERATOR}:operate`;

interface Response {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

describe('the query API', () => {
  const rig = new Rig();
  let app: NestFastifyApplication;

  before(async () => {
    const keyring = new ApiKeyring(parseApiKeys(KEYS));
    const module = ProjectorModule.register(rig.projector, keyring);
    app = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false });
    app.useGlobalFilters(new HttpErrorsFilter({ log: () => {} }));
    const { consumers } = rig.projector;
    app.connectMicroservice({
      strategy: new LogStrategy({ log: rig.log, consumers, transportId: PROJECTOR_TRANSPORT }),
    });
    await rig.projector.start();
    await app.startAllMicroservices();
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const delivery = new DeliveryFacts('m1');
    await rig.append(delivery.processed(), delivery.released(1, START), delivery.remote(1, START, 60_000));
    await rig.settled();
  });
  after(async () => {
    await app.close();
    await rig.projector.stop();
  });

  async function get(url: string, key: string): Promise<Response> {
    const response = await app.inject({ url, headers: { authorization: `Bearer ${key}` } });
    return { status: response.statusCode, body: response.json() };
  }

  async function refused(url: string, key: string): Promise<[number, unknown]> {
    const { status, body } = await get(url, key);
    const [error] = body.errors as { field: unknown }[];
    return [status, error?.field];
  }

  it('answers a tenant’s own message and delivery', async () => {
    const message = await get('/v1/messages/m1?limit=10', ACME);
    assert.equal(message.status, 200);
    assert.deepEqual(message.body.deliveries, [
      {
        deliveryId: 'm1.0.0',
        domain: 'example.org',
        status: 'waiting',
        attempts: 1,
        lastFactAt: START,
        nextAttemptAt: START + 60_000,
      },
    ]);
    const delivery = await get('/v1/deliveries/m1.0.0', ACME);
    assert.equal(delivery.status, 200);
    assert.equal((delivery.body.facts as unknown[]).length, 3);
  });

  it('answers 404 for another tenant’s mail as for what does not exist', async () => {
    for (const path of ['/v1/messages/m1', '/v1/deliveries/m1.0.0', '/v1/deliveries/m1.0.0/why']) {
      const foreign = await get(path, UMBRELLA);
      const missing = await get(path.replace('m1', 'm2'), UMBRELLA);
      assert.equal(foreign.status, 404);
      assert.deepEqual(foreign, missing);
    }
  });

  it('names the field that is wrong', async () => {
    assert.deepEqual(await refused('/v1/deliveries/m1', ACME), [400, 'deliveryId']);
    assert.deepEqual(await refused('/v1/messages/m1?limit=0', ACME), [400, 'limit']);
    assert.deepEqual(await refused('/v1/messages/m1?limit=1001', ACME), [400, 'limit']);
    assert.deepEqual(await refused('/v1/messages/m1?after=-1', ACME), [400, 'after']);
    assert.deepEqual(await refused('/v1/messages/m1?limit=1&limit=2', ACME), [400, 'limit']);
    assert.deepEqual(await refused('/v1/lanes?class=urgent', OPERATOR), [400, 'class']);
    assert.deepEqual(await refused('/v1/lanes?pool=', OPERATOR), [400, 'pool']);
    assert.deepEqual(await refused('/v1/providers?minutes=ten', OPERATOR), [400, 'minutes']);
    assert.deepEqual(await refused('/v1/sources?minutes=9999', OPERATOR), [400, 'minutes']);
  });

  it('shows lanes, providers and sources to operators only', async () => {
    for (const path of ['/v1/lanes', '/v1/providers', '/v1/sources']) {
      assert.equal((await get(path, ACME)).status, 403);
      assert.equal((await get(path, 'no-such-key')).status, 401);
      assert.equal((await get(path, OPERATOR)).status, 200);
    }
  });

  it('says with each rate what it means', async () => {
    const { body } = await get('/v1/providers?minutes=5', OPERATOR);
    const { definitions, providers } = body as {
      definitions: { rates: Record<string, string> };
      providers: { provider: string; rates: Record<string, number | null> }[];
    };
    assert.match(definitions.rates.deferralRate ?? '', /deferredRemote \/ attempts/);
    assert.deepEqual(
      providers.map(({ provider, rates }) => [provider, rates.deferralRate]),
      [
        ['other', 1],
        ['unresolved', null],
      ],
    );
  });

  it('is ready once it holds what it found and knows a policy', () => {
    assert.equal(rig.projector.notReady(), 'mail.control holds no policy yet');
  });

  it('shows a tenant its own reputation and deferrals, and an operator everybody’s', async () => {
    const own = await get('/v1/reputation', ACME);
    assert.equal(own.status, 200);
    assert.deepEqual(
      (own.body.reputations as { name: string; score: unknown }[]).map(({ name, score }) => [name, score]),
      [['acme', null]],
    );
    const all = await get('/v1/reputation?limit=1', OPERATOR);
    assert.deepEqual(
      (all.body.reputations as { subject: string; name: string }[]).map(({ subject, name }) => [subject, name]),
      [['source', 'ip-1']],
    );
    assert.equal(all.body.truncated, true);
    const attempts = async (url: string, key: string) =>
      ((await get(url, key)).body.totals as { counts: { deferredRemote: number } }).counts.deferredRemote;
    assert.equal(await attempts('/v1/timelines/deferrals?hours=2&by=provider', ACME), 1);
    assert.equal(await attempts('/v1/timelines/deferrals', UMBRELLA), 0);
    assert.equal(await attempts('/v1/timelines/deferrals?tenant=acme', OPERATOR), 1);
    assert.equal(await attempts('/v1/timelines/deferrals?source=ip-1&to=-0s', OPERATOR), 1);
  });

  it('names the field of what cannot be, or is not the key’s to see', async () => {
    const deferrals = '/v1/timelines/deferrals';
    assert.deepEqual(await refused(`${deferrals}?hours=169`, ACME), [400, 'hours']);
    assert.deepEqual(await refused(`${deferrals}?by=day`, ACME), [400, 'by']);
    assert.deepEqual(await refused(`${deferrals}?to=yesterday`, ACME), [400, 'to']);
    assert.deepEqual(await refused(`${deferrals}?tenant=umbrella`, ACME), [403, 'tenant']);
    assert.deepEqual(await refused('/v1/reputation?limit=0', ACME), [400, 'limit']);
    assert.deepEqual(await refused('/v1/reputation?subject=city', OPERATOR), [400, 'subject']);
    assert.deepEqual(await refused('/v1/reputation?subject=source', ACME), [403, 'subject']);
    assert.deepEqual(await refused('/v1/reputation?source=ip-1', ACME), [403, 'source']);
    assert.deepEqual(await refused('/v1/reputation?source=ip-1&tenant=acme', OPERATOR), [400, 'source']);
  });
});
