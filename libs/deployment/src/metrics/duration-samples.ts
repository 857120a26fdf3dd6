import type { Exemplar, MetricName, MetricSample } from '@penstock/nest';

/** How long something took, in ms, as far as metrics show it. */
export interface ShownDurations {
  readonly provider: string;
  readonly boundsMs: readonly number[];
  readonly counts: readonly number[];
  readonly sumMs: number;
  readonly traced: readonly ({ readonly traceId: string; readonly ms: number; readonly at: number } | undefined)[];
}

/** A histogram in seconds by provider; those that go by one name are one. */
export function durationSamples(
  metric: MetricName,
  durations: readonly ShownDurations[],
  shown: (provider: string) => string,
): MetricSample[] {
  const byName = new Map<string, ShownDurations>();
  for (const one of durations) {
    const name = shown(one.provider);
    const sum = byName.get(name);
    byName.set(name, sum ? together(sum, one) : one);
  }
  return [...byName].map(([provider, { boundsMs, counts, sumMs, traced }]) => ({
    metric,
    labels: { provider },
    value: {
      bounds: boundsMs.map(seconds),
      counts,
      sum: seconds(sumMs),
      exemplars: traced.map(exemplar),
    },
  }));
}

function together(a: ShownDurations, b: ShownDurations): ShownDurations {
  return {
    ...a,
    counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)),
    sumMs: a.sumMs + b.sumMs,
    traced: a.traced.map((one, i) => newer(one, b.traced[i])),
  };
}

type Traced = ShownDurations['traced'][number];

function newer(a: Traced, b: Traced): Traced {
  return a && b ? (b.at > a.at ? b : a) : (a ?? b);
}

function exemplar(traced: Traced): Exemplar | undefined {
  return traced && { traceId: traced.traceId, value: seconds(traced.ms), atMs: traced.at };
}

function seconds(ms: number): number {
  return ms / 1_000;
}
