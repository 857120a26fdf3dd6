/** Starts and stops the warm-up of a source, and shows its ledger: all of it stands on `mail.control`. */
import type {
  Control,
  WarmupHoldReason,
  WarmupResults,
  WarmupSetBackReason,
  WarmupStartReason,
} from '@penstock/events';
import type { Policy, WarmupPolicy } from '@penstock/policy';
import type { Clock, EventLog, Telemetry, Timers } from '@penstock/ports';
import {
  type ControlState,
  foldWarmup,
  WARMUP_DAY_MS,
  type Warmup,
  type WarmupEntry,
  type Warmups,
  warmupOf,
  warmupStarted,
  warmupStopped,
} from '@penstock/scheduling';
import { RefusedChange, refusedChange } from '../administration/refused-change.ts';
import { checkFields, isObject } from '../mail-send/fields.ts';
import { Problems } from '../mail-send/problems.ts';

export interface SourceWarmupsDeps {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly telemetry: Telemetry;
  readonly control: () => ControlState;
}

/** One entry of the ledger. Times are ms since the epoch. */
export interface WarmupEntryView {
  readonly at: number;
  readonly event: 'started' | 'advanced' | 'held' | 'set_back' | 'stopped';
  readonly day: number;
  readonly hourlyLimit?: number;
  readonly reason?: WarmupStartReason | WarmupHoldReason | WarmupSetBackReason | 'completed';
  readonly results?: WarmupResults;
  readonly by?: string;
}

export interface WarmupView {
  readonly source: string;
  readonly warming: boolean;
  readonly schedule: string;
  readonly day: number;
  /** Days of the schedule; absent where the policy no longer has it. */
  readonly days?: number;
  readonly hourlyLimit?: number;
  readonly providerLimits?: Readonly<Record<string, number>>;
  readonly startedAt: number;
  readonly nextDayAt?: number;
  readonly endedAt?: number;
  readonly ledger: readonly WarmupEntryView[];
}

/** Used where neither the request nor the source's block names one. */
const DEFAULT_SCHEDULE = 'sendgrid';

const FIELDS = { supported: new Set(['source', 'schedule', 'day']) };

/** How long is waited for what was written a moment ago, ms and times. */
const CATCH_UP_EVERY_MS = 20;
const CATCH_UP_TIMES = 250;

export class SourceWarmups {
  constructor(private readonly deps: SourceWarmupsDeps) {}

  /** @throws RefusedChange 400 for what the policy does not know, 409 where it is in warm-up, 503 if it was not stored */
  async start(body: unknown, by: string): Promise<WarmupView> {
    const { source, schedule: named, day } = readStart(body);
    const { policy, warmups } = await this.current();
    const known = policy.sources.get(source);
    if (!known) throw refusedChange(400, 'source', `The policy has no source ${source}.`, thereAre(policy.sources));
    const name = named ?? known.warmup ?? DEFAULT_SCHEDULE;
    const schedule = policy.warmups.get(name);
    if (!schedule) throw refusedChange(400, 'schedule', `The policy has no warm-up ${name}.`, thereAre(policy.warmups));
    if (warmupOf(warmups, source)) throw refusedChange(409, 'source', `${source} is in warm-up. Stop it first.`);
    const at = Math.round(this.deps.clock.now());
    const started = warmupStarted(source, schedule, at, {
      by,
      reason: 'operator',
      ...(day === undefined ? {} : { day }),
    });
    if (!started) {
      throw refusedChange(400, 'day', `The last day of ${name} is ${schedule.hourlyByDay.length - 1}.`);
    }
    return this.written(started, source, policy, warmups);
  }

  /** @throws RefusedChange 404 where it is not in warm-up, 503 if it was not stored */
  async stop(source: string, by: string): Promise<WarmupView> {
    const { policy, warmups } = await this.current();
    const warmup = warmupOf(warmups, source);
    if (!warmup) throw refusedChange(404, null, `${source} is not in warm-up.`);
    return this.written(warmupStopped(warmup, Math.round(this.deps.clock.now()), by), source, policy, warmups);
  }

  /** Of every source that ever was in warm-up its last. */
  async list(): Promise<readonly WarmupView[]> {
    const { policy, warmups } = await this.current();
    return [...warmups.bySource.values()].map((warmup) => viewOf(warmup, policy.warmups.get(warmup.schedule)));
  }

