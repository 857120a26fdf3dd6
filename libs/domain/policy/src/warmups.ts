/** `[warmup."name"]`: what a new source may send on each day. */
import { type Block, isTable } from './block.ts';
import { duration } from './durations.ts';
import { boolean, fraction, integer, numbers, oneOf } from './readings.ts';
import { hourlyOf, SENDGRID_HOURLY, SES_HOURLY, SPARKPOST_HOURLY } from './warmup-presets.ts';

export type WarmupPreset = 'sendgrid' | 'ses' | 'sparkpost';

export interface WarmupGate {
  /** The next day begins only when this much, 0 to 1, of the smaller of stage and offered mail was delivered. */
  readonly delivered: number;
  /** It does not begin while more, 0 to 1, of the attempts are deferred by receivers. */
  readonly deferralRate: number;
  /** It does not begin while more, 0 to 1, of the deliveries bounce. */
  readonly bounceRate: number;
  /** Days the source is set back by when a receiver refuses it for its reputation. */
  readonly setBackDays: number;
}

export interface WarmupPolicy {
  readonly name: string;
  /** Where the table comes from. */
  readonly preset: WarmupPreset | 'own';
  /** Recipients in any 60 minutes, by day from 0; after the last day the source is warm. */
  readonly hourlyByDay: readonly number[];
  /** Further caps by provider, same days: table and cap must both allow. After its last day a cap is gone. */
  readonly perProvider: ReadonlyMap<string, readonly number[]>;
  /** How long bulk mail over the limit waits for a token before it overflows to other sources. */
  readonly waitMs: number;
  /** `calendar`: a day passes every 24 h; `sending`: only where enough of the stage was offered. */
  readonly days: 'calendar' | 'sending';
  /** What a sending day needs of its stage, 0 to 1, to be one. */
  readonly sendingDayShare: number;
  /** Days advance by results; absent: by time alone. */
  readonly gated?: WarmupGate;
  /** A source that sent nothing for so many days starts again at day 0. */
  readonly rewarmAfterIdleDays: number;
  readonly mostEngagedFirst: boolean;
  /** Most of an hour, 0 to 1, that retries may use where no warm source could take them. */
  readonly retryShare: number;
}

const SHIPPED: Omit<WarmupPolicy, 'name' | 'preset' | 'hourlyByDay'> = {
  perProvider: new Map(),
  waitMs: 30 * 60_000,
  days: 'calendar',
  sendingDayShare: 0.1,
  rewarmAfterIdleDays: 30,
  mostEngagedFirst: true,
  retryShare: 0.2,
};

export const SHIPPED_GATE: WarmupGate = { delivered: 0.9, deferralRate: 0.1, bounceRate: 0.05, setBackDays: 3 };

/** What a `[warmup]` table is, unless the file says otherwise. */
export const SHIPPED_WARMUPS: Readonly<Record<WarmupPreset, WarmupPolicy>> = {
  sendgrid: { ...SHIPPED, name: 'sendgrid', preset: 'sendgrid', hourlyByDay: SENDGRID_HOURLY },
  ses: { ...SHIPPED, name: 'ses', preset: 'ses', hourlyByDay: SES_HOURLY },
  // SparkPost moves an address to its next stage by what it sent, not by the calendar.
  sparkpost: {
    ...SHIPPED,
    name: 'sparkpost',
    preset: 'sparkpost',
    hourlyByDay: SPARKPOST_HOURLY,
    days: 'sending',
    gated: SHIPPED_GATE,
  },
};

const MOST_DAYS = 366;
const DAYS_RIGHT = 'a list of whole numbers, one for each day, such as [20, 28, 39]';

export function readWarmups(root: Block): ReadonlyMap<string, WarmupPolicy> {
  const warmups = new Map<string, WarmupPolicy>(Object.entries(SHIPPED_WARMUPS));
  for (const { name, block } of root.block('warmup').blocks()) warmups.set(name, readWarmup(name, block));
  return warmups;
}

function readWarmup(name: string, block: Block): WarmupPolicy {
  const preset = block.take('preset', oneOf('sendgrid', 'ses', 'sparkpost'));
  const table = readTable(block);
  const base = SHIPPED_WARMUPS[preset ?? presetNamed(name) ?? 'sendgrid'];
  if (!preset && !table && !presetNamed(name) && !block.has('hourly') && !block.has('daily')) {
    block.error('hourly', 'missing: write hourly = [20, 28, 39], daily = [500, 1000] or preset = "sendgrid"');
  }
  const gated = readGate(block, base.gated);
  const warmup: WarmupPolicy = {
    name,
    preset: table ? 'own' : base.preset,
    hourlyByDay: table ?? base.hourlyByDay,
    perProvider: readProviderTables(block),
    waitMs: block.take('warmup_wait', duration()) ?? base.waitMs,
    days: block.take('days', oneOf('calendar', 'sending')) ?? base.days,
    sendingDayShare: block.take('sending_day_share', fraction) ?? base.sendingDayShare,
    ...(gated ? { gated } : {}),
    rewarmAfterIdleDays: block.take('rewarm_after_idle_days', integer(1, 3650)) ?? base.rewarmAfterIdleDays,
    mostEngagedFirst: block.take('most_engaged_first', boolean) ?? base.mostEngagedFirst,
    retryShare: block.take('retry_share', fraction) ?? base.retryShare,
  };
  block.refuseRest();
  return warmup;
}

function presetNamed(name: string): WarmupPreset | undefined {
  return name === 'sendgrid' || name === 'ses' || name === 'sparkpost' ? name : undefined;
}

function readTable(block: Block): readonly number[] | undefined {
  const hourly = block.take('hourly', numbers(1, 1e9, MOST_DAYS, DAYS_RIGHT));
  const daily = block.take('daily', numbers(1, 1e9, MOST_DAYS, DAYS_RIGHT));
  if (hourly && daily) block.error('daily', 'is said beside hourly; one of them is the table');
  return hourly ?? (daily && hourlyOf(daily));
}

/** `[warmup."x".provider."gmail"]` */
function readProviderTables(block: Block): ReadonlyMap<string, readonly number[]> {
  const tables = new Map<string, readonly number[]>();
  for (const { name, block: own } of block.block('provider').blocks()) {
    const table = readTable(own);
    if (table) tables.set(name, table);
    else if (!own.has('hourly') && !own.has('daily')) own.error('hourly', 'missing: write hourly = [10, 14, 20]');
    own.refuseRest();
  }
  return tables;
}

/** `gate = true` is the shipped one; `[warmup."x".gate]` changes it; `gate = false` takes a preset's away. */
function readGate(block: Block, shipped: WarmupGate | undefined): WarmupGate | undefined {
  if (!block.has('gate')) return shipped;
  if (!isTable(block.table.gate)) {
    const on = block.take('gate', boolean);
    return on ? (shipped ?? SHIPPED_GATE) : undefined;
  }
  const gate = block.block('gate');
  const read: WarmupGate = {
    delivered: gate.take('delivered', fraction) ?? SHIPPED_GATE.delivered,
    deferralRate: gate.take('deferral_rate', fraction) ?? SHIPPED_GATE.deferralRate,
    bounceRate: gate.take('bounce_rate', fraction) ?? SHIPPED_GATE.bounceRate,
    setBackDays: gate.take('set_back_days', integer(0, 366)) ?? SHIPPED_GATE.setBackDays,
  };
  gate.refuseRest();
  return read;
}
