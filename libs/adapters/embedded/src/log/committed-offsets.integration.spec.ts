import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Control } from '@penstock/events';
import { openEmbedded } from '../open-embedded.ts';
import { OffsetsLostError } from './committed-offsets.ts';

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

function open(dataDir: string) {
  return openEmbedded({ dataDir, telemetry: { log: () => {} }, onFatal: assert.ifError });
}

const RECORD: Control = {
  id: 'c1',
  type: 'source_claimed',
  version: 1,
  at: 1,
  partition: 0,
  body: { source: 's1', owner: 'o', claimId: 'c' },
};

/** A folder in which something was done. */
async function worked(folder: string): Promise<string> {
  const engine = await open(folder);
  await engine.log.append([{ topic: 'mail.control', partition: 0, records: [RECORD] }]);
  await engine.log.commit(GROUP, TOPIC, 0, 42);
  await engine.close();
  return join(folder, 'offsets.db');
}

describe('the positions of the groups', () => {
  it('are what they were after a restart', () =>
    inFolder(async (folder) => {
      await worked(folder);
      const engine = await open(folder);
      assert.equal(await engine.log.committed(GROUP, TOPIC, 0), 42);
      await engine.close();
    }));

  for (const [what, harm] of [
    ['damaged', (path: string) => writeFileSync(path, 'no database'.repeat(1000))],
    ['missing beside a log that holds records', (path: string) => rmSync(path)],
  ] as const) {
    it(`are never begun anew by themselves where their file is ${what}: that would send mail again`, () =>
      inFolder(async (folder) => {
        const path = await worked(folder);
        harm(path);
        await assert.rejects(open(folder), OffsetsLostError);
        await assert.rejects(open(folder), /put it back from a copy/);
        writeFileSync(path, '');
        const engine = await open(folder);
        assert.equal(await engine.log.committed(GROUP, TOPIC, 0), undefined);
        await engine.close();
      }));
  }
});
