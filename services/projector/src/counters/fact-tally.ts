import type { Processed, Protocol, TrafficClass } from '@penstock/events';
import type { Counter, Counts } from './counter-names.ts';

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
  } {
    const providers = [...this.byProvider].map(([provider, counts]) => ({ provider, counts: { ...counts } }));
    return { accepted: [...this.accepted.values()].map((tally) => ({ ...tally })), providers };
  }
}
