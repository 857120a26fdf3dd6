import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Largest first: the last ones find the last free page. */
const BLOCKS = [65_536, 4_096];

/** A file system of its own in memory, that can be filled. */
export class SmallDisk {
  private constructor(readonly path: string) {}

  /** Undefined where this user may not mount. */
  static mount(megabytes: number): SmallDisk | undefined {
    const path = mkdtempSync(join(tmpdir(), 'penstock-disk-'));
    const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path]);
    if (status === 0) return new SmallDisk(path);
    rmSync(path, { recursive: true });
    return undefined;
  }

  /** Leaves not a page free. */
  fill(): void {
    const file = openSync(this.filler, 'w');
    for (const bytes of BLOCKS) while (written(file, Buffer.alloc(bytes, 7)));
    closeSync(file);
  }

  /** Gives back what `fill` took. */
  free(): void {
    rmSync(this.filler, { force: true });
  }

  unmount(): void {
    spawnSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }

  private get filler(): string {
    return join(this.path, 'filler');
  }
}

function written(file: number, block: Buffer): boolean {
  try {
    return writeSync(file, block) === block.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') return false;
    throw error;
  }
}
