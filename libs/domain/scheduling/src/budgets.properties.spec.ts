import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BudgetBook, runWithBook } from './budget-book.ts';
import { HOUR, MINUTE, PartitionHistory, releasesIn, SECOND, START } from './specification.ts';

const LIMIT = 6;
const HOURLY = { count: LIMIT, periodMs: HOUR, burst: 1 };
const DOMAINS = ['a.example', 'b.example', 'c.example'];
const PARTITIONS = 3;

type Step =
  | { readonly kind: 'mail'; readonly partition: number; readonly domain: number; readonly count: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'outcomes'; readonly partition: number; readonly deferred: boolean }
  | { readonly kind: 'claim'; readonly partition: number }
  | { readonly kind: 'lose' }
  | { readonly kind: 'flush' };

const partition = fc.nat(PARTITIONS - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('mail' as const), partition, domain: fc.nat(2), count: fc.nat(20) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('wait' as const),
      ms: fc.constantFrom(100, SECOND, 10 * SECOND, MINUTE, 6 * MINUTE, 30 * MINUTE),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('outcomes' as const), partition, deferred: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('claim' as const), partition }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
);

/** Three partitions, two sources, three domains, one store; the one site that two of the domains share has a limit. */
class Hours {
  readonly book = new BudgetBook();
  readonly partitions: readonly PartitionHistory[];
  readonly releases = new Map<string, number[]>();
  readonly flushes: number[] = [];
  nowMs = START;
  private readonly wakes = new Map<PartitionHistory, number>();
  private losing = 0;

  constructor() {
    const providers = [{ name: 'limited', match: [], shaping: { maxMessageRate: HOURLY } }];
    const retry = { maxAgeMs: 12 * HOUR, retryIntervalMs: 5 * MINUTE };
    this.partitions = Array.from({ length: PARTITIONS }, (_, i) => {
      const history = new PartitionHistory({ providers, retry, sources: ['ip-1', 'ip-2'] }, i, PARTITIONS).claim();
      for (const domain of DOMAINS.slice(0, 2)) history.sites.set(domain, { site: domain, provider: 'limited' });
      return history;
    });
  }

  take(step: Step): void {
    if (step.kind === 'wait') this.nowMs += step.ms;
    if (step.kind === 'lose') this.losing = 1;
    if (step.kind === 'flush') {
      this.book.flush();
      this.flushes.push(this.nowMs);
    }
    if ('partition' in step) this.takeIn(step, this.partition(step.partition));
    this.decideAll();
  }

  /** From one wake-up to the next until everything has ended: nobody decides who neither asked to nor read anything. */
  finish(): void {
    for (let turns = 0; turns < 5000; turns++) {
      for (const history of this.partitions) {
        const read = this.deliver(history) > 0;
        if (read || (this.wakes.get(history) ?? 0) <= this.nowMs) this.decide(history);
      }
      if (this.partitions.every(({ state }) => state.deliveries.size === 0)) return;
      const open = this.partitions.some(({ state }) => state.openDeliveries().length > 0);
      this.nowMs = Math.max(this.nowMs + 1, open ? 0 : Math.min(...this.wakes.values()));
      assert.ok(Number.isFinite(this.nowMs), 'mail waits and nobody asked to be woken');
    }
    throw new Error('mail is held for ever');
  }

  private partition(index: number): PartitionHistory {
    const history = this.partitions[index];
    if (!history) throw new Error(`no partition ${index}`);
    return history;
  }

  private takeIn(step: Extract<Step, { partition: number }>, history: PartitionHistory): void {
    if (step.kind === 'mail') {
      const domain = DOMAINS[step.domain] ?? '';
      for (let i = 0; i < step.count; i++) history.mail({ domain, acceptedAt: this.nowMs });
    }
    if (step.kind === 'outcomes' && !step.deferred) this.deliver(history);
    if (step.kind === 'outcomes' && step.deferred) {
      for (const { id } of history.state.openDeliveries()) history.append(history.deferred(id, this.nowMs));
    }
    if (step.kind === 'claim') history.claim(this.nowMs);
  }

  private deliver(history: PartitionHistory): number {
    const open = history.state.openDeliveries();
    for (const { id } of open) history.append(history.delivered(id, this.nowMs));
    return open.length;
  }

  private decideAll(): void {
    for (const history of this.partitions) this.decide(history);
  }

  private decide(history: PartitionHistory): void {
    const { records, wakeAt } = runWithBook(history, this.book, this.nowMs, () => this.losing-- > 0);
    this.wakes.set(history, wakeAt ?? Number.POSITIVE_INFINITY);
    for (const { body } of releasesIn(records)) {
      const at = this.releases.get(body.path) ?? [];
      for (const _ of body.deliveries) at.push(this.nowMs);
      this.releases.set(body.path, at);
    }
  }
}

/** In no hour more than the limit, and one more for each time the store forgot everything within it. */
function checkLimit({ releases, flushes }: Hours): void {
  for (const [path, times] of releases) {
    if (!path.includes('provider:limited')) continue;
    for (const [i, from] of times.entries()) {
      const inHour = times.slice(i).filter((at) => at < from + HOUR).length;
      const forgotten = flushes.filter((at) => at >= from && at < from + HOUR).length;
      assert.ok(inHour <= LIMIT + forgotten, `${inHour} on ${path} in one hour`);
    }
  }
}

const steps = fc.array(step, { minLength: 5, maxLength: 60 });

describe('with budgets, in every history', () => {
  it('no hour sees more than the limit and a burst for each flush, over all partitions', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const hours = new Hours();
        for (const one of all) hours.take(one);
        checkLimit(hours);
      }),
      { numRuns: 150 },
    );
  });

  it('everything ends, though each partition is only woken when it asked to be', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const hours = new Hours();
        for (const one of all) hours.take(one);
        hours.finish();
        checkLimit(hours);
      }),
      { numRuns: 60 },
    );
  });
});
