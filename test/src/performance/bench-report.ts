/** The figures of runs as rows of a table and lines of JSON. */
import type { Result } from './run.ts';

const MEDIAN_OF = [
  'acceptedPerS',
  'relayedPerS',
  'p50Ms',
  'p99Ms',
  'sentP99Ms',
  'acceptP99Ms',
  'cpuMsPerMessage',
  'peakMemoryMib',
] as const;

type Figure = (typeof MEDIAN_OF)[number];

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

export function row(result: Result): Readonly<Record<string, string | number>> {
  return {
    system: result.system,
    in: result.protocol,
    messages: result.messages,
    'accepted/s': Math.round(result.acceptedPerS),
    'relayed/s': Math.round(result.relayedPerS),
    'p50 ms': rounded(result.p50Ms, 1),
    'p99 ms': rounded(result.p99Ms, 1),
    'sent p99 ms': rounded(result.sentP99Ms, 1),
    'accept p99 ms': rounded(result.acceptP99Ms, 1),
    'CPU ms/message': rounded(result.cpuMsPerMessage, 3),
    'peak MiB': Math.round(result.peakMemoryMib),
    syncs: result.syncs ?? '',
    timelines: result.timelinesRead,
    problems: result.problems.length,
  };
}

/** Names of systems as the engine below them; `peer` is what ran beside it in the same round. */
export function jsonLine(result: Result, peer?: Result): string {
  return JSON.stringify({
    engine: result.system === 'penstock' ? 'embedded' : result.system,
    protocol: result.protocol,
    messages: result.messages,
    accepted_per_s: Math.round(result.acceptedPerS),
    relayed_per_s: Math.round(result.relayedPerS),
    p50_ms: rounded(result.p50Ms, 2),
    p99_ms: rounded(result.p99Ms, 2),
    sent_p99_ms: rounded(result.sentP99Ms, 2),
    accept_p99_ms: rounded(result.acceptP99Ms, 2),
    cpu_ms_per_message: rounded(result.cpuMsPerMessage, 4),
    ...(result.cpuMsByProcess && {
      cpu_ms_by_process: Object.fromEntries(
        Object.entries(result.cpuMsByProcess).map(([name, ms]) => [name, rounded(ms, 4)]),
      ),
    }),
    rss_mb: Math.round(result.peakMemoryMib),
    ...(result.syncs !== undefined && { syncs: result.syncs }),
    timelines_read: result.timelinesRead,
    problems: result.problems.length,
    ...(peer && { peer: { name: peer.system, relayed_per_s: Math.round(peer.relayedPerS) } }),
  });
}

function kinds(results: readonly Result[]): ReadonlyMap<string, readonly Result[]> {
  const kinds = new Map<string, Result[]>();
  for (const result of results) {
    const kind = `${result.system} ${result.protocol}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), result]);
  }
  return kinds;
}

function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const middle = Math.floor(ascending.length / 2);
  const upper = ascending[middle] ?? 0;
  return ascending.length % 2 === 1 ? upper : (upper + (ascending[middle - 1] ?? 0)) / 2;
}

function medians(results: readonly Result[]): Result | undefined {
  const [first] = results;
  if (!first) return undefined;
  const of = (figure: Figure) => [figure, median(results.map((result) => result[figure]))] as const;
  return { ...first, ...Object.fromEntries(MEDIAN_OF.map(of)) };
}

export function medianRow(results: readonly Result[]): readonly Readonly<Record<string, string | number>>[] {
  return [...kinds(results).values()].flatMap((runs) => {
    const middle = medians(runs);
    if (!middle) return [];
    const { messages: _, timelines: __, syncs: ___, problems: ____, ...figures } = row(middle);
    return [{ 'median of': runs.length, ...figures }];
  });
}

/** How many times the peer's median each protocol's median is. */
export function ratioLine(results: readonly Result[]): readonly string[] {
  const all = [...kinds(results).values()].flatMap((runs) => medians(runs) ?? []);
  const peer = all.find(({ system }) => system === 'postfix');
  if (!peer) return [];
  const ours = all.filter(({ system }) => system !== 'postfix');
  return ours.map(
    ({ system, protocol, relayedPerS }) =>
      `${system === 'penstock' ? 'penstock' : `penstock on ${system}`} over ${protocol} relays ${(relayedPerS / peer.relayedPerS).toFixed(2)} times what ${peer.system} does (medians)`,
  );
}
