/**
 * Weeks of a warm-up under a virtual clock: partitions that decide and fold, crash and come back from their checkpoints,
 * one store of budgets, the controller, and a receiver that counts. Nothing is woken but by its own wish, a record or an
 * answer of the store.
 */
import type { Fact } from '@penstock/events';
import { formatDeliveryId } from '@penstock/events';
import type { Policy, WarmupPolicy } from '@penstock/policy';
import { BudgetBook } from './budget-book.ts';
import { type ControlState, foldControl, INITIAL_CONTROL } from './control-state.ts';
import { decide } from './decide.ts';
import { Heap, heapNode } from './heap.ts';
import { type Outcome, outcomeFact, processedFact } from './simulated-facts.ts';
import { SimulatedPartition } from './simulated-partition.ts';
import { HOUR, MINUTE, policyWith, SECOND, START } from './specification.ts';
import { WARMUP_DAY_MS, warmupStarted, warmupStepsDue } from './warm-up-steps.ts';
import { warmupOf } from './warmups.ts';

export interface SimulationOptions {
  readonly partitions: number;
  /** Recipients an hour, by day. */
  readonly hourlyByDay: readonly number[];
  readonly days: number;
  /** Whether mail is offered at that time of that day, ms since its begin. */
  readonly offersAt: (day: number, sinceMs: number) => boolean;
  /** Offered, in parts of the day's limit. */
  readonly offered: number;
  readonly seed: number;
}

export interface Grant {
  readonly at: number;
  readonly count: number;
}

const SOURCES = ['new', 'old'] as const;
const CHECKPOINT_MS = 10 * MINUTE;
const DOMAINS = 40;

interface Happening {
  readonly at: number;
  readonly happen: () => void;
}

export class WarmupSimulation {
  /** When a recipient of each source was answered at the receiver. */
  readonly answered: Readonly<Record<(typeof SOURCES)[number], number[]>> = { new: [], old: [] };
  /** Released and not handed back, by source: what our own log says. */
  readonly ledger = { new: 0, old: 0 };
  /** Attempts whose outcome nobody recorded and that the receiver never saw. */
  unseen = 0;
  unknown = 0;
  offered = 0;
  crashes = 0;
  /** Released to the source in warm-up, by what came of it, and deliveries whose first attempt was made elsewhere. */
  readonly warming = { handedBack: 0, firsts: 0, retries: 0 };
  overflow = 0;
  readonly grants: Grant[] = [];
  leastSurplus = 0;
  control: ControlState;
  now = START;
  private readonly book = new BudgetBook();
  private readonly members: readonly SimulatedPartition[];
  private readonly schedule: WarmupPolicy;
  private readonly policy: Policy;
  private readonly pending = new Heap<Happening>();
  private order = 0;
  /** Recipients to be offered, parts of one included. */
  private owed = 0;
  private random: number;

  constructor(private readonly options: SimulationOptions) {
    const { partitions, hourlyByDay, seed } = options;
    this.random = seed;
    this.members = Array.from({ length: partitions }, (_, index) => new SimulatedPartition(index, partitions));
    const policy = policyWith({
      sources: SOURCES,
      shaping: { connectionLimit: 1000 },
      retry: { jitter: 0.1, deferralNoticeAfterMs: 24 * HOUR },
    });
    const shipped = policy.warmups.get('sendgrid');
    if (!shipped) throw new Error('no table');
    this.schedule = { ...shipped, name: 'table', preset: 'own', hourlyByDay };
    this.policy = { ...policy, warmups: new Map([['table', this.schedule]]) };
    this.control = { ...INITIAL_CONTROL, policy: this.policy };
    for (const source of SOURCES) {
      const body = { source, owner: 'd', claimId: source };
      this.share({ id: source, type: 'source_claimed', version: 1, at: START, partition: 0, body });
    }
    const started = warmupStarted('new', this.schedule, START, { by: 'spec', reason: 'operator' });
    if (started) this.share(started);
  }

  /** Simulates all days, and then lets everything end. */
  run(): this {
    const end = START + this.options.days * WARMUP_DAY_MS;
    this.every(HOUR, end, () => this.crashAll());
    this.every(CHECKPOINT_MS, end, () => {
      for (const member of this.members) member.checkpoint();
    });
    this.offer();
    this.go(end + 3 * 24 * HOUR);
    return this;
  }

  get wakes(): number {
    return this.members.reduce((sum, { wakes }) => sum + wakes, 0);
  }

  get left(): number {
    return this.members.reduce((sum, { state }) => sum + state.deliveries.size, 0);
  }

  /** Of the day in which `at` lies; of the last day after it. */
  readonly limitAt = (at: number): number => {
    const day = Math.min(this.options.days - 1, Math.floor((at - START) / WARMUP_DAY_MS));
    return this.options.hourlyByDay[day] ?? 0;
  };

  private go(end: number): void {
    for (;;) {
      const next = this.pending.peek();
      const waking = this.members.reduce((best, other) => (other.wakeAt < best.wakeAt ? other : best));
      const at = Math.min(next?.key ?? Number.POSITIVE_INFINITY, waking.wakeAt);
      if (at > end || (this.left === 0 && next === undefined)) return;
      this.now = Math.max(this.now, at);
      if (next && next.key <= waking.wakeAt) {
        next.heap?.remove(next);
        next.item.happen();
      } else {
        waking.wakes += 1;
        this.decideFor(waking);
      }
    }
  }

  private at(at: number, happen: () => void): void {
    this.pending.push(heapNode<Happening>({ at, happen }, this.order++), at);
  }

  private every(ms: number, end: number, happen: () => void): void {
    const again = (at: number) => {
      if (at > end) return;
      this.at(at, () => {
        happen();
        again(at + ms);
      });
    };
    again(START + ms);
  }

