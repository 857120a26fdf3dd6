import type { Registry } from 'prom-client';
import type { MetricFamily } from './exposition.ts';

/** The loop's delay is measured this exactly: measuring costs a wake-up each time. */
const LOOP_PRECISION_MS = 100;

/**
 * What prom-client measures of the process itself: CPU, memory, event-loop delay, garbage collection; the latter two
 * since the first call. It is loaded then: a start does without it, and who never asks is never measured.
 */
export function processMetrics(): () => Promise<readonly MetricFamily[]> {
  let registry: Promise<Registry> | undefined;
  return async () => {
    registry ??= load();
    // Not as text: a registry of prom-client's speaks one format for good, and renames its counters for OpenMetrics.
    const metrics = (await (await registry).getMetricsAsJSON()) as readonly MeasuredMetric[];
    return metrics.map(({ name, type, help, values }) => ({
      name,
      type: String(type),
      help,
      lines: values.map(({ metricName = name, labels, value }) => ({ name: metricName, labels, value })),
    }));
  };
}

/** What of prom-client's JSON is used here; its types say less than it holds. */
interface MeasuredMetric {
  readonly name: string;
  readonly type: unknown;
  readonly help: string;
  readonly values: readonly {
    readonly value: number;
    readonly labels: Readonly<Record<string, string | number>>;
    readonly metricName?: string;
  }[];
}

async function load(): Promise<Registry> {
  const { collectDefaultMetrics, Counter, Registry } = await import('prom-client');
  const register = new Registry();
  const { user, system } = process.cpuUsage();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  // It counts from when it is loaded, and the process has worked before that.
  for (const [name, micros] of [
    ['process_cpu_user_seconds_total', user],
    ['process_cpu_system_seconds_total', system],
    ['process_cpu_seconds_total', user + system],
  ] as const) {
    const counter = register.getSingleMetric(name);
    if (counter instanceof Counter) counter.inc(micros / 1_000_000);
  }
  return register;
}
