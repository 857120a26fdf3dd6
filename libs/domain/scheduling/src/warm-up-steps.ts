/**
 * What the controller writes into the ledger of warm-ups, and when. Day n begins n × 24 h after the start; how a day is
 * judged is the schedule's to say: by the calendar alone, by whether enough was sent, or by what came of it.
 */
import {
  type Control,
  derivedId,
  type WarmupHoldReason,
  type WarmupResults,
  type WarmupSetBackReason,
  type WarmupStage,
  type WarmupStartReason,
} from '@penstock/events';
import type { Policy, WarmupPolicy } from '@penstock/policy';
import { foldWarmup, type Warmup, type WarmupEntry, type Warmups, warmupOf } from './warmups.ts';

export const WARMUP_DAY_MS = 24 * 3_600_000;

/** Steps proposed for one source at once: a year of days that nobody counted. */
const MOST_STEPS = 400;

export interface WarmupView {
  readonly policy: Pick<Policy, 'warmups' | 'sources'>;
  readonly warmups: Warmups;
  /** ms since the epoch */
  readonly nowMs: number;
  /** What came of the source's mail between two times, ms since the epoch. */
  readonly results: (source: string, from: number, to: number) => WarmupResults;
  /** Who writes. */
  readonly by: string;
}

/** What holds on a day of the schedule; undefined after its last. `since` is when it begins, ms since the epoch. */
export function stageOn(schedule: WarmupPolicy, day: number, since: number): WarmupStage | undefined {
  const hourlyLimit = schedule.hourlyByDay[day];
  if (hourlyLimit === undefined) return undefined;
  const caps = [...schedule.perProvider].flatMap(([provider, byDay]) => {
    const cap = byDay[day];
    return cap === undefined ? [] : [[provider, cap] as const];
  });
  return { day, since, hourlyLimit, ...(caps.length === 0 ? {} : { providerLimits: Object.fromEntries(caps) }) };
}

/** The start of a warm-up, at day 0 unless told; undefined where the schedule has no such day. */
export function warmupStarted(
  source: string,
  schedule: WarmupPolicy,
  at: number,
  more: { readonly by: string; readonly reason: WarmupStartReason; readonly day?: number },
): WarmupEntry | undefined {
  const stage = stageOn(schedule, more.day ?? 0, at);
  if (!stage) return undefined;
  const warmup = derivedId('source_warmup_started', source, at);
  const body = { source, warmup, schedule: schedule.name, ...stage, reason: more.reason, startedBy: more.by };
  return { id: warmup, type: 'source_warmup_started', version: 1, at, partition: 0, body };
}

/** The end of a warm-up by hand. */
export function warmupStopped(warmup: Warmup, at: number, by: string): WarmupEntry {
  return stopped(warmup, at, 'operator', by);
}

/** All that is due now, in order; to be appended to `mail.control` as it is. */
export function warmupStepsDue(view: WarmupView): readonly Control[] {
  const due: Control[] = [];
  for (const source of view.policy.sources.keys()) due.push(...dueOf(source, view));
  return due;
}

/** When a step may be due next, ms since the epoch; results may make one due before. */
export function nextWarmupDay({ warmups }: Pick<WarmupView, 'warmups'>): number | undefined {
  const open = [...warmups.bySource.values()].filter(({ endedAt }) => endedAt === undefined);
  return open.length === 0 ? undefined : Math.min(...open.map(({ stage }) => stage.since + WARMUP_DAY_MS));
}

function dueOf(source: string, view: WarmupView): readonly Control[] {
  const due: WarmupEntry[] = [];
  let { warmups } = view;
  while (due.length < MOST_STEPS) {
    const step = nextStep(source, { ...view, warmups });
    if (!step) break;
    due.push(step);
    warmups = foldWarmup(warmups, step);
  }
  return due;
}

function nextStep(source: string, view: WarmupView): WarmupEntry | undefined {
  const { warmups, nowMs } = view;
  const warmup = warmupOf(warmups, source);
  if (!warmup) return rewarming(source, view);
  const schedule = view.policy.warmups.get(warmup.schedule);
  if (!schedule) return undefined;
  if (nowMs >= warmup.stage.since + WARMUP_DAY_MS) return dayPassed(warmup, schedule, view);
  const today = view.results(source, warmup.stage.since, nowMs);
  if (schedule.gated && today.blocked > 0 && !wasSetBackToday(warmup, nowMs)) {
    const day = Math.max(0, warmup.stage.day - schedule.gated.setBackDays);
    return setBack(warmup, schedule, day, 'reputation_block', today, nowMs);
  }
  if (warmup.stage.day > 0 && isIdle(source, warmup.startedAt, schedule, view)) {
    return setBack(warmup, schedule, 0, 'idle', today, nowMs);
  }
  return undefined;
}