  /** One partition dies before what it decides next is written, the others at once. */
  private crashAll(): void {
    for (const record of warmupStepsDue({
      policy: this.policy,
      warmups: this.control.warmups,
      nowMs: this.now,
      results: () => ({ attempted: 0, delivered: 0, deferred: 0, bounced: 0, blocked: 0 }),
      by: 'spec',
    })) {
      this.share(record);
    }
    const dying = this.draw(this.members.length);
    for (const [index, member] of this.members.entries()) {
      this.crashes += 1;
      if (index === dying) member.dies = true;
      else member.crash(this.now);
      this.decideFor(member);
    }
  }

  private share(record: Parameters<typeof foldControl>[1]): void {
    this.control = foldControl(this.control, record, this.control.offset, () => this.policy);
  }

  private offer(): void {
    const { offered, days, offersAt } = this.options;
    const sinceStart = this.now - START;
    const day = Math.floor(sinceStart / WARMUP_DAY_MS);
    if (day >= days) return;
    if (!offersAt(day, sinceStart % WARMUP_DAY_MS)) {
      this.at(this.now + MINUTE, () => this.offer());
      return;
    }
    // Slow mail comes one by one, fast mail a second of it at a time.
    const perSecond = (offered * (this.options.hourlyByDay[day] ?? 1)) / 3600;
    this.owed += Math.max(1, perSecond);
    const asked = new Set<SimulatedPartition>();
    for (; this.owed >= 1; this.owed -= 1) {
      const member = this.members[this.offered % this.members.length];
      if (member) asked.add(this.accept(member));
    }
    for (const member of asked) this.decideFor(member);
    this.at(this.now + Math.max(SECOND, SECOND / perSecond), () => this.offer());
  }

  private accept(member: SimulatedPartition): SimulatedPartition {
    const messageId = `m${this.offered++}`;
    const deliveryId = formatDeliveryId({ messageId, index: 0, partition: member.index });
    const at = Math.floor(this.now);
    const domain = `d${this.offered % DOMAINS}.example`;
    member.append(processedFact(messageId, deliveryId, member.index, domain, at));
    return member;
  }

  private decideFor(member: SimulatedPartition): void {
    for (;;) {
      const { state, purse } = member;
      const now = this.now;
      const grants = { sites: { get: (domain: string) => ({ site: domain }) }, budgets: purse.at(now) };
      const proposal = decide(state, this.control, { nowMs: now, logTimeMs: now }, grants);
      const { records, wants, used, leaves, wakeAt } = proposal;
      purse.spend(used);
      this.book.leave(`p${member.index}`, leaves);
      if (member.dies && records.length > 0) {
        member.dies = false;
        member.crash(now);
        continue;
      }
      member.append(...records);
      for (const record of records) if (record.type === 'released') this.attempt(member, record);
      purse.ask(wants);
      const answers = wants.map((want) => this.book.answer(want, `p${member.index}`, now));
      for (const { granted } of answers) if (granted > 0) this.grants.push({ at: now, count: granted });
      purse.answered(wants, answers, now, now);
      member.wakeAt = wakeAt ?? Number.POSITIVE_INFINITY;
      if (records.length === 0 && wants.length === 0) return;
    }
  }

  /** What the dispatcher and the receiver make of it. */
  private attempt(member: SimulatedPartition, { body }: Extract<Fact, { type: 'released' }>): void {
    const source = body.source === 'new' ? 'new' : 'old';
    for (const { deliveryId, release, attempt } of body.deliveries) {
      const about = { partition: member.index, deliveryId, release, source, attempt, site: body.site };
      const fate = this.draw(100);
      const delay = this.delay();
      if (fate < 2) {
        this.at(body.startBy, () => this.close(member, { ...about, type: 'handed_back' }));
        if (body.warming) this.warming.handedBack += 1;
        continue;
      }
      this.ledger[source] += 1;
      if (body.warming) this.warming[attempt === 1 ? 'firsts' : 'retries'] += 1;
      else if (attempt === 1) this.overflow += 1;
      const type = fate < 4 ? 'outcome_unknown' : fate < 9 ? 'deferred' : 'delivered';
      if (type === 'outcome_unknown') this.unknown += 1;
      const isSeen = type !== 'outcome_unknown' || fate === 2;
      if (!isSeen) this.unseen += 1;
      this.at(this.now + delay, () => {
        if (isSeen) this.answered[source].push(this.now);
        this.leastSurplus = Math.min(this.leastSurplus, this.ledger[source] - this.answered[source].length);
        this.close(member, { ...about, type });
      });
    }
  }

  /** Mostly a second or two; now and then as long as it is allowed to take. */
  private delay(): number {
    const kind = this.draw(100);
    if (kind < 94) return 200 + this.draw(2_000);
    return kind < 99 ? this.draw(60 * SECOND) : this.draw(11 * MINUTE - SECOND);
  }

  /** Outcomes reach the log a second's worth at a time. */
  private close(member: SimulatedPartition, outcome: Outcome): void {
    member.outcomes.push(outcomeFact(outcome, this.now));
    if (member.outcomes.length > 1) return;
    this.at(this.now + SECOND, () => {
      const { outcomes } = member;
      member.outcomes = [];
      member.append(...outcomes);
      this.decideFor(member);
    });
  }

  /** A whole number below `below`; mulberry32. */
  private draw(below: number): number {
    this.random = (this.random + 0x6d2b79f5) | 0;
    let t = Math.imul(this.random ^ (this.random >>> 15), 1 | this.random);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  /** Where the warm-up stands. */
  get day(): number | undefined {
    return warmupOf(this.control.warmups, 'new')?.stage.day;
  }
}
