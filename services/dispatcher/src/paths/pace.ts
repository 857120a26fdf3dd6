import type { Rate } from '@penstock/policy';
import { Pacer } from '@penstock/scheduling';

/** A pacer for a rate that the policy may change or lift. Times are monotonic ms. */
export class PolicyPace {
  private rate: Rate | undefined;
  private pacer: Pacer | undefined;

  /** `start`: since when nobody but us has spent of it. */
  constructor(private readonly start: number) {}

  /** A changed rate starts empty, like any other. */
  follow(rate: Rate | undefined, now: number): void {
    const known = this.rate;
    const same = known?.count === rate?.count && known?.periodMs === rate?.periodMs && known?.burst === rate?.burst;
    if (same) return;
    this.pacer = rate && new Pacer(rate, known ? now : this.start);
    this.rate = rate;
  }

  waitMs(now: number): number {
    return this.pacer?.waitMs(now) ?? 0;
  }

  /** How long the `place`th token from now is away. */
  waitForMs(place: number, now: number): number {
    return this.pacer ? this.pacer.waitMs(now) + place * this.pacer.intervalMs : 0;
  }

  /** 0 when a token was taken, else how long to wait. */
  take(now: number): number {
    return this.pacer?.take(now) ?? 0;
  }

  /** Whether a new pace would be no different. */
  full(now: number): boolean {
    return this.pacer?.full(now) ?? true;
  }
}
