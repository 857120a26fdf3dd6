import type { DeferralFigures, DeferralTimeline, RatedView, ReputationsView } from '../api/reputation-views.ts';
import { counted, duration, percent } from './quantities.ts';
import { table } from './table.ts';

const RIGHT = 'right' as const;

/** A line for each reputation in total, and below it one for each provider. */
export function reputationsText({ reputations, windowHours, minOutcomes, truncated }: ReputationsView): string {
  if (reputations.length === 0) return `nobody has had an outcome in the last ${counted(windowHours, 'hour')}`;
  const rows = reputations.flatMap(({ subject, name, providers, published, ...total }) => [
    [subject, name, 'all', ...ratedCells(total), publishedText(published)],
    ...providers.map(({ provider, ...rated }) => ['', '', provider, ...ratedCells(rated), '']),
  ]);
  const columns = [
    { title: 'of' },
    { title: 'name' },
    { title: 'provider' },
    { title: 'score', align: RIGHT },
    { title: 'grade' },
    ...['outcomes', 'bounces', 'blocks', 'complaints', 'deferrals'].map((title) => ({ title, align: RIGHT })),
    { title: 'published', align: RIGHT },
  ];
  const window = `of the last ${counted(windowHours, 'hour')}; unrated below ${counted(minOutcomes, 'outcome')}`;
  return [table(columns, rows), window, ...(truncated ? ['… there are more: see --limit'] : [])].join('\n');
}

function ratedCells({ score, grade, outcomes, rates }: RatedView): readonly string[] {
  const shares = [rates.bounces, rates.blocks, rates.complaints, rates.deferrals];
  const shown = outcomes === 0 ? shares.map(() => '–') : shares.map((share) => fine(share));
  return [score === null ? '–' : String(score), grade, outcomes.toLocaleString('en'), ...shown];
}

/** Complaints matter from a thousandth on. */
function fine(share: number): string {
  return share > 0 && share < 0.01 ? `${(share * 100).toFixed(2)} %` : percent(share);
}

function publishedText(published: { readonly score: number | null } | undefined): string {
  return published ? String(published.score ?? 'unrated') : '–';
}

const COUNTS = [
  ['attempts', 'attempts'],
  ['delivered', 'delivered'],
  ['deferredRemote', 'deferred'],
  ['deferredHeld', 'held'],
] as const;

/** Deferred: by the receiver, or not reached; held: notices that mail waits for us, which stand in no rate. */
export function deferralsText({ from, to, by, totals, rows, truncated }: DeferralTimeline): string {
  const span = `${time(from)} to ${time(to)} UTC`;
  if (rows.length === 0) return `no mail was tried or held from ${span}`;
  const names = (row: DeferralTimeline['rows'][number]) => [
    ...(by.includes('hour') ? [row.hour === undefined ? '' : time(row.hour)] : []),
    ...(by.includes('provider') ? [row.provider ?? ''] : []),
    ...(by.includes('source') ? [row.source || '–'] : []),
  ];
  const columns = [
    ...by.map((title) => ({ title })),
    ...COUNTS.map(([, title]) => ({ title, align: RIGHT })),
    { title: 'deferral rate', align: RIGHT },
    { title: 'of deliveries', align: RIGHT },
    { title: 'recovered', align: RIGHT },
    { title: 'mean latency', align: RIGHT },
    { title: 'why' },
  ];
  const all = ['all', ...by.slice(1).map(() => ''), ...deferralCells(totals)];
  const lines = rows.map((row) => [...names(row), ...deferralCells(row)]);
  return [table(columns, [...lines, all]), span, ...(truncated ? ['… there are more: see --limit'] : [])].join('\n');
}

function deferralCells({ counts, rates, causes, heldBy }: DeferralFigures): readonly string[] {
  const { deferralRate = null, deliveriesDeferredRate = null, recoveredRate = null, meanLatencyMs = null } = rates;
  return [
    ...COUNTS.map(([name]) => (counts[name] ?? 0).toLocaleString('en')),
    percent(deferralRate),
    percent(deliveriesDeferredRate),
    percent(recoveredRate),
    meanLatencyMs === null ? '–' : duration(meanLatencyMs),
    reasons({ ...causes, ...heldBy }),
  ];
}

/** The three most frequent. */
function reasons(counts: Readonly<Record<string, number>>): string {
  const most = Object.entries(counts).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return most
    .slice(0, 3)
    .map(([reason, count]) => `${reason.replaceAll('_', ' ')} ${count.toLocaleString('en')}`)
    .join(', ');
}

/** 2026-01-31 14:00 */
function time(at: number): string {
  return new Date(at).toISOString().slice(0, 16).replace('T', ' ');
}
