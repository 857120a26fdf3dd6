import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryStateStore } from '@penstock/adapter-memory';
import { openFolderContent, type PackingOptions, type SharedContent } from '@penstock/adapter-s3';
import { systemClock, systemRandom, systemTimers } from '@penstock/adapter-system';
import { contentStoreConformance, stateCopiesConformance } from '@penstock/testing';

const PORTS = { clock: systemClock, timers: systemTimers, random: systemRandom, telemetry: { log: () => {} } };

/** Segments of a few blobs, nothing kept in memory and nothing read ahead: every blob is read from its file. */
const TIGHT: Partial<PackingOptions> = { segmentBytes: 2000, cacheBytes: 0, readAheadBytes: 0, inFlight: 1 };

for (const [name, packing] of [
  ['shared folder', {}],
  ['shared folder, small segments and no memory', TIGHT],
] as const) {
  contentStoreConformance(name, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'penstock-shared-'));
    const open = () => openFolderContent({ ...PORTS, folder, packing });
    let content: SharedContent = await open();
    return {
      get content() {
        return content;
      },
      reopen: async () => {
        await content.close();
        content = await open();
      },
      close: async () => {
        await content.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}

stateCopiesConformance('shared folder', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-shared-'));
  let content: SharedContent = await openFolderContent({ ...PORTS, folder });
  return {
    get copies() {
      return content.copies;
    },
    stores: new MemoryStateStore(),
    reopen: async () => {
      await content.close();
      content = await openFolderContent({ ...PORTS, folder });
    },
    close: async () => {
      await content.close();
      rmSync(folder, { recursive: true });
    },
  };
});
