/** The content store against a real S3 server: of the local stack, or the one PENSTOCK_TEST_S3 names (an S3Address as JSON). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { MemoryStateStore } from '@penstock/adapter-memory';
import { openS3Content, type PackingOptions, type SharedContent } from '@penstock/adapter-s3';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { type S3Address, type Stack, startStack } from '@penstock/local-stack';
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

function open(prefix: string, packing: Partial<PackingOptions>): Promise<SharedContent> {
  if (!server) throw new Error('there is no S3 server');
  return openS3Content({ ...PORTS, ...server, prefix, packing });
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
