/**
 * The four services with content in S3, by their settings alone. PENSTOCK_TEST_KAFKA, PENSTOCK_TEST_REDIS and
 * PENSTOCK_TEST_S3 (an S3Address as JSON) name the engines that run, else they are started here.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type S3Address, startStack } from '@penstock/local-stack';
import { until } from '../fixtures/until.ts';
import { findEngines } from './apart/engines.ts';
import type { ServiceEnvironment } from './apart/services.ts';
import { SmallRun } from './apart/small-run.ts';
import { everyoneReady } from './apart/waiting.ts';

const MAILS = 20;

describe('services with content in S3', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-services-s3-'));
  const stops: (() => Promise<unknown>)[] = [];
  const told: string[] = [];
  let run: SmallRun;
  let settings: ServiceEnvironment;

  before(async () => {
    const engines = await findEngines(join(folder, 'stack'));
    stops.push(engines.stop);
    settings = settingsOf(await findS3(), `services-${process.pid}`);
    const environment = { ...settings, PENSTOCK_STATE_COPY_EVERY: '1s', PENSTOCK_LOG_LEVEL: 'info' };
    run = await SmallRun.start({ ...engines, name: 'services-s3', environment, onLine: (_, line) => told.push(line) });
    await everyoneReady(run.services);
  });

  after(async () => {
    await run?.stop();
    for (const stop of stops) await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function findS3(): Promise<S3Address> {
    const given: S3Address | undefined = JSON.parse(process.env.PENSTOCK_TEST_S3 ?? 'null') ?? undefined;
    if (given) return given;
    const stack = await startStack({ folder: join(folder, 's3'), basePort: 'free', only: ['s3'] });
    stops.push(() => stack.down({ wipe: true }));
    const { s3 } = stack.addresses;
    assert.ok(s3);
    return s3;
  }

  it('deliver what they put there', async () => {
    await run.delivers(MAILS);
  });

  it('copy the state of the scheduler there', async () => {
    run.load.begin();
    await until(() => told.some((line) => line.includes('"state_copied"')), 'the state of a partition is copied');
    await run.load.end();
    assert.ok(!told.some((line) => line.includes('"state_copy_failed"')));
  });

  it('name the setting where the bucket is not to be had', async () => {
    for (const [changes, message] of [
      [{ PENSTOCK_S3_SECRET_ACCESS_KEY: 'wrong' }, /^dispatcher: PENSTOCK_CONTENT: .*penstock/m],
      [{ PENSTOCK_CONTENT: 's3://no-such-bucket/x' }, /^dispatcher: PENSTOCK_CONTENT: .*no-such-bucket/m],
      [{ PENSTOCK_S3_SECRET_ACCESS_KEY: undefined }, /^dispatcher: PENSTOCK_S3_SECRET_ACCESS_KEY is not set/m],
    ] as const) {
      await assert.rejects(run.services.add('dispatcher', 'wrong', { ...settings, ...changes }), message);
    }
  });
});

function settingsOf({ endpoint, bucket, region, accessKeyId, secretAccessKey }: S3Address, prefix: string) {
  return {
    PENSTOCK_CONTENT: `s3://${bucket}/${prefix}`,
    PENSTOCK_S3_ENDPOINT: endpoint,
    PENSTOCK_S3_REGION: region,
    PENSTOCK_S3_ACCESS_KEY_ID: accessKeyId,
    PENSTOCK_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
}
