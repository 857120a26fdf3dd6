/** A history sorted by mail: what the client, the receivers and the log say of each. */
import type { Disturbance, Fact, HistoryEntry, Reception, Submission } from '../history.ts';
import { orderedTimes } from './ordered-times.ts';

export interface Dossier {
  readonly id: string;
  readonly submissions: Submission[];
  /** By time. */
  readonly receptions: Reception[];
  /** By delivery id: there should be one. */
  readonly deliveries: Map<string, DeliveryFacts>;
}

export interface DeliveryFacts {
  readonly deliveryId: string;
  readonly messageId: string;
  /** In the order of their partition, repeats and void ones too. */
  readonly facts: TimedFact[];
}

export interface TimedFact extends Fact {
  /** `at`, put right by the order in the partition. */
  readonly writtenAt: number;
}

export interface SortedHistory {
  readonly dossiers: ReadonlyMap<string, Dossier>;
  readonly receptions: readonly Reception[];
  readonly disturbances: readonly Disturbance[];
  readonly lastAt: number;
}

/** After the last that anybody saw the log still learns what became of it. */
const LAST_OUTCOMES_MS = 60_000;

export function sortHistory(history: Iterable<HistoryEntry>): SortedHistory {
  const dossiers = new Map<string, Dossier>();
  const receptions: Reception[] = [];
  const disturbances: Disturbance[] = [];
  const facts: Fact[] = [];
  for (const entry of history) {
    if (entry.kind === 'disturbance') disturbances.push(entry);
    else if (entry.kind === 'reception') receptions.push(entry);
    else if (entry.kind === 'fact') facts.push(entry);
    else dossierOf(dossiers, entry.id).submissions.push(entry);
  }
  receptions.sort((a, b) => a.at - b.at);
  disturbances.sort((a, b) => a.at - b.at);
  for (const reception of receptions) dossierOf(dossiers, reception.id).receptions.push(reception);
  const last = lastAt(dossiers, receptions, disturbances);
  const byMessage = mailByMessage(dossiers);
  for (const fact of timed(facts, last + LAST_OUTCOMES_MS))
    file(dossierOf(dossiers, fact.mail || byMessage(fact.messageId)), fact);
  return { dossiers, receptions, disturbances, lastAt: last };
}

/** For a fact that does not name its mail: whoever was told the message's id submitted it. */
function mailByMessage(dossiers: ReadonlyMap<string, Dossier>): (messageId: string) => string {
  const mails = new Map<string, string>();
  for (const { id, submissions } of dossiers.values()) {
    for (const { messageId } of submissions) if (messageId !== undefined) mails.set(messageId, id);
  }
  return (messageId) => mails.get(messageId) ?? `message ${messageId}`;
}

function dossierOf(dossiers: Map<string, Dossier>, id: string): Dossier {
  let dossier = dossiers.get(id);
  if (!dossier) {
    dossier = { id, submissions: [], receptions: [], deliveries: new Map() };
    dossiers.set(id, dossier);
  }
  return dossier;
}

function file(dossier: Dossier, fact: TimedFact): void {
  const { deliveryId, messageId } = fact;
  const delivery = dossier.deliveries.get(deliveryId) ?? { deliveryId, messageId, facts: [] };
  delivery.facts.push(fact);
  dossier.deliveries.set(deliveryId, delivery);
}

function timed(facts: Fact[], latest: number): readonly TimedFact[] {
  facts.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  const found: TimedFact[] = [];
  for (let begin = 0; begin < facts.length; ) {
    let end = begin;
    while (end < facts.length && facts[end]?.partition === facts[begin]?.partition) end++;
    const partition = facts.slice(begin, end);
    const times = orderedTimes(
      partition.map(({ at }) => at),
      latest,
    );
    for (const [index, fact] of partition.entries()) found.push({ ...fact, writtenAt: times[index] ?? fact.at });
    begin = end;
  }
  return found;
}

function lastAt(
  dossiers: ReadonlyMap<string, Dossier>,
  receptions: readonly Reception[],
  disturbances: readonly Disturbance[],
): number {
  let last = receptions.at(-1)?.at ?? 0;
  for (const { submissions } of dossiers.values()) {
    for (const { answeredAt } of submissions) last = Math.max(last, answeredAt);
  }
  for (const { until } of disturbances) last = Math.max(last, until);
  return last;
}
