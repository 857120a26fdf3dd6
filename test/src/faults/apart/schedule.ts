/** Which fault happens when, from a seed: every one of them in a long run at least twice, in a short one as many as fit. */
import { SeededRandom } from '@penstock/simulation';
import type { FaultName } from './history.ts';
import { CLOCK_INSTANCES, DISKS, INSTANCES, instancesOf, PROVIDERS, SERVICES } from './rig/cast.ts';

export interface PlannedFault {
  readonly fault: FaultName;
  /** An instance of a service, a broker, a provider, a disk; `redis`. */
  readonly target: string;
  /** ms after the load began. */
  readonly at: number;
  /** How long it is away, stopped, cut, full or wrong. */
  readonly durationMs: number;
  /** By how much the clock jumps. */
  readonly shiftMs?: number;
}

export interface ScheduleOptions {
  readonly seconds: number;
  readonly seed: number;
  readonly brokers: number;
  /** These and no others; all if absent. */
  readonly only?: readonly FaultName[] | undefined;
}

export interface Schedule {
  /** In the order of their times. */
  readonly faults: readonly PlannedFault[];
  /** What there was no time for, as `fault target`. */
  readonly omitted: readonly string[];
}

export const FAULT_NAMES: readonly FaultName[] = [
  'sigkill',
  'sigstop',
  'broker_kill',
  'broker_bounce',
  'redis_flush',
  'redis_restart',
  'cut_after_dot',
  'disk_full',
  'clock_jump',
];

/** One after the other within a track, the two tracks beside each other. */
type Wish = Omit<PlannedFault, 'at'> & { readonly slotMs: number };

/** From here on pauses are long, each disk fills and clocks jump both ways. */
export const LONG_RUN_SECONDS = 300;
const STOP_MS = 45_000;
const SHORT_STOP_MS = 20_000;
/** A broker that came back catches up in this time, so that never two are out of step. */
const BROKER_REST_MS = 35_000;
const SHORT_BROKER_REST_MS = 12_000;
const REST_MS = 6_000;
const SHORT_REST_MS = 3_000;
const BEGIN_MS = 4_000;
/** Without faults at the end of the load. */
const END_MS = 5_000;
const JUMP_MS = 2 * 60 * 60 * 1_000;

export function planFaults(options: ScheduleOptions): Schedule {
  const { seconds, seed, only } = options;
  const random = new SeededRandom(seed, 'faults');
  const wanted = ({ fault }: Wish) => only === undefined || only.includes(fault);
  const rounds = Math.max(1, Math.floor(seconds / LONG_RUN_SECONDS));
  const tracks: Wish[][] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const [index, wishes] of wishesOf(options, random).entries()) tracks[index]?.push(...wishes);
  }
  const placed = tracks.map((wishes) => place(wishes.filter(wanted), seconds * 1_000, random));
  return {
    faults: placed.flatMap(({ faults }) => faults).toSorted((a, b) => a.at - b.at),
    omitted: placed.flatMap(({ omitted }) => omitted),
  };
}

/** Of services, and of everything else; within each in the order in which they are given up when time is short. */
function wishesOf({ seconds, brokers }: ScheduleOptions, random: SeededRandom): readonly Wish[][] {
  const long = seconds >= LONG_RUN_SECONDS;
  const usualMs = long ? REST_MS : SHORT_REST_MS;
  const wish = (fault: FaultName, target: string, durationMs: number, restMs = usualMs): Wish => ({
    fault,
    target,
    durationMs,
    slotMs: durationMs + restMs,
  });
  const kills = shuffled(SERVICES, random).map((service) =>
    wish('sigkill', random.pick(instancesOf(service)), random.between(1_000, 3_000)),
  );
  const stopped = shuffled(SERVICES, random).slice(0, long ? SERVICES.length : 1);
  const stops = stopped.map((service) =>
    wish('sigstop', random.pick(instancesOf(service)), long ? STOP_MS : SHORT_STOP_MS),
  );
  const broker = () => `kafka-${random.between(1, brokers)}`;
  const restMs = long ? BROKER_REST_MS : SHORT_BROKER_REST_MS;
  const jumps = long ? [1, -1] : [random.pick([1, -1])];
  const engines = [
    wish('broker_kill', broker(), random.between(3_000, 8_000), restMs),
    wish('cut_after_dot', random.pick(PROVIDERS), 5_000),
    wish('redis_flush', 'redis', 0),
    ...(long ? DISKS : [random.pick(DISKS)]).map((disk) => wish('disk_full', disk, random.between(6_000, 12_000))),
    wish('broker_bounce', broker(), random.between(1_000, 3_000), restMs),
    wish('redis_restart', 'redis', random.between(1_000, 3_000)),
    ...jumps.map((sign) => ({ ...wish('clock_jump', random.pick(CLOCK_INSTANCES), 10_000), shiftMs: sign * JUMP_MS })),
  ];
  return [[...kills, ...stops], engines];
}

/** As many as fit, in any order, with what time is left spread between them. */
function place(wishes: readonly Wish[], runMs: number, random: SeededRandom) {
  const kept: Wish[] = [];
  const omitted: string[] = [];
  let spareMs = runMs - BEGIN_MS - END_MS;
  for (const each of wishes) {
    if (each.slotMs > spareMs) {
      omitted.push(`${each.fault} ${each.target}`);
      continue;
    }
    kept.push(each);
    spareMs -= each.slotMs;
  }
  const faults: PlannedFault[] = [];
  let at = BEGIN_MS;
  for (const [index, { slotMs, ...fault }] of shuffled(kept, random).entries()) {
    const gapMs = Math.round((spareMs / (kept.length - index)) * random.next());
    spareMs -= gapMs;
    faults.push({ ...fault, at: at + gapMs });
    at += gapMs + slotMs;
  }
  return { faults, omitted };
}

function shuffled<T>(all: readonly T[], random: SeededRandom): T[] {
  return all
    .map((one) => ({ one, key: random.next() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

/** Everybody a fault can be about, for `--list`. */
export function targetsOf(fault: FaultName, brokers: number): readonly string[] {
  switch (fault) {
    case 'sigkill':
    case 'sigstop':
      return INSTANCES.map(({ name }) => name);
    case 'broker_kill':
    case 'broker_bounce':
      return Array.from({ length: brokers }, (_, index) => `kafka-${index + 1}`);
    case 'redis_flush':
    case 'redis_restart':
      return ['redis'];
    case 'cut_after_dot':
      return PROVIDERS;
    case 'disk_full':
      return DISKS;
    case 'clock_jump':
      return CLOCK_INSTANCES;
  }
}
