/** The fold of the ledger of warm-ups: which sources are in warm-up, and what each may send. */
import {
  assertNever,
  type SourceWarmupAdvanced,
  type SourceWarmupHeld,
  type SourceWarmupSetBack,
  type SourceWarmupStarted,
  type SourceWarmupStopped,
  type WarmupRecord,
  type WarmupStage,
} from '@penstock/events';

export type WarmupEntry =
  | SourceWarmupStarted
  | SourceWarmupAdvanced
  | SourceWarmupHeld
  | SourceWarmupSetBack
  | SourceWarmupStopped;

/** The last warm-up of a source. */
export interface Warmup {
  readonly source: string;
  /** Names it. */
  readonly id: string;
  readonly schedule: string;
  readonly startedAt: number;
  readonly stage: WarmupStage;
  /** Steps so far; the next has this number and one. */
  readonly steps: number;
  /** Its start and its steps, oldest first. */
  readonly ledger: readonly WarmupEntry[];
  /** It is over: the source is warm. */
  readonly endedAt?: number;
}

export interface Warmups {
  /** The last of every source that ever had one. */
  readonly bySource: ReadonlyMap<string, Warmup>;
  /** Midnight UTC of the last day on which a source sent, ms since the epoch. */
  readonly activeOn: ReadonlyMap<string, number>;
}

export const NO_WARMUPS: Warmups = { bySource: new Map(), activeOn: new Map() };

/** The source's warm-up, while it lasts. */
export function warmupOf({ bySource }: Warmups, source: string): Warmup | undefined {
  const warmup = bySource.get(source);
  return warmup?.endedAt === undefined ? warmup : undefined;
}

/** What is void changes nothing and answers the same object. */
export function foldWarmup(before: Warmups, record: WarmupRecord): Warmups {
  if (record.type === 'source_active') return withActivity(before, record.body.source, record.body.date);
  const known = before.bySource.get(record.body.source);
  const warmup = record.type === 'source_warmup_started' ? begun(known, record) : followed(known, record);
  if (warmup === undefined || warmup === known) return before;
  return { ...before, bySource: new Map(before.bySource).set(warmup.source, warmup) };
}

function withActivity(before: Warmups, source: string, date: number): Warmups {
  if ((before.activeOn.get(source) ?? -1) >= date) return before;
  return { ...before, activeOn: new Map(before.activeOn).set(source, date) };
}

/** A source that is in warm-up is not started again: it must be stopped first. */
function begun(known: Warmup | undefined, record: SourceWarmupStarted): Warmup | undefined {
  if (known !== undefined && (known.endedAt === undefined || known.id === record.body.warmup)) return known;
  const { source, warmup: id, schedule } = record.body;
  return { source, id, schedule, startedAt: record.at, stage: stageOf(record.body), steps: 0, ledger: [record] };
}

function followed(known: Warmup | undefined, record: Exclude<WarmupEntry, SourceWarmupStarted>): Warmup | undefined {
  if (known === undefined || known.endedAt !== undefined) return known;
  const { warmup, step } = record.body;
  if (warmup !== known.id || step !== known.steps + 1) return known;
  const ledger = [...known.ledger, record];
  switch (record.type) {
    case 'source_warmup_advanced':
    case 'source_warmup_held':
    case 'source_warmup_set_back':
      return { ...known, stage: stageOf(record.body), steps: step, ledger };
    case 'source_warmup_stopped':
      return { ...known, steps: step, ledger, endedAt: record.at };
    default:
      return assertNever(record);
  }
}

function stageOf({ day, since, hourlyLimit, providerLimits }: WarmupStage): WarmupStage {
  return { day, since, hourlyLimit, ...(providerLimits === undefined ? {} : { providerLimits }) };
}