  /** @throws RefusedChange 404 where it never was in warm-up */
  async show(source: string): Promise<WarmupView> {
    const { policy, warmups } = await this.current();
    const warmup = warmups.bySource.get(source);
    if (!warmup) throw refusedChange(404, null, `${source} was never in warm-up.`);
    return viewOf(warmup, policy.warmups.get(warmup.schedule));
  }

  private async written(entry: WarmupEntry, source: string, policy: Policy, before: Warmups): Promise<WarmupView> {
    await this.append(entry);
    const warmup = foldWarmup(before, entry).bySource.get(source);
    if (!warmup) throw refusedChange(503, null, 'The warm-up is not known. Try again.');
    return viewOf(warmup, policy.warmups.get(warmup.schedule));
  }

  private async append(record: Control): Promise<void> {
    try {
      await this.deps.log.append([{ topic: 'mail.control', partition: 0, records: [record] }]);
    } catch (error) {
      this.deps.telemetry.log('error', 'warm_up_not_stored', { error: String(error) });
      throw refusedChange(503, null, 'It may not have been stored. Ask for the status, and try again.');
    }
  }

  /** Control with everything that stands in the log by now, such as what was changed by the last request. */
  private async current(): Promise<{ readonly policy: Policy; readonly warmups: Warmups }> {
    const { log, timers, control } = this.deps;
    const { end } = await log.bounds('mail.control', 0);
    for (let times = 0; times < CATCH_UP_TIMES && control().offset < end; times++) {
      await timers.sleep(CATCH_UP_EVERY_MS);
    }
    const { policy, warmups, offset } = control();
    if (!policy || offset < end) throw refusedChange(503, null, 'mail.control is not yet read. Try again.');
    return { policy, warmups };
  }
}

function thereAre(named: ReadonlyMap<string, unknown>): string {
  return `There are: ${[...named.keys()].join(', ')}.`;
}

function readStart(body: unknown): { source: string; schedule?: string; day?: number } {
  const problems = new Problems();
  const fields = isObject(body) ? body : {};
  checkFields(fields, '', FIELDS, problems);
  const { source, schedule, day } = fields;
  if (typeof source !== 'string' || source === '') problems.add('source', 'source must be the name of a source.');
  if (schedule !== undefined && typeof schedule !== 'string') problems.add('schedule', 'schedule must be a name.');
  const isDay = day === undefined || (Number.isSafeInteger(day) && Number(day) >= 0);
  if (!isDay) problems.add('day', 'day must be a whole number from 0.');
  if (!problems.none) throw new RefusedChange(400, problems.list);
  return {
    source: String(source),
    ...(schedule === undefined ? {} : { schedule: String(schedule) }),
    ...(day === undefined ? {} : { day: Number(day) }),
  };
}

function viewOf(warmup: Warmup, schedule: WarmupPolicy | undefined): WarmupView {
  const { source, stage, endedAt, startedAt, ledger } = warmup;
  const warming = endedAt === undefined;
  return {
    source,
    warming,
    schedule: warmup.schedule,
    day: stage.day,
    ...(schedule === undefined ? {} : { days: schedule.hourlyByDay.length }),
    ...(warming ? { hourlyLimit: stage.hourlyLimit } : {}),
    ...(warming && stage.providerLimits ? { providerLimits: stage.providerLimits } : {}),
    startedAt,
    ...(warming ? { nextDayAt: stage.since + WARMUP_DAY_MS } : { endedAt }),
    ledger: ledger.map(entryView),
  };
}

const EVENTS: Readonly<Record<WarmupEntry['type'], WarmupEntryView['event']>> = {
  source_warmup_started: 'started',
  source_warmup_advanced: 'advanced',
  source_warmup_held: 'held',
  source_warmup_set_back: 'set_back',
  source_warmup_stopped: 'stopped',
};

function entryView({ type, at, body }: WarmupEntry): WarmupEntryView {
  return {
    at,
    event: EVENTS[type],
    day: body.day,
    ...('hourlyLimit' in body ? { hourlyLimit: body.hourlyLimit } : {}),
    ...('reason' in body ? { reason: body.reason } : {}),
    ...('results' in body ? { results: body.results } : {}),
    ...('startedBy' in body ? { by: body.startedBy } : {}),
    ...('stoppedBy' in body ? { by: body.stoppedBy } : {}),
  };
}
