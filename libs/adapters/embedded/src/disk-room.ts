import { randomBytes } from 'node:crypto';
import { existsSync, rmSync, statfsSync, statSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageRoom, Telemetry } from '@penstock/ports';

const LOOK_EVERY_MS = 250;
const BLOCK_BYTES = 1024 * 1024;
const FILE_NAME = 'reserve';
/** More is asked for to take mail again than to stop: it must not go back and forth. */
const AGAIN = 1.25;
/** In reserves: what a fast writer fills between two looks. */
const FLOOR = 2;

export interface DiskRoomOptions {
  readonly dataDir: string;
  /**
   * Bytes of the file that is given up when a write meets a full disk; no mail is taken while less than twice as many
   * are free. 0 for neither.
   */
  readonly reserveBytes: number;
  readonly telemetry: Telemetry;
}

/**
 * Watches the free space and keeps a reserve. Mail is refused before the disk is full; should a write meet a full disk
 * all the same, the reserve is deleted, so that what became of mail that is under way can still be written. When there
 * is room again the reserve is made again, and then mail is taken.
 */
export class DiskRoom implements StorageRoom {
  private readonly path: string;
  private readonly listeners: (() => void)[] = [];
  private why: string | undefined;
  /** A write met a full disk, and nobody has seen room since. */
  private met = false;
  private making: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: DiskRoomOptions) {
    this.path = join(options.dataDir, FILE_NAME);
    if (options.reserveBytes === 0) return;
    // Part of a reserve that was not finished.
    rmSync(`${this.path}.new`, { force: true });
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.timer.unref();
    this.look();
  }

  full(): string | undefined {
    return this.why;
  }

  exhausted(): string | undefined {
    return this.met ? this.why : undefined;
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** A write found no space: gives the reserve up. */
  metFullDisk(): void {
    if (this.options.reserveBytes === 0) return;
    rmSync(this.path, { force: true });
    if (this.met) return;
    this.met = true;
    this.why = 'the disk is full';
    this.options.telemetry.log('error', 'disk_full', {
      next: 'the reserve is used; mail is refused until there is room',
    });
    this.changed();
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    await this.making;
  }

  private look(): void {
    if (this.making || this.closed) return;
    const { reserveBytes } = this.options;
    const { bavail, bsize } = statfsSync(this.options.dataDir);
    const free = bavail * bsize;
    const floor = FLOOR * reserveBytes * (this.why === undefined ? 1 : AGAIN);
    const missing = this.hasReserve() ? 0 : reserveBytes;
    if (this.why === undefined && free < floor) this.refuse(free);
    else if (free < floor + missing) return;
    else if (missing > 0) this.making = this.make().finally(() => this.made());
    else if (this.why !== undefined) this.takeAgain(free);
  }

  private hasReserve(): boolean {
    return existsSync(this.path) && statSync(this.path).size === this.options.reserveBytes;
  }

  private refuse(free: number): void {
    this.why = 'the disk is nearly full';
    this.options.telemetry.log('error', 'disk_nearly_full', { free, next: 'mail is refused until there is room' });
    this.changed();
  }

  private takeAgain(free: number): void {
    this.why = undefined;
    this.met = false;
    this.options.telemetry.log('warn', 'disk_has_room', { free, next: 'mail is taken again' });
    this.changed();
  }

  private made(): void {
    this.making = undefined;
    this.look();
  }

  /** Of bytes that no file system can store in less. */
  private async make(): Promise<void> {
    const draft = `${this.path}.new`;
    try {
      const file = await open(draft, 'w', 0o600);
      try {
        await this.fill(file);
      } finally {
        await file.close();
      }
      await rename(draft, this.path);
    } catch (error) {
      await rm(draft, { force: true });
      if (!isDiskFull(error)) this.options.telemetry.log('warn', 'reserve_not_made', { error: String(error) });
    }
  }

  private async fill(file: FileHandle): Promise<void> {
    const block = randomBytes(Math.min(BLOCK_BYTES, this.options.reserveBytes));
    for (let left = this.options.reserveBytes; left > 0 && !this.closed; left -= block.length) {
      await file.write(block, 0, Math.min(left, block.length));
    }
  }

  private changed(): void {
    for (const listener of this.listeners) listener();
  }
}

/** No space, or no more of it for this user. */
export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
