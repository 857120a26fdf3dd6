/**
 * Segment files on a disk whose power goes: loaded by the embedded engine's writer thread. What was written and not
 * synced may be there afterwards or not, each part for itself; likewise names that no sync of their folder covered.
 */
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { createSegmentFiles as createRealFiles, type SegmentFiles } from '@penstock/adapter-embedded';
import { SeededRandom } from '@penstock/simulation';

export interface PowerCut {
  readonly seed: number;
  /** Writes, syncs and new names until the power goes; 0 for never. */
  readonly operations: number;
}

const PAGE_BYTES = 4096;

interface Write {
  readonly position: number;
  readonly bytes: Buffer;
}

interface DiskFile {
  readonly path: string;
  /** Length when it was last synced: before it, everything is as written. */
  durableBytes: number;
  unsynced: Write[];
}

interface NewName {
  readonly path: string;
  /** What the name stood for before; undefined for nothing. */
  readonly before: Buffer | undefined;
}

class UncertainDisk implements SegmentFiles {
  private readonly real = createRealFiles();
  private readonly random: SeededRandom;
  private readonly files = new Map<string, DiskFile>();
  private readonly opened = new Map<number, DiskFile>();
  private newNames: NewName[] = [];
  private left: number;

  constructor({ seed, operations }: PowerCut) {
    this.random = new SeededRandom(seed, 'power cut');
    this.left = operations === 0 ? Number.POSITIVE_INFINITY : operations;
  }

  open(path: string): number {
    if (!existsSync(path)) this.newNames.push({ path, before: undefined });
    const handle = this.real.open(path);
    const file = this.files.get(path) ?? { path, durableBytes: fstatSync(handle).size, unsynced: [] };
    this.files.set(path, file);
    this.opened.set(handle, file);
    return handle;
  }

  write(handle: number, bytes: Uint8Array, position: number): void {
    this.real.write(handle, bytes, position);
    this.opened.get(handle)?.unsynced.push({ position, bytes: Buffer.from(bytes) });
    this.step();
  }

  /** The disk was asked; when the power goes now, nobody knows how far it came. The page cache outlives this process. */
  sync(handle: number): void {
    this.step();
    const file = this.opened.get(handle);
    if (!file) return;
    file.unsynced = [];
    file.durableBytes = fstatSync(handle).size;
  }

  close(handle: number): void {
    this.opened.delete(handle);
    this.real.close(handle);
  }

  syncFolder(): void {
    this.step();
    this.newNames = [];
  }

  replace(path: string, bytes: Uint8Array): void {
    this.newNames.push({ path, before: existsSync(path) ? readFileSync(path) : undefined });
    this.real.replace(path, bytes);
    this.step();
  }

  private step(): void {
    if (--this.left > 0) return;
    for (const file of this.files.values()) this.forgetSome(file);
    // The later of two names may be there and the earlier not.
    for (const { path, before } of this.newNames) if (this.chance(0.3)) putBack(path, before);
    process.kill(process.pid, 'SIGKILL');
    // The signal ends every thread; nothing may be written or answered meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  }

  private forgetSome({ path, durableBytes, unsynced }: DiskFile): void {
    if (unsynced.length === 0) return;
    const handle = openSync(path, 'r+');
    const length = fstatSync(handle).size;
    ftruncateSync(handle, durableBytes);
    for (const write of unsynced)
      for (const kept of this.keptOf(write)) writeSync(handle, kept.bytes, 0, undefined, kept.position);
    // The length is written apart from the bytes: they may be missing behind it, as zeros.
    if (this.chance(0.5)) ftruncateSync(handle, length);
    closeSync(handle);
  }

  /** All of a write, none of it, its beginning up to any byte, or any of its pages. */
  private keptOf({ position, bytes }: Write): readonly Write[] {
    switch (this.random.below(4)) {
      case 0:
        return [{ position, bytes }];
      case 1:
        return [];
      case 2:
        return [{ position, bytes: bytes.subarray(0, this.random.below(bytes.length + 1)) }];
      default:
        return pagesOf({ position, bytes }).filter(() => this.chance(0.5));
    }
  }

  private chance(probability: number): boolean {
    return this.random.next() < probability;
  }
}

/** `data` is a PowerCut. */
export function createSegmentFiles(data: unknown): SegmentFiles {
  return new UncertainDisk(data as PowerCut);
}

function pagesOf({ position, bytes }: Write): Write[] {
  const pages: Write[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + PAGE_BYTES - ((position + at) % PAGE_BYTES));
    pages.push({ position: position + at, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return pages;
}

function putBack(path: string, before: Buffer | undefined): void {
  rmSync(path, { force: true });
  if (before === undefined) return;
  const handle = openSync(path, 'w', 0o600);
  writeSync(handle, before);
  closeSync(handle);
}
