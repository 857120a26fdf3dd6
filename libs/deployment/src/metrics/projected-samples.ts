import type { MetricName, MetricSample } from '@penstock/nest';
import { durationSamples, type ShownDurations } from './duration-samples.ts';
import { SeriesSums } from './series-sums.ts';

/** What a projector counted, as far as metrics show it. */
export interface ProjectedFigures {
  readonly accepted: readonly {
    readonly protocol: string;
    readonly class: string;
    readonly messages: number;
    readonly recipients: number;
  }[];
  readonly providers: readonly {
    readonly provider: string;
    readonly counts: Readonly<Partial<Record<ShownCounter, number>>>;
  }[];
  readonly latencies: readonly ShownDurations[];
  readonly attempts: readonly ShownDurations[];
  readonly depths: readonly {
    readonly class: string;
    readonly provider: string;
    readonly waiting: number;
    readonly open: number;
  }[];
  readonly held: readonly { readonly class: string; readonly reason: string; readonly deliveries: number }[];
  readonly reputations: readonly { readonly source: string; readonly provider: string; readonly score: number }[];
  readonly spans: { readonly sent: number; readonly dropped: number; readonly failed: number };
}

type ShownCounter =
  | 'delivered'
  | 'bounced'
  | 'dropped'
  | 'attempts'
  | 'deferredRemote'
  | 'deferredHeld'
  | 'handedBack'
  | 'outcomeUnknown'
  | 'duplicates';

/** Providers come from the policy; what a log of many policies names beyond this goes by `other`. */
const MOST_PROVIDERS = 50;
export const OTHER = 'other';

/** What became of the mail, by provider. */
export function projectedSamples(figures: ProjectedFigures): MetricSample[] {
  const samples: MetricSample[] = [];
  for (const { protocol, class: trafficClass, messages, recipients } of figures.accepted) {
    const labels = { protocol, class: trafficClass };
    samples.push({ metric: 'penstock_accepted_messages_total', labels, value: messages });
    samples.push({ metric: 'penstock_accepted_recipients_total', labels, value: recipients });
  }
  const known = new Set(figures.providers.map(({ provider }) => provider).slice(0, MOST_PROVIDERS));
  const shown = (provider: string) => (known.has(provider) || figures.providers.length === 0 ? provider : OTHER);
  samples.push(...counterSamples(figures, shown));
  samples.push(...durationSamples('penstock_delivery_latency_seconds', figures.latencies, shown));
  samples.push(...durationSamples('penstock_attempt_duration_seconds', figures.attempts, shown));
  const queue = new SeriesSums();
  for (const { class: trafficClass, provider, waiting, open } of figures.depths) {
    queue.add({ state: 'waiting', class: trafficClass, provider: shown(provider) }, waiting);
    queue.add({ state: 'open', class: trafficClass, provider: shown(provider) }, open);
  }
  for (const { labels, value } of queue.series()) samples.push({ metric: 'penstock_queue_deliveries', labels, value });
  for (const { class: trafficClass, reason, deliveries } of figures.held) {
    const labels = { class: trafficClass, reason };
    samples.push({ metric: 'penstock_held_deliveries', labels, value: deliveries });
  }
  for (const { source, provider, score: value } of figures.reputations) {
    samples.push({ metric: 'penstock_source_reputation', labels: { source, provider }, value });
  }
  for (const [result, value] of Object.entries(figures.spans)) {
    samples.push({ metric: 'penstock_spans_total', labels: { result }, value });
  }
  return samples;
}

interface CounterMetric {
  readonly counter: ShownCounter;
  readonly metric: MetricName;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Which counter of the projector is which metric. What it counts of acceptance has its own. */
const COUNTER_METRICS: readonly CounterMetric[] = [
  { counter: 'delivered', metric: 'penstock_deliveries_total', labels: { outcome: 'delivered' } },
  { counter: 'bounced', metric: 'penstock_deliveries_total', labels: { outcome: 'bounced' } },
  { counter: 'dropped', metric: 'penstock_deliveries_total', labels: { outcome: 'dropped' } },
  { counter: 'attempts', metric: 'penstock_attempts_total' },
  { counter: 'deferredRemote', metric: 'penstock_deferrals_total', labels: { cause: 'remote' } },
  { counter: 'deferredHeld', metric: 'penstock_deferrals_total', labels: { cause: 'held' } },
  { counter: 'handedBack', metric: 'penstock_handed_back_total' },
  { counter: 'outcomeUnknown', metric: 'penstock_outcomes_unknown_total' },
  { counter: 'duplicates', metric: 'penstock_duplicates_total' },
];

function counterSamples({ providers }: ProjectedFigures, shown: (provider: string) => string): MetricSample[] {
  return COUNTER_METRICS.flatMap(({ counter, metric, labels }) => {
    const sums = new SeriesSums();
    for (const { provider, counts } of providers) {
      const count = counts[counter];
      if (count !== undefined) sums.add({ ...labels, provider: shown(provider) }, count);
    }
    return sums.series().map((series) => ({ metric, ...series }));
  });
}
