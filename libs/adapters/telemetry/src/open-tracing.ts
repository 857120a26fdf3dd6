import { NO_TRACING, type Telemetry, type Tracing } from '@penstock/ports';
import { OtlpTracing } from './otlp-tracing.ts';

export interface TracingSettings {
  /** `PENSTOCK_OTLP_ENDPOINT`; tracing is off without it. */
  readonly otlpEndpoint?: string | undefined;
  /** Name of the process, on every span it sends. */
  readonly instance?: string;
  readonly telemetry: Telemetry;
}

/** Tracing as the settings ask for it. Connects to nothing before the first span. */
export function openTracing({ otlpEndpoint, instance, telemetry }: TracingSettings): Tracing {
  if (otlpEndpoint === undefined) return NO_TRACING;
  return new OtlpTracing({ endpoint: otlpEndpoint, telemetry, ...(instance !== undefined && { instance }) });
}
