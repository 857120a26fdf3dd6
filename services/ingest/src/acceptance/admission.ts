import type { StorageRoom } from '@penstock/ports';

/** Bounds the bytes of mail held in memory at once, whatever door they come in by; takes none while the disk is full. */
export class Admission {
  private held = 0;

  constructor(
    private readonly limitBytes: number,
    private readonly room?: StorageRoom,
  ) {}

  /** Undefined while what is accepted can be stored, else why not. */
  full(): string | undefined {
    return this.room?.full();
  }

  /** Whether there is room; then the bytes count until they are released. */
  reserve(bytes: number): boolean {
    if (this.held + bytes > this.limitBytes) return false;
    this.held += bytes;
    return true;
  }

  release(bytes: number): void {
    this.held -= bytes;
  }
}
