import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BudgetBook, runWithBook } from './budget-book.ts';
import { HOUR, MINUTE, PartitionHistory, releasedIds, SECOND, START } from './specification.ts';
import { readClocks } from './two-clocks.ts';

/** Nobody is woken but by its own wish or a record. */
class Turns {
  readonly book = new BudgetBook();
  nowMs = START;
  wakes = 0;
  private readonly wakeAt = new Map<PartitionHistory, number>();

  constructor(readonly partitions: readonly PartitionHistory[]) {}

  decide(history: PartitionHistory): readonly string[] {
    const { records, wakeAt } = runWithBook(history, this.book, this.nowMs);
    this.wakeAt.set(history, wakeAt ?? Number.POSITIVE_INFINITY);
    return releasedIds(records);
  }

  get nextAt(): number {
    return Math.min(...this.wakeAt.values());
  }

  /** Goes on to the next wake-up; answers what was released. */
  next(): { readonly history: PartitionHistory; readonly released: readonly string[] } {
    let first: PartitionHistory | undefined;
    for (const history of this.partitions) {
      if (!first || (this.wakeAt.get(history) ?? 0) < (this.wakeAt.get(first) ?? 0)) first = history;
    }
    assert.ok(first);
    const at = this.wakeAt.get(first) ?? 0;
    assert.ok(Number.isFinite(at), 'mail waits and nobody asked to be woken');
    this.nowMs = Math.max(this.nowMs + 1, at);
    this.wakes += 1;
    return { history: first, released: this.decide(first) };
  }
}

const QUIET = { jitter: 0, deferralNoticeAfterMs: 96 * HOUR, maxAgeMs: 90 * HOUR };

describe('mail that waits for a warm-up', () => {
  it('has used three attempts when it was held for 20 hours and deferred three times, and is woken for each but little', () => {
    const history = new PartitionHistory({ sources: ['new'], retry: QUIET }).claim();
    history.warmUp('new', 2);
    const turns = new Turns([history]);
    for (let i = 0; i < 40; i++) history.mail({ acceptedAt: START - HOUR + i });
    const id = history.mail();
    let releases = turns.decide(history).length;
    let attempts = 0;
    while (attempts < 3) {
      for (const open of history.state.openDeliveries()) {
        const at = turns.nowMs + SECOND;
        if (open.id === id) attempts += 1;
        history.append(open.id === id ? history.deferred(id, at) : history.delivered(open.id, at));
      }
      if (attempts < 3) releases += turns.next().released.length;
    }
    const delivery = history.delivery(id);
    const { heldMs, remoteMs } = readClocks(delivery, delivery.dueAt);
    assert.equal(delivery.life.attempts, 3);
    assert.ok(heldMs >= 20 * HOUR, `held for ${heldMs / HOUR} h`);
    assert.ok(remoteMs >= 140 * MINUTE && remoteMs <= 141 * MINUTE, `${remoteMs / MINUTE} min for the receiver`);
    assert.ok(turns.wakes <= 3 * releases, `${turns.wakes} wake-ups for ${releases} releases`);
  });

  it('is served in its order at 20 an hour over 16 partitions, though each knows only its own', () => {
    const shared = new SharedHour(16, 20);
    shared.accept(160, 90 * SECOND);
    shared.finish();
    assert.equal(shared.served.length, 160);
    assert.ok(shared.mostOvertaken() <= 16, `${shared.mostOvertaken()} younger ones went before one that waited`);
    const { wakes } = shared.turns;
    assert.ok(wakes <= 3 * 160, `${wakes} wake-ups for 160 releases`);
  });
});

/** Many partitions whose mail takes one source in warm-up. */
class SharedHour {
  readonly turns: Turns;
  readonly served: string[] = [];
  private readonly accepted = new Map<string, number>();
  private draw = 1;

  constructor(partitions: number, hourlyLimit: number) {
    this.turns = new Turns(
      Array.from({ length: partitions }, (_, i) => {
        const history = new PartitionHistory({ sources: ['new'], retry: QUIET }, i, partitions).claim();
        history.warmUp('new', hourlyLimit);
        return history;
      }),
    );
  }

  accept(count: number, everyMs: number): void {
    for (let i = 0; i < count; i++) {
      const at = START + i * everyMs;
      this.passTo(at);
      this.draw = (this.draw * 48_271) % 2_147_483_647;
      const history = this.turns.partitions[this.draw % this.turns.partitions.length];
      assert.ok(history);
      const id = history.mail({ acceptedAt: at, domain: `d${this.draw % 7}.example` });
      this.accepted.set(`${history.partition}/${id}`, at);
      this.note(history, this.turns.decide(history));
    }
  }

  finish(): void {
    while (this.served.length < this.accepted.size) this.wakeNext();
  }

  /** The most deliveries accepted later that went before one that waited. */
  mostOvertaken(): number {
    const times = this.served.map((name) => this.accepted.get(name) ?? 0);
    const younger = times.map((at, i) => times.slice(0, i).filter((other) => other > at).length);
    return Math.max(...younger);
  }

  private passTo(at: number): void {
    while (this.turns.nextAt <= at) this.wakeNext();
    this.turns.nowMs = at;
  }

  private wakeNext(): void {
    const { history, released } = this.turns.next();
    this.note(history, released);
  }

  private note(history: PartitionHistory, released: readonly string[]): void {
    for (const id of released) {
      this.served.push(`${history.partition}/${id}`);
      history.append(history.delivered(id, this.turns.nowMs));
    }
    if (released.length > 0) this.note(history, this.turns.decide(history));
  }
}
