/** The content store against a real S3 server: of the local stack, or the one PENSTOCK_TEST_S3 names (an S3Address as JSON). */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MemoryStateStore } from '@penstock/adapter-memory';
import { openS3Content, type PackingOptions, type SharedContent } from '@penstock/adapter-s3';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { type S3Address, type Stack, startStack } from '@penstock/local-stack';
import { ContentMissingError } from '@penstock/ports';
import { contentStoreConformance, stateCopiesConformance } from '@penstock/testing';

const PORTS = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry: { log: () => {} } };
const folder = mkdtempSync(join(tmpdir(), 'penstock-s3-'));
let stack: Stack | undefined;
let server: S3Address | undefined;
let opened = 0;

before(async () => {
  server = JSON.parse(process.env.PENSTOCK_TEST_S3 ?? 'null') ?? undefined;
  if (server) return;
  stack = await startStack({ folder, basePort: 'free', only: ['s3'] });
  server = stack.addresses.s3;
});

after(async () => {
  await stack?.down({ wipe: true });
  rmSync(folder, { recursive: true, force: true });
});

function address(): S3Address {
  if (!server) throw new Error('there is no S3 server');
  return server;
}

function open(prefix: string, packing: Partial<PackingOptions>): Promise<SharedContent> {
  return openS3Content({ ...PORTS, ...address(), prefix, packing });
}

const TIGHT: Partial<PackingOptions> = { segmentBytes: 2000, cacheBytes: 0, readAheadBytes: 0, inFlight: 2 };

for (const [name, packing] of [
  ['S3', {}],
  ['S3, small segments and no memory', TIGHT],
] as const) {
  contentStoreConformance(name, async () => {
    const prefix = `conformance/${process.pid}-${opened++}`;
    let content = await open(prefix, packing);
    return {
      get content() {
        return content;
      },
      reopen: async () => {
        await content.close();
        content = await open(prefix, packing);
      },
      close: () => content.close(),
    };
  });
}

stateCopiesConformance('S3', async () => {
  const prefix = `copies/${process.pid}-${opened++}`;
  let content = await open(prefix, {});
  return {
    get copies() {
      return content.copies;
    },
    stores: new MemoryStateStore(),
    reopen: async () => {
      await content.close();
      content = await open(prefix, {});
    },
    close: () => content.close(),
  };
});

describe('content on S3', () => {
  it('is accepted again after the server was killed, and what was told before is there', async () => {
    const stack = await startStack({ folder: join(folder, 'killed'), basePort: 'free', only: ['s3'] });
    try {
      const content = await openS3Content({ ...PORTS, ...stack.addresses.s3, packing: TIGHT });
      const [before = ''] = await content.put([Buffer.from('before')]);
      await stack.server('s3').kill();
      const during = content.put([Buffer.from('during')]);
      const read = content.get(before);
      await stack.server('s3').start();
      const [reference = ''] = await during;
      assert.equal(Buffer.from(await content.get(reference)).toString(), 'during');
      assert.equal(Buffer.from(await read).toString(), 'before');
      await content.close();
    } finally {
      await stack.down({ wipe: true });
    }
  });

  it('older than is kept is deleted, more than a list or a deletion holds at a time', async () => {
    const prefix = `swept/${process.pid}`;
    let now = Date.UTC(2026, 0, 1);
    const clock = { now: () => now, monotonic: () => systemClock.monotonic() };
    const content = await openS3Content({ ...PORTS, ...address(), clock, prefix, packing: { ...TIGHT, inFlight: 16 } });
    const blob = new Uint8Array(1990);
    const references = await Promise.all(Array.from({ length: 1005 }, () => content.put([blob])));
    now += 3_600_000;
    const [kept = ''] = await content.put([blob]);
    now += 3_600_000;
    const rule = { retentionMs: 3_600_000, leastMs: () => 3_600_000 };
    const [one, other] = [content.sweep(rule), content.sweep(rule)];
    await Promise.all([one.sweep(), other.sweep()]);
    for (const [reference = ''] of references.slice(0, 20)) {
      await assert.rejects(content.get(reference), ContentMissingError);
    }
    assert.equal((await content.get(kept)).length, 1990);
    assert.deepEqual(await one.sweep(), []);
    await content.close();
  });
});
