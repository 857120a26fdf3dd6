import { statfs } from 'node:fs/promises';
import { DURABLE_BOUNDS_MS, type LogStatistics } from '@penstock/adapter-embedded';
import {
  committedLags,
  dispatcherSamples,
  projectedSamples,
  schedulerLagSample,
  storedLags,
  webhookSamples,
} from '@penstock/deployment';
import type { DispatcherFigures } from '@penstock/dispatcher';
import type { MetricSample } from '@penstock/nest';
import type { Clock, EventLog } from '@penstock/ports';
import type { EndpointFigures, Figures } from '@penstock/projector';

export interface MetricSources {
  readonly log: EventLog;
  readonly statistics: LogStatistics;
  readonly dataDir: string;
  readonly figures: () => Promise<Figures>;
  readonly dispatcher: { figures(): DispatcherFigures };
  /** How far ingest finds the scheduler behind, ms. */
  readonly schedulerLagMs: () => number;
  readonly webhooks: { readonly figures: readonly EndpointFigures[] };
  readonly clock: Pick<Clock, 'now'>;
  readonly scheduler: { positions(): ReadonlyMap<number, number> };
}

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
    schedulerLagSample(sources.schedulerLagMs()),
    ...webhookSamples(sources.webhooks.figures, sources.clock.now()),
    ...logSamples(sources.statistics),
    { metric: 'penstock_disk_free_bytes', labels: {}, value: disk.bavail * disk.bsize },
  ];
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

function scheduledPositions({ scheduler }: MetricSources): Figures['stored'] {
  return [...scheduler.positions()].map(([partition, offset]) => ({ group: 'scheduler', partition, offset }));
}
