import { statfs } from 'node:fs/promises';
import { DURABLE_BOUNDS_MS, type LogStatistics } from '@penstock/adapter-embedded';
import type { DispatcherFigures } from '@penstock/dispatcher';
import type { Topic } from '@penstock/events';
import type { MetricName, MetricSample } from '@penstock/nest';
import type { EventLog } from '@penstock/ports';
import type { Counter, Figures } from '@penstock/projector';

export interface MetricSources {
  readonly log: EventLog;
  readonly statistics: LogStatistics;
  readonly dataDir: string;
  readonly figures: () => Promise<Figures>;
  readonly dispatcher: { figures(): DispatcherFigures };
  readonly scheduler: { positions(): ReadonlyMap<number, number> };
}

/** Providers come from the policy; what a log of many policies names beyond this goes by `other`. */
const MOST_PROVIDERS = 50;
const OTHER = 'other';

/**
 * Everything that is measured, put together when it is asked for: on the way of a message nothing is done for it but
 * a few additions.
 */
export async function platformSamples(sources: MetricSources): Promise<readonly MetricSample[]> {
  const [projected, lags, disk] = await Promise.all([
    // The projector's thread may be about to be started again; the rest is told all the same.
    sources.figures().catch(() => undefined),
    committedLags(sources.log),
    statfs(sources.dataDir),
  ]);
  return [
    ...(projected ? projectedSamples(projected) : []),
    ...(await storedLags(sources.log, [...(projected?.stored ?? []), ...scheduledPositions(sources)])),
    ...lags,
    ...dispatcherSamples(sources.dispatcher.figures()),
    ...logSamples(sources.statistics),
    { metric: 'penstock_disk_free_bytes', labels: {}, value: disk.bavail * disk.bsize },
  ];
}

function projectedSamples(figures: Figures): MetricSample[] {
  const samples: MetricSample[] = [];
  for (const { protocol, class: trafficClass, messages, recipients } of figures.accepted) {
    const labels = { protocol, class: trafficClass };
    samples.push({ metric: 'penstock_accepted_messages_total', labels, value: messages });
    samples.push({ metric: 'penstock_accepted_recipients_total', labels, value: recipients });
  }
  const known = new Set(figures.providers.map(({ provider }) => provider).slice(0, MOST_PROVIDERS));
  const shown = (provider: string) => (known.has(provider) || figures.providers.length === 0 ? provider : OTHER);
  samples.push(...counterSamples(figures, shown));
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
  return samples;
}

interface CounterMetric {
  readonly counter: Counter;
  readonly metric: MetricName;
  readonly labels?: Readonly<Record<string, string>>;
  readonly scale?: number;
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
  { counter: 'latencyMs', metric: 'penstock_delivery_latency_seconds_total', scale: 1 / 1_000 },
];

function counterSamples({ providers }: Figures, shown: (provider: string) => string): MetricSample[] {
  return COUNTER_METRICS.flatMap(({ counter, metric, labels, scale = 1 }) => {
    const sums = new SeriesSums();
    for (const { provider, counts } of providers) {
      const count = counts[counter];
      if (count !== undefined) sums.add({ ...labels, provider: shown(provider) }, count * scale);
    }
    return sums.series().map((series) => ({ metric, ...series }));
  });
}

function dispatcherSamples({ inFlight, connections }: DispatcherFigures): MetricSample[] {
  const sums = new SeriesSums();
  for (const { source, provider = OTHER, open } of connections) sums.add({ source, provider }, open);
  const open = sums.series().map((series) => ({ metric: 'penstock_open_connections' as const, ...series }));
  return [{ metric: 'penstock_attempts_in_flight', labels: {}, value: inFlight }, ...open];
}

function logSamples({ appends, bytes, durableMs, durableCounts }: LogStatistics): MetricSample[] {
  return [
    { metric: 'penstock_log_appends_total', labels: {}, value: appends },
    { metric: 'penstock_log_written_bytes_total', labels: {}, value: bytes },
    {
      metric: 'penstock_log_sync_duration_seconds',
      labels: {},
      value: { bounds: DURABLE_BOUNDS_MS.map((ms) => ms / 1_000), counts: durableCounts, sum: durableMs / 1_000 },
    },
  ];
}

/** Groups whose position is committed to the log. */
const COMMITTING: readonly { readonly group: string; readonly topic: Topic }[] = [
  { group: 'ingest-expander', topic: 'mail.submissions' },
  { group: 'dispatcher', topic: 'mail.attempts' },
];

async function committedLags(log: EventLog): Promise<MetricSample[]> {
  const samples: MetricSample[] = [];
  for (const { group, topic } of COMMITTING) {
    for (let partition = 0; partition < log.partitionCount(topic); partition++) {
      const { begin, end } = await log.bounds(topic, partition);
      // Most partitions of the attempts belong to no source.
      if (end === 0) continue;
      const committed = (await log.committed(group, topic, partition)) ?? begin;
      samples.push(lag(group, topic, partition, end - committed));
    }
  }
  return samples;
}

/** Groups that keep their position with what they fold. */
async function storedLags(log: EventLog, positions: Figures['stored']): Promise<MetricSample[]> {
  return Promise.all(
    positions.map(async ({ group, partition, offset }) => {
      const { end } = await log.bounds('mail.events', partition);
      return lag(group, 'mail.events', partition, end - offset);
    }),
  );
}

function scheduledPositions({ scheduler }: MetricSources): Figures['stored'] {
  return [...scheduler.positions()].map(([partition, offset]) => ({ group: 'scheduler', partition, offset }));
}

function lag(group: string, topic: Topic, partition: number, records: number): MetricSample {
  const labels = { group, topic, partition: String(partition) };
  return { metric: 'penstock_consumer_lag_records', labels, value: Math.max(0, records) };
}

type Labels = MetricSample['labels'];

/** Values of equal labels, added up: one series each. */
class SeriesSums {
  private readonly sums = new Map<string, { readonly labels: Labels; value: number }>();

  add(labels: Labels, value: number): void {
    const key = JSON.stringify(labels);
    const sum = this.sums.get(key);
    if (sum) sum.value += value;
    else this.sums.set(key, { labels, value });
  }

  series(): readonly { readonly labels: Labels; readonly value: number }[] {
    return [...this.sums.values()];
  }
}
