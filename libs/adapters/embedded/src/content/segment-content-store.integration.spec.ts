import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { ContentDamagedError } from '@penstock/ports';
import { openEmbedded } from '../open-embedded.ts';

it('content whose bytes are not what was stored is told from content that is not there', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'penstock-content-'));
  const engine = await openEmbedded({
    dataDir,
    telemetry: { log: () => {} },
    onFatal: () => undefined,
    contentCacheBytes: 0,
  });
  try {
    const [reference = ''] = await engine.content.put([Buffer.from('what was said')]);
    const id = 'policy';
    const body = { policyVersion: 'v', text: '', changedBy: 'spec' };
    // Durable with whatever is appended after it.
    await engine.log.append([
      {
        topic: 'mail.control',
        partition: 0,
        records: [{ id, type: 'policy_changed', version: 1, at: 0, partition: 0, body }],
      },
    ]);
    assert.equal(Buffer.from(await engine.content.get(reference)).toString(), 'what was said');
    const path = join(dataDir, 'segments', '0000000001.segment');
    const file = openSync(path, 'r+');
    writeSync(file, 'W', readFileSync(path).indexOf('what was said'));
    closeSync(file);
    await assert.rejects(engine.content.get(reference), ContentDamagedError);
  } finally {
    await engine.close();
    rmSync(dataDir, { recursive: true });
  }
});
