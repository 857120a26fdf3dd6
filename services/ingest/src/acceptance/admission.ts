import type { TrafficClass } from '@penstock/events';
import type { StorageRoom } from '@penstock/ports';
import type { Behind, SchedulerLag } from '../lag/scheduler-lag.ts';

/**
 * Bounds the bytes of mail held in memory at once, whatever door they come in by; takes none while the disk is full, and
 * no bulk mail while the scheduler is behind.
 */
export class Admission {
  private held = 0;

  constructor(
    private readonly limitBytes: number,
    private readonly room?: StorageRoom,
    private readonly lag?: Pick<SchedulerLag, 'behind'>,
  ) {}

  /** Undefined while what is accepted can be stored, else why not. */
  full(): string | undefined {
    return this.room?.full();
  }

  /** Undefined while mail of the class is taken, as far as the scheduler is concerned; else why not. */
  behind(trafficClass: TrafficClass): Behind | undefined {
    return trafficClass === 'bulk' ? this.lag?.behind() : undefined;
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
