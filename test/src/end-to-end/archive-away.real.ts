/**
 * A projector whose archive is away when it starts, and goes away again. The archive is the peer that stands for
 * EventStoreDB. PENSTOCK_TEST_KAFKA and PENSTOCK_TEST_REDIS (host:port) name the engines that run, else they are
 * started here.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { EventStorePeer } from '@penstock/adapter-eventstore/peer';
import { until } from '../fixtures/until.ts';
import { findEngines } from './apart/engines.ts';
import { SmallRun } from './apart/small-run.ts';
import { everyoneReady } from './apart/waiting.ts';

const MAILS = 10;

describe('a projector whose archive is away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-archive-away-'));
  const peer = new EventStorePeer(true);
  let stop: () => Promise<unknown> = async () => {};
  let run: SmallRun;

  before(async () => {
    // It has its port then.
    await peer.start();
    peer.stop();
    const engines = await findEngines(join(folder, 'stack'));
    stop = engines.stop;
    const environment = { PENSTOCK_ARCHIVE: 'eventstore', PENSTOCK_EVENTSTORE_URL: peer.connectionString };
    run = await SmallRun.start({ ...engines, name: 'archive-away', environment });
  });

  after(async () => {
    await run?.stop();
    await stop();
    peer.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('opens its API all the same, and says what it waits for', async () => {
    const url = run.services.url('projector');
    let said = '';
    const waits = async () => {
      said = await (await fetch(`${url}/health/ready`)).text();
      return said.includes('the archive cannot be reached');
    };
    await until(waits, () => `readiness tells of the archive: ${said}`);
    assert.equal((await fetch(`${url}/health/live`)).status, 200);
    await run.api.lanes(1);
  });

  it('tells timelines once the archive is there, 503 while it is gone again, and ends with 0 meanwhile', async () => {
    await peer.start();
    await everyoneReady(run.services);
    const [deliveryId = ''] = await run.delivers(MAILS);
    peer.stop();
    await assert.rejects(run.api.timeline(deliveryId), /the archive of timelines cannot be reached/);
    await run.api.lanes(1);
    assert.equal(await run.services.service('projector').stop(), 0);
  });
});
