/** The four services over a broker that speaks TLS and wants a password (SASL_SSL), by their settings alone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SecuredBroker, USER } from '../conformance/secured-broker.ts';
import { SmallRun } from './apart/small-run.ts';
import { everyoneReady } from './apart/waiting.ts';

const MAILS = 20;

describe('services over Kafka with TLS and a password', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-services-secured-'));
  let broker: SecuredBroker;
  let run: SmallRun;

  before(async () => {
    broker = await SecuredBroker.start(folder);
    const environment = { ...USER, PENSTOCK_KAFKA_TLS: 'on', PENSTOCK_KAFKA_CA: broker.file('cert.pem') };
    run = await SmallRun.start({ name: 'secured', brokers: [broker.address('both')], environment });
    await everyoneReady(run.services);
  });

  after(async () => {
    await run?.stop();
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('deliver mail', async () => {
    await run.delivers(MAILS);
  });

  it('name the setting that keeps them out', async () => {
    for (const [changes, message] of [
      [{ PENSTOCK_KAFKA_SASL_PASSWORD: 'guess' }, /^dispatcher: PENSTOCK_KAFKA_SASL_PASSWORD/m],
      [{ PENSTOCK_KAFKA_CA: '' }, /^dispatcher: PENSTOCK_KAFKA_CA/m],
      [{ PENSTOCK_KAFKA_CA: '/no/such/file' }, /^dispatcher: PENSTOCK_KAFKA_CA/m],
    ] as const) {
      await assert.rejects(run.services.add('dispatcher', 'wrong', changes), message);
    }
  });
});
