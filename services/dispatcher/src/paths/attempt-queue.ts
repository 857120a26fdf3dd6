import type { TrafficClass } from '@penstock/events';
import type { PendingAttempt } from '../commands/pending-attempt.ts';

/** Bulk gets one turn after this many transactional ones, so that neither starves. */
const TRANSACTIONAL_TURNS = 4;

/** First in, first out, with room at the front; what was decided meanwhile is passed over. */
class Fifo {
  private items: PendingAttempt[] = [];
  private head = 0;

  push(attempt: PendingAttempt): void {
    this.items.push(attempt);
  }

  unshift(attempt: PendingAttempt): void {
    if (this.head > 0) this.items[--this.head] = attempt;
    else this.items.unshift(attempt);
  }

  peek(): PendingAttempt | undefined {
    for (;;) {
      const attempt = this.items[this.head];
      if (!attempt || attempt.stage === 'queued') return attempt;
      this.drop();
    }
  }

  drop(): void {
    this.head++;
    if (this.head < this.items.length && this.head < 1024) return;
    this.items = this.items.slice(this.head);
    this.head = 0;
  }

  rest(): PendingAttempt[] {
    return this.items.slice(this.head).filter(({ stage }) => stage === 'queued');
  }
}

/** One traffic class: its sites take turns. */
class ClassQueue {
  private readonly sites = new Map<string, Fifo>();

  push(attempt: PendingAttempt, front: boolean): void {
    const { site } = attempt.command.body;
    let fifo = this.sites.get(site);
    if (!fifo) {
      fifo = new Fifo();
      this.sites.set(site, fifo);
    }
    if (front) fifo.unshift(attempt);
    else fifo.push(attempt);
  }

  /** The first of the site whose turn it is. */
  peek(): PendingAttempt | undefined {
    for (const [site, fifo] of this.sites) {
      const attempt = fifo.peek();
      if (attempt) return attempt;
      this.sites.delete(site);
    }
    return undefined;
  }

  peekSite(site: string): PendingAttempt | undefined {
    return this.sites.get(site)?.peek();
  }

  /** Takes the first of the site, whose next turn comes after all others'. */
  take(site: string): void {
    const fifo = this.sites.get(site);
    if (!fifo) return;
    fifo.drop();
    this.sites.delete(site);
    if (fifo.peek()) this.sites.set(site, fifo);
  }

  drain(): PendingAttempt[] {
    const all = [...this.sites.values()].flatMap((fifo) => fifo.rest());
    this.sites.clear();
    return all;
  }
}

/** What waits on a path: transactional mail first but not only, sites of a provider in turn. */
export class AttemptQueue {
  private readonly classes: Readonly<Record<TrafficClass, ClassQueue>> = {
    transactional: new ClassQueue(),
    bulk: new ClassQueue(),
  };
  private transactionalTurns = 0;

  push(attempt: PendingAttempt): void {
    this.classes[attempt.command.body.class].push(attempt, false);
  }

  /** Back to where it came from. */
  putBack(attempt: PendingAttempt): void {
    this.classes[attempt.command.body.class].push(attempt, true);
  }

  /** The one whose turn it is; of `site` if given. It stays in the queue. */
  peek(site?: string): PendingAttempt | undefined {
    const first = (queue: ClassQueue) => (site === undefined ? queue.peek() : queue.peekSite(site));
    const transactional = first(this.classes.transactional);
    if (transactional && this.transactionalTurns < TRANSACTIONAL_TURNS) return transactional;
    return first(this.classes.bulk) ?? transactional;
  }

  /** Takes what `peek` answered. */
  take(attempt: PendingAttempt): void {
    const { class: trafficClass, site } = attempt.command.body;
    this.transactionalTurns = trafficClass === 'transactional' ? this.transactionalTurns + 1 : 0;
    this.classes[trafficClass].take(site);
  }

  drain(): readonly PendingAttempt[] {
    return [...this.classes.transactional.drain(), ...this.classes.bulk.drain()];
  }
}
