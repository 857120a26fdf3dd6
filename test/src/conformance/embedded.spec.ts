import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Embedded, type EmbeddedOptions, openEmbedded } from '@penstock/adapter-embedded';
import {
  archiveConformance,
  contentStoreConformance,
  type EventLogHarness,
  eventLogConformance,
  keyedStoreConformance,
  readModelsConformance,
} from '@penstock/testing';

/** The embedded engine on a folder of its own, whose writes can be cut. */
class EmbeddedHarness implements EventLogHarness {
  private readonly dataDir = mkdtempSync(join(tmpdir(), 'penstock-conformance-'));
  /** Read by cutting-files.ts in the writer thread: whole batches still allowed, negative for no cut. */
  private readonly batchesLeft = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  private engine: Embedded | undefined;

  constructor(private readonly options: Partial<EmbeddedOptions> = {}) {}

  async open(): Promise<this> {
    this.engine = await openEmbedded({
      dataDir: this.dataDir,
      telemetry: { log: () => {} },
      onFatal: () => {},
      files: { url: new URL('./cutting-files.js', import.meta.url).href, data: this.batchesLeft },
      ...this.options,
    });
    return this;
  }

  get embedded(): Embedded {
    if (!this.engine) throw new Error('not open');
    return this.engine;
  }

  get log() {
    return this.embedded.log;
  }

  cutNextAppend(wholeBatches: number): void {
    Atomics.store(this.batchesLeft, 0, wholeBatches);
  }

  async reopen(): Promise<void> {
    await this.embedded.close();
    Atomics.store(this.batchesLeft, 0, -1);
    await this.open();
  }

  async close(): Promise<void> {
    await this.embedded.close();
    rmSync(this.dataDir, { recursive: true });
  }
}

/** Segments that hold a handful of frames, and no record or blob kept in memory: everything is read back from disk. */
const TIGHT = { segmentBytes: 1500, tailBytes: 0, contentCacheBytes: 0 };

for (const [name, options] of [
  ['embedded', {}],
  ['embedded, small segments and no memory', TIGHT],
] as const) {
  eventLogConformance(name, () => new EmbeddedHarness(options).open());

  contentStoreConformance(name, async () => {
    const harness = await new EmbeddedHarness(options).open();
    return {
      get content() {
        return harness.embedded.content;
      },
      reopen: () => harness.reopen(),
      close: () => harness.close(),
    };
  });
}

// Read models are stores of the same class in another folder.
keyedStoreConformance('embedded', async () => {
  const harness = await new EmbeddedHarness().open();
  return {
    get stores() {
      return harness.embedded.state;
    },
    reopen: () => harness.reopen(),
    close: () => harness.close(),
  };
});

readModelsConformance('embedded', async () => {
  const harness = await new EmbeddedHarness().open();
  return {
    get models() {
      return harness.embedded.readModels;
    },
    reopen: () => harness.reopen(),
    close: () => harness.close(),
  };
});

archiveConformance('embedded', async () => {
  const harness = await new EmbeddedHarness().open();
  return {
    get archive() {
      return harness.embedded.archive;
    },
    reopen: () => harness.reopen(),
    close: () => harness.close(),
  };
});
