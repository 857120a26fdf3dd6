import type { Clock, Timers } from '@penstock/ports';

/**
 * Keeps a consumer from fetching each record by itself. A fetch names every partition and its answer every partition
 * again, so it costs about as much with one record as with a hundred; kafkajs fetches as soon as it has handed over
 * what came. Fetches of one broker begin at least `paceMs` apart: what arrives while nothing did for so long is
 * fetched at once, and under load each fetch brings what has gathered since the last.
 */
export class FetchPace {
  private readonly lastAt = new WeakMap<object, number>();

  constructor(
    private readonly time: { readonly clock: Clock; readonly timers: Timers },
    private readonly paceMs: number,
  ) {}

  async turn(broker: object): Promise<void> {
    const { clock, timers } = this.time;
    const waitMs = (this.lastAt.get(broker) ?? Number.NEGATIVE_INFINITY) + this.paceMs - clock.monotonic();
    if (waitMs > 0) await timers.sleep(waitMs);
    this.lastAt.set(broker, clock.monotonic());
  }
}
