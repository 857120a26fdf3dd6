import {
  type Clock,
  checkQuotaRequest,
  type QuotaAnswer,
  type QuotaRequest,
  type QuotaStore,
  type Telemetry,
} from '@penstock/ports';
import { GRANT_LAPSES_AFTER_MS } from '@penstock/scheduling';
import { type PartitionShare, ShareOfBudgets } from './share-of-budgets.ts';

/** How long nothing is granted once the store is away: most absences are over by then. */
export const HOLD_MS = 60_000;

/** While the store is away nobody is told to wait longer than this: its return shows when it is asked. */
export const ASK_AWAY_STORE_EVERY_MS = 5_000;

export interface CautiousQuotaDeps {
  readonly store: QuotaStore;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly telemetry: Telemetry;
  /** The partitions this process owns, of all there are, at the moment. */
  readonly share: () => PartitionShare;
}

/**
 * Budgets that stay closed when their store is away: nothing for 60 s, then half of what this process's partitions are
 * due of each limit, kept by itself; never open. Never rejects for want of a store.
 */
export class CautiousQuotaStore implements QuotaStore {
  /** Monotonic ms; undefined while the store answers. */
  private awaySince: number | undefined;
  private inFlight = 0;
  private shares: ShareOfBudgets | undefined;

  constructor(private readonly deps: CautiousQuotaDeps) {}

  async ask(requests: readonly QuotaRequest[]): Promise<readonly QuotaAnswer[]> {
    for (const request of requests) checkQuotaRequest(request);
    // One asker at a time finds out whether an away store is back; the others do not wait for it.
    if (this.awaySince !== undefined && this.inFlight > 0) return this.askWithout(requests);
    const askedAt = this.deps.clock.monotonic();
    this.inFlight += 1;
    try {
      const answers = await this.deps.store.ask(requests);
      this.noteBack();
      return this.deps.clock.monotonic() - askedAt < GRANT_LAPSES_AFTER_MS ? answers : answers.map(lapsed);
    } catch (error) {
      if (error instanceof RangeError) throw error;
      this.noteAway(error);
      return this.askWithout(requests);
    } finally {
      this.inFlight -= 1;
    }
  }

  async leave(asker: string, keys: readonly string[]): Promise<void> {
    this.shares?.leave(asker, keys);
    if (this.awaySince !== undefined) return;
    // A place that is not given up lapses by itself.
    await this.deps.store.leave(asker, keys).catch((error: unknown) => this.noteAway(error));
  }

  private askWithout(requests: readonly QuotaRequest[]): readonly QuotaAnswer[] {
    const now = this.deps.clock.monotonic();
    const heldForMs = (this.awaySince ?? now) + HOLD_MS - now;
    if (heldForMs > 0) return requests.map((request) => refused(request, Math.min(heldForMs, ASK_AWAY_STORE_EVERY_MS)));
    if (!this.shares) {
      this.shares = new ShareOfBudgets();
      this.deps.telemetry.log('warn', 'quota_store_replaced_by_share', { ...this.deps.share() });
    }
    const share = this.deps.share();
    return requests.map((request) => {
      const answer = this.shares?.ask(request, share, now) ?? refused(request, ASK_AWAY_STORE_EVERY_MS);
      return { ...answer, retryAfterMs: Math.min(answer.retryAfterMs, ASK_AWAY_STORE_EVERY_MS) };
    });
  }

  private noteAway(error: unknown): void {
    if (this.awaySince !== undefined) return;
    this.awaySince = this.deps.clock.monotonic();
    const reason = error instanceof Error ? error.message : 'unknown';
    this.deps.telemetry.log('warn', 'quota_store_away', { reason, holdMs: HOLD_MS });
  }

  private noteBack(): void {
    if (this.awaySince === undefined) return;
    const awayMs = Math.round(this.deps.clock.monotonic() - this.awaySince);
    this.awaySince = undefined;
    this.shares = undefined;
    this.deps.telemetry.log('info', 'quota_store_back', { awayMs });
  }
}

/** Granted too long ago to be used: the limit counts on it. */
function lapsed(answer: QuotaAnswer): QuotaAnswer {
  return answer.granted === 0 ? answer : { ...answer, granted: 0, retryAfterMs: 0 };
}

function refused({ budgets }: QuotaRequest, retryAfterMs: number): QuotaAnswer {
  const left = budgets.map(({ key }) => ({ key, left: 0 }));
  return { granted: 0, retryAfterMs: Math.ceil(retryAfterMs), left };
}
