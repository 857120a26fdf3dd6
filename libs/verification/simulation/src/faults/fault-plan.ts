import type { Simulation } from '../simulation.ts';
import type { SeededRandom } from '../time/seeded-random.ts';

/** Everything that may go wrong, by name. */
export const FAULTS = [
  'crash_ingest',
  'crash_scheduler',
  'crash_dispatcher',
  'crash_projector',
  'crash_scheduler_and_dispatcher',
  'crash_all',
  'pause',
  'zombie_writer',
  'stop',
  'rebalance',
  'rebalance_mid_batch',
  'clock_jump',
  'clock_wrong_at_start',
  'append_failed',
  'append_torn',
  'append_slow',
  'ack_lost',
  'record_repeated',
  'commit_lost',
  'state_lost',
  'disk_lost',
  'content_failed',
  'dns_failure',
  'connect_refused',
  'banner_refused',
  'too_many_connections',
  'mail_refused',
  'recipient_deferred',
  'recipient_refused',
  'slow_host',
  'silent_host',
  'drop_before_dot',
  'drop_after_dot',
  'accept_and_drop',
  'quotas_away',
  'quotas_flushed',
] as const;

export type Fault = (typeof FAULTS)[number];

/** Faults that befall a process, drawn at every step; the others are drawn each time they could happen. */
const STEP_RATE = { least: 0.0005, most: 0.004 };
/** A process that was just started makes more steps than others: without a bound one strike brings on the next, without end. */
const MOST_STRIKES = 40;
const OTHER_RATE = { least: 0.01, most: 0.15 };
const STRIKES: ReadonlySet<Fault> = new Set(
  FAULTS.filter((fault) => /^(crash_|pause|zombie|stop|rebalance|clock_jump)/.test(fault)),
);
/** Now and then one of those is the rule rather than the exception. */
const HARSH = { chance: 0.1, rate: 0.7 };

/**
 * Swarm testing: each seed has some of the faults, each at a rate of its own, so that rare combinations are met.
 * Nothing happens once faults are switched off.
 */
export class FaultPlan {
  readonly rates: ReadonlyMap<Fault, number>;
  readonly fired = new Map<Fault, number>();
  /** Of each fault that may happen: a stream of chance of its own. */
  private readonly chances: ReadonlyMap<Fault, SeededRandom>;
  private on = true;
  private strikes = 0;

  constructor(
    private readonly simulation: Simulation,
    only?: ReadonlyMap<Fault, number>,
  ) {
    this.rates = only ?? draw(simulation);
    this.chances = new Map([...this.rates.keys()].map((fault) => [fault, simulation.random(`fault ${fault}`)]));
  }

  /** Whether the seed has the fault at all. */
  mayHappen(fault: Fault): boolean {
    return this.chances.has(fault);
  }

  /** Whether the fault happens now. Draws from a stream of its own. */
  happens(fault: Fault): boolean {
    const chance = this.chances.get(fault);
    if (!chance || !this.on) return false;
    const isStrike = STRIKES.has(fault);
    if (isStrike && this.strikes >= MOST_STRIKES) return false;
    if (!chance.chance(this.rates.get(fault) ?? 0)) return false;
    if (isStrike) this.strikes += 1;
    this.count(fault);
    return true;
  }

  count(fault: Fault): void {
    this.fired.set(fault, (this.fired.get(fault) ?? 0) + 1);
    this.simulation.note(`fault ${fault}`);
  }

  switchOff(): void {
    this.on = false;
    this.simulation.note('faults off');
  }

  get active(): boolean {
    return this.on;
  }

  /** For the report. */
  toString(): string {
    const faults = [...this.rates].map(([fault, rate]) => `${fault}=${rate.toFixed(4)}`);
    return faults.length === 0 ? 'no faults' : faults.join(' ');
  }
}

function draw(simulation: Simulation): ReadonlyMap<Fault, number> {
  const random = simulation.random('fault plan');
  const rates = new Map<Fault, number>();
  for (const fault of FAULTS) {
    const isPerStep = STRIKES.has(fault);
    const { least, most } = isPerStep ? STEP_RATE : OTHER_RATE;
    const usual = least + random.next() * (most - least);
    const rate = random.chance(HARSH.chance) && !isPerStep ? HARSH.rate : usual;
    if (random.chance(0.4)) rates.set(fault, Math.round(rate * 10_000) / 10_000);
  }
  return rates;
}
