/** Copies of mail held against what was in flight when the platform was disturbed. */
import type { Disturbance, Reception } from '../history.ts';
import type { Allowances } from './check-options.ts';
import type { Mail } from './mail-rules.ts';
import { explainedUntil } from './troubled-time.ts';
import type { Duplicates, Finding } from './verdict.ts';

/** How far writers' clocks and the run's may be apart, ms. */
const MARGIN_MS = 100;

export interface CopyCount {
  readonly duplicates: Duplicates;
  readonly findings: readonly Finding[];
  /** Open releases when it hit, and copies told to it, by disturbance. */
  readonly byDisturbance: ReadonlyMap<Disturbance, { readonly inFlight: number; readonly duplicates: number }>;
}

export function countCopies(
  mails: readonly Mail[],
  disturbances: readonly Disturbance[],
  options: Allowances,
): CopyCount {
  const severing = disturbances.filter(severs);
  const flight = new Flight(mails);
  const told = new Map(disturbances.map((disturbance) => [disturbance, 0]));
  const findings: Finding[] = [];
  const total = { mails: 0, copies: 0, marked: 0 };
  for (const mail of mails) {
    const copies = mail.receptions.slice(1);
    if (copies.length === 0) continue;
    total.mails += 1;
    total.copies += copies.length;
    total.marked += Math.min(copies.length, markedOf(mail));
    for (const [index, copy] of copies.entries()) {
      const cause = explanation(mail, mail.receptions[index] ?? copy, copy, severing, options);
      if (cause) told.set(cause, (told.get(cause) ?? 0) + 1);
      else findings.push({ kind: 'duplicated', says: unexplained(mail, copy) });
    }
  }
  const byDisturbance = new Map(
    [...told].map(([disturbance, duplicates]) => [disturbance, { inFlight: flight.when(disturbance), duplicates }]),
  );
  const inFlight = severing.reduce((sum, disturbance) => sum + flight.when(disturbance), 0);
  if (total.copies > inFlight) {
    findings.push({ kind: 'duplicated', says: `${total.copies} copies, and only ${inFlight} releases were in flight` });
  }
  return { duplicates: { ...total, inFlight }, findings, byDisturbance };
}

/**
 * Whether it can keep the outcome of an attempt out of the log. Who decides, accepts or reads can come and go without
 * that, and so can the store of budgets; copies that only these would explain are defects.
 */
function severs({ fault, target }: Disturbance): boolean {
  if (fault === 'sigkill' || fault === 'sigstop') return target.startsWith('dispatcher');
  return fault === 'broker_kill' || fault === 'broker_bounce' || fault === 'cut_after_dot';
}

function markedOf({ stories }: Mail): number {
  return stories.reduce((sum, { marked }) => sum + marked, 0);
}

/**
 * What kept the outcome of the reception before out of the log: its cut, else the first disturbance that hit while a
 * release of the mail was open, else the first that it was open in the recovery from.
 */
function explanation(
  { stories }: Mail,
  before: Reception,
  copy: Reception,
  severing: readonly Disturbance[],
  options: Allowances,
): Disturbance | undefined {
  const openings = stories.flatMap((story) => story.openings);
  const isOpen = (from: number, to: number) =>
    openings.some((opening) => opening.from <= to + MARGIN_MS && opening.to >= from - MARGIN_MS);
  if (!before.answered) {
    return severing.find((disturbance) => disturbance.fault === 'cut_after_dot' && wasCut(before, disturbance));
  }
  const possible = severing.filter(
    (disturbance) =>
      disturbance.fault !== 'cut_after_dot' &&
      disturbance.at <= copy.at + MARGIN_MS &&
      explainedUntil(disturbance, options) >= before.at - MARGIN_MS,
  );
  return (
    possible.find(({ at, until }) => until >= before.at - MARGIN_MS && isOpen(at, at)) ??
    possible.find((disturbance) => isOpen(disturbance.at, explainedUntil(disturbance, options)))
  );
}

/** Cut after the final dot while the disturbance lasted. */
export function wasCut({ at, answered }: Reception, disturbance: Disturbance): boolean {
  return !answered && at >= disturbance.at - MARGIN_MS && at <= disturbance.until + MARGIN_MS;
}

function unexplained({ id, receptions }: Mail, { at }: Reception): string {
  return `${id}: received ${receptions.length} times, again at ${Math.round(at)} ms, and in flight at no disturbance`;
}

/** How many releases were open at a time. */
class Flight {
  private readonly opened: readonly number[];
  private readonly closed: readonly number[];
  private readonly cut: readonly Reception[];

  constructor(mails: readonly Mail[]) {
    const openings = mails.flatMap(({ stories }) => stories.flatMap((story) => story.openings));
    this.opened = openings.map(({ from }) => from).sort(ascending);
    this.closed = openings.map(({ to }) => to).sort(ascending);
    this.cut = mails.flatMap(({ receptions }) => receptions.filter(({ answered }) => !answered));
  }

  when(disturbance: Disturbance): number {
    if (disturbance.fault === 'cut_after_dot') {
      return this.cut.filter((reception) => wasCut(reception, disturbance)).length;
    }
    const begun = countBelow(this.opened, disturbance.at + MARGIN_MS);
    return begun - countBelow(this.closed, disturbance.at - MARGIN_MS);
  }
}

/** Infinite times too. */
function ascending(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How many of the ascending times are at most this. */
function countBelow(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
