import type { Clock, KeyedEntry, KeyedStore, Random, StateCopies, StateCopy } from '@penstock/ports';
import { newWriter } from '../content/segment-name.ts';
import type { ObjectStorage } from '../storage/object-storage.ts';
import {
  type CopyChunk,
  type CopyManifest,
  readChunk,
  readManifest,
  writeChunk,
  writeManifest,
} from './copy-format.ts';

const COPIES_FOLDER = 'copies';
const MANIFEST = 'manifest';
const MANIFEST_BYTES = 4 * 1024 * 1024;
/** Rows are of very different sizes: few are read at once, and as many go into a chunk as fill it. */
const ROWS_A_PAGE = 250;
const CHUNK_CHARACTERS = 4 * 1024 * 1024;
/** This one and the one before, which somebody may be reading. */
const KEPT = 2;
/** Above every key: U+FFFF is no character. */
const PAST_EVERY_KEY = '\uffff';

/** Copies as objects: `copies/<name>/<time>-<random>/0`, `1` … and `manifest`. */
export class StoredCopies implements StateCopies {
  constructor(
    private readonly storage: ObjectStorage,
    private readonly ports: { readonly clock: Clock; readonly random: Random },
  ) {}

  async copy(name: string, store: KeyedStore, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.ports;
    const id = `${String(clock.now()).padStart(15, '0')}-${newWriter(random)}`;
    const folder = `${COPIES_FOLDER}/${name}/${id}`;
    const positions = Object.fromEntries(await store.positions());
    const chunks: CopyChunk[] = [];
    let rows = 0;
    try {
      for await (const texts of chunksOf(store)) {
        signal.throwIfAborted();
        const { bytes, chunk } = writeChunk(texts);
        await this.storage.put(`${folder}/${chunks.length}`, bytes);
        chunks.push(chunk);
        rows += texts.length;
      }
      signal.throwIfAborted();
      await this.storage.put(`${folder}/${MANIFEST}`, writeManifest({ positions, rows, chunks }));
    } catch (error) {
      await this.storage.removeFolder(folder).catch(() => 0);
      throw error;
    }
    await this.removeBefore(name, id);
  }

  async newest(name: string): Promise<StateCopy | undefined> {
    for (const id of [...(await this.ids(name))].reverse()) {
      const folder = `${COPIES_FOLDER}/${name}/${id}`;
      const bytes = await this.storage.read(`${folder}/${MANIFEST}`, 0, MANIFEST_BYTES);
      const manifest = bytes && readManifest(bytes);
      if (manifest) return this.found(folder, manifest);
    }
    return undefined;
  }

  private found(folder: string, { positions, chunks }: CopyManifest): StateCopy {
    const at = new Map(Object.entries(positions));
    return {
      positions: at,
      restore: async (store) => {
        for (const [i, chunk] of chunks.entries()) {
          const name = `${folder}/${i}`;
          const puts = readChunk(await this.storage.read(name, 0, chunk.bytes), chunk, name);
          await store.write(i === chunks.length - 1 ? { puts, positions: at } : { puts });
        }
        if (chunks.length === 0) await store.write({ positions: at });
      },
    };
  }

  /** Names begin with the time, so that they sort by it. */
  private ids(name: string): Promise<readonly string[]> {
    return this.storage.folders(`${COPIES_FOLDER}/${name}`);
  }

  /** Whole ones and what is left of killed processes alike. */
  private async removeBefore(name: string, id: string): Promise<void> {
    const before = (await this.ids(name)).filter((other) => other < id);
    for (const old of before.slice(0, Math.max(0, before.length + 1 - KEPT))) {
      await this.storage.removeFolder(`${COPIES_FOLDER}/${name}/${old}`);
    }
  }
}

async function* chunksOf(store: KeyedStore): AsyncGenerator<readonly string[]> {
  let texts: string[] = [];
  let characters = 0;
  for await (const row of rowsOf(store)) {
    const text = JSON.stringify(row);
    texts.push(text);
    characters += text.length;
    if (characters < CHUNK_CHARACTERS) continue;
    yield texts;
    texts = [];
    characters = 0;
  }
  if (texts.length > 0) yield texts;
}

async function* rowsOf(store: KeyedStore): AsyncGenerator<KeyedEntry> {
  for (let from = ''; ; ) {
    const page = await store.range({ from, to: PAST_EVERY_KEY, limit: ROWS_A_PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < ROWS_A_PAGE) return;
    from = `${last.key}\u0000`;
  }
}
