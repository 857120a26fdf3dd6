/** Deliveries remembered; one that is forgotten begins anew. */
const MOST = 4096;
const FIRST_WAIT_MS = 5000;
const LONGEST_WAIT_MS = 600_000;
/** What cannot be read for so long will not be: long enough for a copy of the disk to be put back. */
const GIVE_UP_MS = 3_600_000;

interface Met {
  readonly since: number;
  waitMs: number;
}

/** Deliveries whose content is damaged, and how long each of them is tried again. */
export class DamagedContent {
  private readonly met = new Map<string, Met>();

  /** How long to wait before it is tried again, ms; undefined once it is to be given up. `now` in monotonic ms. */
  waitMs(deliveryId: string, now: number): number | undefined {
    const met = this.met.get(deliveryId) ?? { since: now, waitMs: FIRST_WAIT_MS / 2 };
    this.met.delete(deliveryId);
    if (now - met.since >= GIVE_UP_MS) return undefined;
    met.waitMs = Math.min(2 * met.waitMs, LONGEST_WAIT_MS);
    this.met.set(deliveryId, met);
    for (const oldest of this.met.keys()) {
      if (this.met.size <= MOST) break;
      this.met.delete(oldest);
    }
    return met.waitMs;
  }
}
