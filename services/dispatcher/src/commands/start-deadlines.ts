import type { Clock, TimerHandle, Timers } from '@penstock/ports';
import { lastStart, type PendingAttempt } from './pending-attempt.ts';

const SLOT_MS = 1000;

/** Finds the commands whose `startBy` passes while they wait, by the second they pass in: one timer for all. */
export class StartDeadlines {
  private readonly slots = new Map<number, PendingAttempt[]>();
  private timer: TimerHandle | undefined;
  private next = 0;

  constructor(
    private readonly clock: Clock,
    private readonly timers: Timers,
    private readonly passed: (attempt: PendingAttempt) => void,
  ) {}

  /** Commands watched. */
  get size(): number {
    let size = 0;
    for (const watched of this.slots.values()) size += watched.length;
    return size;
  }

  watch(attempt: PendingAttempt): void {
    const slot = Math.ceil((lastStart(attempt.command) + 1) / SLOT_MS);
    const watched = this.slots.get(slot);
    if (watched) watched.push(attempt);
    else this.slots.set(slot, [attempt]);
    if (!this.timer) {
      this.next = Math.floor(this.clock.now() / SLOT_MS);
      this.arm();
    }
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.slots.clear();
  }

  private arm(): void {
    this.timer = this.timers.after(SLOT_MS, () => this.sweep());
  }

  private sweep(): void {
    this.timer = undefined;
    const due = Math.floor(this.clock.now() / SLOT_MS);
    // After a jump of the clock there are more slots between than attempts: then look at what there is.
    const slots =
      due - this.next > this.slots.size ? [...this.slots.keys()].filter((slot) => slot <= due) : range(this.next, due);
    this.next = due;
    for (const slot of slots) {
      const watched = this.slots.get(slot);
      this.slots.delete(slot);
      for (const attempt of watched ?? []) if (attempt.stage === 'queued') this.passed(attempt);
    }
    this.letGo();
    if (this.slots.size > 0) this.arm();
  }

  /** What is decided within seconds, which is nearly all, would be kept in memory for a minute otherwise. */
  private letGo(): void {
    for (const [slot, watched] of this.slots) {
      const undecided = watched.filter(({ stage }) => stage !== 'decided');
      if (undecided.length === 0) this.slots.delete(slot);
      else if (undecided.length < watched.length) this.slots.set(slot, undecided);
    }
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at);
}
