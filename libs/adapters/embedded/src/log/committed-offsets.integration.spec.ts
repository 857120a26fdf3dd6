import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Control } from '@penstock/events';
import { type Embedded, openEmbedded } from '../open-embedded.ts';

const GROUP = 'ingest-expander';
const TOPIC = 'mail.submissions';

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-offsets-'));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function open(dataDir: string): Promise<Embedded> {
  return openEmbedded({ dataDir, telemetry: { log: () => {} }, onFatal: assert.ifError, segmentBytes: 2_000 });
}

function record(n: number): Control {
  const body = { source: `s${n}`, owner: 'o'.repeat(100), claimId: 'c' };
  return { id: `c${n}`, type: 'source_claimed', version: 1, at: n, partition: 0, body };
}

const append = (engine: Embedded, n: number) =>
  engine.log.append([{ topic: 'mail.control', partition: 0, records: [record(n)] }]);

/** A folder of several segments, in whose first one something was committed. */
async function worked(folder: string): Promise<void> {
  const engine = await open(folder);
  await engine.log.commit(GROUP, TOPIC, 0, 41);
  await engine.log.commit(GROUP, TOPIC, 0, 42);
  await engine.log.commit('another', TOPIC, 1, 7);
  for (let n = 0; n < 30; n++) await append(engine, n);
  await engine.close();
}

const segmentsIn = (folder: string) =>
  readdirSync(join(folder, 'segments'))
    .filter((name) => name.endsWith('.segment'))
    .sort();

describe('the positions of the groups', () => {
  it('are what they were after a restart, however long ago they were committed', () =>
    inFolder(async (folder) => {
      await worked(folder);
      assert.ok(segmentsIn(folder).length > 3);
      for (let start = 0; start < 3; start++) {
        const engine = await open(folder);
        assert.equal(await engine.log.committed(GROUP, TOPIC, 0), 42);
        assert.equal(await engine.log.committed('another', TOPIC, 1), 7);
        assert.equal(await engine.log.committed('another', TOPIC, 0), undefined);
        await engine.close();
      }
    }));

  it('lie in no file but the segments', () =>
    inFolder(async (folder) => {
      await worked(folder);
      assert.deepEqual(readdirSync(folder).sort(), ['lock.db', 'segments']);
    }));

  it('are known where the header of the last segment never became whole', () =>
    inFolder(async (folder) => {
      await worked(folder);
      const last = join(folder, 'segments', segmentsIn(folder).at(-1) as string);
      truncateSync(last, 5);
      const engine = await open(folder);
      assert.equal(await engine.log.committed(GROUP, TOPIC, 0), 42);
      await engine.close();
      assert.ok(readFileSync(last).toString('latin1').includes('"ingest-expander mail.submissions-0":42'));
    }));

  it('become durable without an append', () =>
    inFolder(async (folder) => {
      const engine = await open(folder);
      await engine.log.commit(GROUP, TOPIC, 3, 5);
      await engine.close();
      const again = await open(folder);
      assert.equal(await again.log.committed(GROUP, TOPIC, 3), 5);
      await again.close();
    }));
});
