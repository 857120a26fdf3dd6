import type { Processed, Protocol, TrafficClass } from '@penstock/events';
import type { Counter, Counts } from './counter-names.ts';
import { ATTEMPT_BOUNDS_MS, type DurationFigure, Durations, LATENCY_BOUNDS_MS } from './durations.ts';

export interface AcceptedTally {
  readonly protocol: Protocol;
  readonly class: TrafficClass;
  readonly messages: number;
  readonly recipients: number;
}

/** What was counted since this process began: numbers that only grow, as metrics want them. */
export class FactTally {
  private readonly accepted = new Map<string, { -readonly [K in keyof AcceptedTally]: AcceptedTally[K] }>();
  private readonly byProvider = new Map<string, Counts>();
  /** From acceptance to delivery. */
  readonly latencies: Durations;
  /** Of attempts that cost one, at the receiver. */
  readonly attempts: Durations;

  /** @param exemplars whether durations name a trace to look at */
  constructor(exemplars = false) {
    this.latencies = new Durations(LATENCY_BOUNDS_MS, exemplars);
    this.attempts = new Durations(ATTEMPT_BOUNDS_MS, exemplars);
  }

  accept({ protocol, class: trafficClass, index }: Processed['body']): void {
    const key = `${protocol} ${trafficClass}`;
    let tally = this.accepted.get(key);
    if (!tally) {
      tally = { protocol, class: trafficClass, messages: 0, recipients: 0 };
      this.accepted.set(key, tally);
    }
    tally.recipients++;
    // Every message has a first recipient.
    if (index === 0) tally.messages++;
  }

  add(provider: string, counts: Counts): void {
    const sum = this.byProvider.get(provider) ?? {};
    for (const [counter, count] of Object.entries(counts) as [Counter, number][]) {
      sum[counter] = (sum[counter] ?? 0) + count;
    }
    this.byProvider.set(provider, sum);
  }

  view(): {
    readonly accepted: readonly AcceptedTally[];
    readonly providers: readonly { readonly provider: string; readonly counts: Counts }[];
    readonly latencies: readonly DurationFigure[];
    readonly attempts: readonly DurationFigure[];
  } {
    const providers = [...this.byProvider].map(([provider, counts]) => ({ provider, counts: { ...counts } }));
    const accepted = [...this.accepted.values()].map((tally) => ({ ...tally }));
    return { accepted, providers, latencies: this.latencies.view(), attempts: this.attempts.view() };
  }
}