/** A warm source whose policy names a schedule, and that sent nothing for too long, starts anew. */
function rewarming(source: string, view: WarmupView): WarmupEntry | undefined {
  const schedule = view.policy.warmups.get(view.policy.sources.get(source)?.warmup ?? '');
  const endedAt = view.warmups.bySource.get(source)?.endedAt;
  // One that was never seen to send is new, and its operator knows whether it is warm.
  if (!schedule || (endedAt === undefined && !view.warmups.activeOn.has(source))) return undefined;
  if (!isIdle(source, endedAt ?? 0, schedule, view)) return undefined;
  return warmupStarted(source, schedule, view.nowMs, { by: view.by, reason: 'idle' });
}

function isIdle(source: string, since: number, schedule: WarmupPolicy, { warmups, nowMs }: WarmupView): boolean {
  const activeUntil = (warmups.activeOn.get(source) ?? Number.NEGATIVE_INFINITY) + WARMUP_DAY_MS;
  return nowMs - Math.max(since, activeUntil) >= schedule.rewarmAfterIdleDays * WARMUP_DAY_MS;
}

/** Mail on its way may be refused for a while after it was set back: that says nothing new. */
function wasSetBackToday({ ledger }: Warmup, nowMs: number): boolean {
  const last = ledger.findLast(({ type }) => type === 'source_warmup_set_back');
  return last !== undefined && nowMs - last.at < WARMUP_DAY_MS;
}

function dayPassed(warmup: Warmup, schedule: WarmupPolicy, view: WarmupView): WarmupEntry {
  const { stage, source } = warmup;
  const since = stage.since + WARMUP_DAY_MS;
  const results = view.results(source, stage.since, since);
  const step = stepOf(warmup, view.nowMs);
  const hold = reasonToHold(schedule, stage, results);
  if (hold) {
    const again = stageOn(schedule, stage.day, since) ?? { ...stage, since };
    return { ...step.envelope, type: 'source_warmup_held', body: { ...step.body, ...again, reason: hold, results } };
  }
  const next = stageOn(schedule, stage.day + 1, since);
  if (!next) return stopped(warmup, view.nowMs, 'completed', view.by);
  return { ...step.envelope, type: 'source_warmup_advanced', body: { ...step.body, ...next, results } };
}

/**
 * Nothing is asked of a day on which nothing was sent, where it is the calendar that counts. What was attempted is what was
 * offered and the stage allowed: what is above it went elsewhere.
 */
function reasonToHold(
  { days, sendingDayShare, gated }: WarmupPolicy,
  { hourlyLimit }: WarmupStage,
  { attempted, delivered, deferred, bounced }: WarmupResults,
): WarmupHoldReason | undefined {
  if (days === 'sending' && attempted < sendingDayShare * hourlyLimit * 24) return 'too_little_sent';
  if (!gated || attempted === 0) return undefined;
  if (bounced > gated.bounceRate * attempted) return 'bounce_rate';
  if (deferred > gated.deferralRate * attempted) return 'deferral_rate';
  return delivered < gated.delivered * attempted ? 'under_delivered' : undefined;
}

function setBack(
  warmup: Warmup,
  schedule: WarmupPolicy,
  day: number,
  reason: WarmupSetBackReason,
  results: WarmupResults,
  nowMs: number,
): WarmupEntry {
  const { stage } = warmup;
  const step = stepOf(warmup, nowMs);
  const body = { ...step.body, ...(stageOn(schedule, day, nowMs) ?? stage), fromDay: stage.day, reason, results };
  return { ...step.envelope, type: 'source_warmup_set_back', body };
}

function stopped(warmup: Warmup, at: number, reason: 'completed' | 'operator', stoppedBy: string): WarmupEntry {
  const step = stepOf(warmup, at);
  const body = { ...step.body, day: warmup.stage.day, reason, stoppedBy };
  return { ...step.envelope, type: 'source_warmup_stopped', body };
}

function stepOf({ source, id: warmup, steps }: Warmup, at: number) {
  const step = steps + 1;
  const envelope = { id: derivedId('source_warmup', warmup, step), version: 1 as const, at, partition: 0 };
  return { envelope, body: { source, warmup, step } };
}
