/** The report of a run of faults, for people: a page of Markdown and a plot beside it. */
import { PROBLEM_KINDS, type ProblemKind, type Verdict } from '../checking/index.ts';
import type { FaultName, HistoryEntry } from '../history.ts';
import { inSeconds, table } from './markdown.ts';
import type { ReportMeta } from './report-meta.ts';
import { renderTimeline } from './timeline.ts';

export const REPORT_FILE = 'report.md';
export const TIMELINE_FILE = 'timeline.svg';

/** Texts by file name. */
export type ReportFiles = Readonly<Record<typeof REPORT_FILE | typeof TIMELINE_FILE, string>>;

export function renderReport(history: Iterable<HistoryEntry>, verdict: Verdict, meta: ReportMeta): ReportFiles {
  const parts = [
    ...heading(verdict, meta),
    `![Accepted and received mails a second, with the faults](${TIMELINE_FILE})`,
    '## What was looked for',
    problems(verdict),
    ...examples(verdict),
    '## By fault',
    byFault(verdict),
    ...duplicates(verdict),
    '## Limits, as the receivers counted',
    limits(verdict),
    '## Waiting',
    ...waiting(verdict),
    '## Each disturbance',
    eachDisturbance(verdict),
    ...shortfall(meta),
  ];
  return { [REPORT_FILE]: `${parts.join('\n\n')}\n`, [TIMELINE_FILE]: renderTimeline(history, verdict) };
}

function heading({ holds, totals }: Verdict, meta: ReportMeta): readonly string[] {
  const { submitted, ended } = totals;
  const isWell = holds && meta.trouble.length === 0;
  return [
    '# A run of faults',
    `**The run ${isWell ? 'holds' : 'does not hold'}.** ${meta.madeOn}: ${meta.perSecond} mails a second for ${meta.seconds} s, on ${meta.engines}, ${meta.machine}${meta.commit === undefined ? '' : `, commit ${meta.commit}`}. Again:`,
    `    ${meta.command}`,
    `${number(submitted.ok)} submissions were acknowledged, ${number(submitted.failed)} refused, and of ${number(submitted.unknown)} the client does not know (${number(totals.unknownReceived)} of them arrived). The log holds ${number(totals.accepted)} deliveries: ${number(ended.delivered)} delivered, ${number(ended.bounced)} bounced, ${number(ended.dropped)} dropped. Receivers took ${number(totals.received)} mails in ${number(totals.receptions)} receptions.`,
  ];
}

const MEANS: Readonly<Record<ProblemKind, string>> = {
  lost: 'acknowledged, and nobody has it',
  duplicated: 'copies that were not announced, or that no disturbance explains',
  unseen: 'received, and refused, not in the log, or ended otherwise',
  early: 'received before its time',
  late: 'received later than disturbances and retries explain',
  over_limit: 'windows with more receptions than the limit',
  silent: 'times in which nothing came from a source, longer than a takeover takes',
  second_terminal: 'a second terminal transition, or an outcome that contradicts the first',
  not_ended: 'accepted, without a terminal fact',
  unproven: 'what the run was to show and does not',
};

function problems(verdict: Verdict): string {
  const rows = PROBLEM_KINDS.map((kind) => [named(kind), verdict.problems[kind].count, MEANS[kind]]);
  return table(['', 'found', 'means'], rows);
}

function examples(verdict: Verdict): readonly string[] {
  return PROBLEM_KINDS.filter((kind) => verdict.problems[kind].count > 0).map((kind) =>
    [`${named(kind)}:`, '', ...verdict.problems[kind].examples.map((text) => `- ${text}`)].join('\n'),
  );
}

function byFault({ effects }: Verdict): string {
  const faults = [...new Set(effects.map(({ disturbance }) => disturbance.fault))].sort();
  const rows = faults.map((fault) => faultRow(fault, { effects }));
  return table(['fault', 'times', 'of', 'mails in flight', 'copies', 'longest stall after it'], rows);
}

function faultRow(fault: FaultName, { effects }: Pick<Verdict, 'effects'>): readonly (string | number)[] {
  const of = effects.filter(({ disturbance }) => disturbance.fault === fault);
  const targets = [...new Set(of.map(({ disturbance }) => disturbance.target))].sort();
  const inFlight = of.reduce((sum, effect) => sum + effect.inFlight, 0);
  const copies = of.reduce((sum, effect) => sum + effect.duplicates, 0);
  const stallMs = of.reduce((longest, effect) => Math.max(longest, effect.stallMs), 0);
  return [named(fault), of.length, targets.join(', '), inFlight, copies, inSeconds(stallMs)];
}

function duplicates({ duplicates: { mails, copies, marked, inFlight } }: Verdict): readonly string[] {
  return [
    `${number(mails)} mails arrived more than once, in ${number(copies)} copies beyond the first; ${number(marked)} of these had been announced by their release (\`mayDuplicate\`). ${number(inFlight)} releases were open when a kill, a pause or a cut hit that has a part in attempts: copies may be no more.`,
  ];
}

function limits(verdict: Verdict): string {
  const rows = verdict.limits.map(({ limit: { provider, from, limit, periodMs }, received, most, mostAt }) => [
    provider,
    from,
    received,
    `${limit} in ${inSeconds(periodMs)}`,
    `${most} (${Math.round((most / limit) * 100)} %)`,
    inSeconds(mostAt),
  ]);
  return table(['provider', 'from', 'received', 'at most', 'most in any window', 'at'], rows);
}

function waiting({ waits, stalls }: Verdict): readonly string[] {
  const standing = stalls.map(({ provider, from, to, explainedBy }) => [
    provider,
    inSeconds(to - from),
    inSeconds(from),
    explainedBy ? `${named(explainedBy.fault)} of ${explainedBy.target} at ${inSeconds(explainedBy.at)}` : 'nothing',
  ]);
  const waited = waits.map(({ provider, longestMs, longestId, longestUntroubledMs, explained, explainedShare }) => [
    provider,
    `${inSeconds(longestMs)} (${longestId})`,
    inSeconds(longestUntroubledMs),
    explained,
    `${Math.round(explainedShare * 100)} %`,
  ]);
  return [
    'The longest time in which nothing arrived at a provider though mail for it waited:',
    table(['provider', 'stall', 'began', 'covered by'], standing),
    'From when mail was due to its first reception. *Unexplained* leaves out the time in which disturbances, and the catching up after them, explain waiting; the last column says how much of the run that is.',
    table(['provider', 'longest wait', 'longest unexplained', 'long and explained', 'explained time'], waited),
  ];
}

function eachDisturbance({ effects }: Verdict): string {
  const rows = effects.map(({ disturbance: { at, until, fault, target }, inFlight, duplicates: copies, stallMs }) => [
    inSeconds(at),
    inSeconds(until - at),
    named(fault),
    target,
    inFlight,
    copies,
    inSeconds(stallMs),
  ]);
  return table(['at', 'for', 'fault', 'of', 'in flight', 'copies', 'stall'], rows);
}

function shortfall({ skipped, trouble }: ReportMeta): readonly string[] {
  const parts: string[] = [];
  if (skipped.length > 0) parts.push('## Not done', list(skipped));
  if (trouble.length > 0) parts.push('## Besides the history', list(trouble));
  return parts;
}

function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

function named(name: string): string {
  return name.replaceAll('_', ' ');
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}
