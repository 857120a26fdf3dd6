import type { MetricSample } from '@penstock/nest';
import { OTHER } from './projected-samples.ts';
import { SeriesSums } from './series-sums.ts';

/** What a dispatcher is doing, as far as metrics show it. */
export interface DispatcherNumbers {
  readonly inFlight: number;
  readonly connections: readonly {
    readonly source: string;
    readonly provider: string | undefined;
    readonly open: number;
  }[];
}

/** Attempts and connections of this moment. */
export function dispatcherSamples({ inFlight, connections }: DispatcherNumbers): MetricSample[] {
  const sums = new SeriesSums();
  for (const { source, provider = OTHER, open } of connections) sums.add({ source, provider }, open);
  const open = sums.series().map((series) => ({ metric: 'penstock_open_connections' as const, ...series }));
  return [{ metric: 'penstock_attempts_in_flight', labels: {}, value: inFlight }, ...open];
}
