/** When each mail was accepted, and when its receiver first had it; ms since the epoch, of one clock. */
import type { AcceptedMail } from '@penstock/testing';

interface Passage {
  readonly acceptedAt: number;
  readonly tookMs: number;
}

export interface Lateness {
  readonly mails: number;
  readonly medianMs: number;
  readonly mostMs: number;
  /** Longest time in which nothing arrived. */
  readonly gapMs: number;
  readonly lost: number;
  /** Copies too many. */
  readonly again: number;
}

export class MailTimes {
  private readonly acceptedAt = new Map<string, number>();

  accepted(recipient: string): void {
    this.acceptedAt.set(recipient, Date.now());
  }

  /** Of the mail that was accepted from `since` on and before `until`. */
  lateness(received: readonly AcceptedMail[], since: number, until: number): Lateness {
    const first = new Map<string, number>();
    let again = 0;
    for (const { recipient, at } of received) {
      const isWanted = within(this.acceptedAt.get(recipient), since, until);
      if (first.has(recipient)) again += isWanted ? 1 : 0;
      else first.set(recipient, at);
    }
    const passages: Passage[] = [];
    let lost = 0;
    for (const [recipient, acceptedAt] of this.acceptedAt) {
      if (!within(acceptedAt, since, until)) continue;
      const receivedAt = first.get(recipient);
      if (receivedAt === undefined) lost++;
      else passages.push({ acceptedAt, tookMs: receivedAt - acceptedAt });
    }
    const took = passages.map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
    const arrivals = received.filter(({ at }) => within(at, since, until)).map(({ at }) => at);
    const medianMs = took[took.length >> 1] ?? 0;
    return { mails: took.length, medianMs, mostMs: took.at(-1) ?? 0, gapMs: longestGap(arrivals), lost, again };
  }
}

function within(at: number | undefined, since: number, until: number): boolean {
  return at !== undefined && at >= since && at < until;
}

function longestGap(times: readonly number[]): number {
  let longest = 0;
  for (const [index, at] of times.entries()) longest = Math.max(longest, at - (times[index - 1] ?? at));
  return longest;
}
