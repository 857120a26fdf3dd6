/** Histories as they might happen, made of small steps: for properties that hold in all of them. */
import {
  type ClaimState,
  deliveryFacts,
  type Fact,
  foldClaim,
  type LifecycleState,
  lifecycle,
  NO_CLAIM,
  type Released,
} from '@penstock/events';
import { HOUR, MINUTE, PartitionHistory, SECOND, START } from './specification.ts';

export type Step =
  | { readonly kind: 'mail'; readonly domain: number; readonly delay: number; readonly expanded: boolean }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'decide'; readonly fate: 'folded' | 'lost' | 'void' }
  | { readonly kind: 'outcome'; readonly which: number; readonly outcome: Outcome }
  | { readonly kind: 'throttle'; readonly source: number; readonly domain: number; readonly ms: number }
  | { readonly kind: 'repeat'; readonly which: number };

type Outcome = 'delivered' | 'bounced' | 'deferred' | 'greylisted' | 'unknown' | 'handed_back' | 'in_doubt';

export const OUTCOMES: readonly Outcome[] = [
  'delivered',
  'bounced',
  'deferred',
  'greylisted',
  'unknown',
  'handed_back',
  'in_doubt',
];

/** Two domains share a site, the others have one of their own. */
const DOMAINS = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example'];

export class RandomHistory {
  readonly history: PartitionHistory;
  nowMs = START;
  private readonly known = new Map<string, LifecycleState>();
  private claim: ClaimState = NO_CLAIM;
  private lived = 0;

  constructor(connectionLimit = 2) {
    const retry = { maxAgeMs: 2 * HOUR, retryIntervalMs: 5 * MINUTE, unknownRetryMs: 10 * MINUTE, jitter: 0.2 };
    this.history = new PartitionHistory({ sources: ['ip-1', 'ip-2'], shaping: { connectionLimit }, retry });
    for (const domain of DOMAINS) this.history.sites.set(domain, { site: domain });
    this.history.sites.set('b.example', { site: 'a.example' });
    this.history.claim();
  }

  take(next: Step): readonly Fact[] {
    switch (next.kind) {
      case 'mail':
        return this.mail(DOMAINS[next.domain] ?? '', next.delay, next.expanded);
      case 'wait':
        this.nowMs += next.ms;
        return [];
      case 'decide':
        return this.decide(next.fate);
      case 'outcome':
        return this.outcome(next.which, next.outcome);
      case 'throttle':
        this.history.throttle(`ip-${next.source + 1}|site:${DOMAINS[next.domain]}`, this.nowMs + next.ms);
        return [];
      case 'repeat':
        return this.repeat(next.which);
    }
  }

  private mail(domain: string, delay: number, expanded: boolean): readonly Fact[] {
    this.history.mail({ domain, acceptedAt: this.nowMs, sendAt: this.nowMs + delay, expanded });
    return [];
  }

  private decide(fate: 'folded' | 'lost' | 'void'): readonly Fact[] {
    const { records } = this.history.ask(this.nowMs);
    if (fate === 'lost') return [];
    if (fate === 'void') this.history.claim(this.nowMs);
    this.history.append(...records);
    return fate === 'void' ? [] : records;
  }

  private outcome(which: number, outcome: Outcome): readonly Fact[] {
    const { history, nowMs } = this;
    const open = history.state.openDeliveries();
    const id = open[which % Math.max(1, open.length)]?.id;
    if (id === undefined) return [];
    switch (outcome) {
      case 'delivered':
        history.append(history.delivered(id, nowMs));
        break;
      case 'bounced':
        history.append(history.bounced(id, nowMs));
        break;
      case 'deferred':
        history.append(history.deferred(id, nowMs));
        break;
      case 'greylisted':
        history.append(history.deferred(id, nowMs, { cause: 'greylisted', retryAfterMs: 5 * MINUTE }));
        break;
      case 'unknown':
        history.append(history.unknown(id, nowMs));
        break;
      case 'handed_back':
        history.append(history.handedBack(id, nowMs, { until: nowMs + SECOND }));
        break;
      case 'in_doubt':
        history.append(history.handedBack(id, nowMs, { cause: 'in_doubt' }));
        break;
    }
    return [];
  }

  /** Something that stands in the log is written again; by its producer, so a `processed` only within minutes. */
  private repeat(which: number): readonly Fact[] {
    const { records } = this.history;
    const record = records[which % records.length];
    if (!record || (record.type === 'processed' && record.at < this.nowMs - MINUTE)) return [];
    this.history.append(record);
    return [];
  }

  /** What `lifecycle` alone says about every delivery so far. */
  lives(): ReadonlyMap<string, LifecycleState> {
    const { records } = this.history;
    for (; this.lived < records.length; this.lived++) {
      const record = records[this.lived];
      if (!record) break;
      this.claim = foldClaim(this.claim, record, this.lived);
      for (const { deliveryId, fact } of deliveryFacts(record)) {
        const { state } = lifecycle(this.known.get(deliveryId), fact, this.claim.epoch);
        if (state) this.known.set(deliveryId, state);
      }
    }
    return this.known;
  }
}

/** @throws Error where a release among these facts breaks a rule. */
export function checkReleases(random: RandomHistory, facts: readonly Fact[]): void {
  for (const fact of facts) if (fact.type === 'released') checkRelease(random, fact);
}

function checkRelease({ history, nowMs }: RandomHistory, { body }: Released): void {
  const throttle = history.control.throttles.get(body.path);
  must(!throttle || throttle.until <= nowMs, 'nothing is released to a suspended path');
  for (const { deliveryId, release } of body.deliveries) {
    const delivery = history.state.deliveries.get(deliveryId);
    if (!delivery || delivery.life.release !== release) continue;
    const { sendAt } = delivery.accepted;
    must(sendAt <= nowMs, 'nothing is released before send_at');
    must(body.startBy <= sendAt + history.policy.retry.maxAgeMs, 'nothing starts after max_age');
    must(body.startBy > nowMs, 'what is released can still start');
  }
}

function must(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`broken: ${rule}`);
}
