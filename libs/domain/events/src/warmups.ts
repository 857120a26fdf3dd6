/**
 * The ledger of warm-ups. A warm-up is the `started` of a source and the steps that follow it; every step says what holds
 * from it on, so that the last one alone tells what the source may send. Steps are numbered: one that does not follow the
 * last is void for every reader, so that whoever writes, however often, the first in the log counts.
 */
import type { Envelope } from './envelope.ts';

/** What the source may send from here on. */
export interface WarmupStage {
  /** Day of the schedule, from 0. */
  readonly day: number;
  /** When that day began, ms since the epoch; the next one follows 24 h later. */
  readonly since: number;
  /** Recipients in any 60 minutes, whoever the receiver is. */
  readonly hourlyLimit: number;
  /** Further caps, by provider. */
  readonly providerLimits?: Readonly<Record<string, number>>;
}

/** What came of a day's mail: recipients whose `RCPT` was answered, or of whom nobody knows. */
export interface WarmupResults {
  readonly attempted: number;
  readonly delivered: number;
  readonly deferred: number;
  readonly bounced: number;
  /** Refused for the reputation of the address; also counted among the deferred or bounced. */
  readonly blocked: number;
}

export type WarmupStartReason = 'operator' | 'idle';

/** The source is in warm-up: its mail is capped, and what is above goes elsewhere or waits. */
export type SourceWarmupStarted = Envelope<
  'source_warmup_started',
  WarmupStage & {
    readonly source: string;
    /** Names this warm-up of the source. */
    readonly warmup: string;
    /** The policy's name of the schedule. */
    readonly schedule: string;
    readonly reason: WarmupStartReason;
    readonly startedBy: string;
  }
>;

/** Common to the steps that follow a start. */
interface WarmupStep {
  readonly source: string;
  readonly warmup: string;
  /** 1 for the first after the start. */
  readonly step: number;
}

/** A day has passed, and the next is due. */
export type SourceWarmupAdvanced = Envelope<
  'source_warmup_advanced',
  WarmupStage & WarmupStep & { readonly results: WarmupResults }
>;

/** Why a day is repeated. */
export type WarmupHoldReason =
  /** Less than the gate asks of what could have been delivered was. */
  | 'under_delivered'
  | 'deferral_rate'
  | 'bounce_rate'
  /** No sending day: too little of the stage was used. */
  | 'too_little_sent';

/** A day has passed, and is repeated. */
export type SourceWarmupHeld = Envelope<
  'source_warmup_held',
  WarmupStage & WarmupStep & { readonly reason: WarmupHoldReason; readonly results: WarmupResults }
>;

export type WarmupSetBackReason = 'reputation_block' | 'idle';

/** Back to an earlier day, which begins now. */
export type SourceWarmupSetBack = Envelope<
  'source_warmup_set_back',
  WarmupStage &
    WarmupStep & {
      readonly fromDay: number;
      readonly reason: WarmupSetBackReason;
      readonly results: WarmupResults;
    }
>;

export type WarmupStopReason = 'completed' | 'operator';

/** The source is warm: no limit of a warm-up holds any more. */
export type SourceWarmupStopped = Envelope<
  'source_warmup_stopped',
  WarmupStep & { readonly day: number; readonly reason: WarmupStopReason; readonly stoppedBy: string }
>;

/** The source sent something on this day of UTC: one that sends nothing for long is warmed up anew. */
export type SourceActive = Envelope<
  'source_active',
  {
    readonly source: string;
    /** ms since the epoch, midnight UTC. */
    readonly date: number;
  }
>;

export type WarmupRecord =
  | SourceWarmupStarted
  | SourceWarmupAdvanced
  | SourceWarmupHeld
  | SourceWarmupSetBack
  | SourceWarmupStopped
  | SourceActive;
