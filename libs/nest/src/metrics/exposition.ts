import type { Registry } from 'prom-client';
import { type HistogramValue, METRICS, type MetricName, type MetricSample } from './metric-names.ts';

/** The loop's delay is measured this exactly: measuring costs a wake-up each time. */
const LOOP_PRECISION_MS = 100;

/**
 * What prom-client shows of the process itself: CPU, memory, event-loop delay, garbage collection; the latter two since
 * the first call. It is loaded then: a start does without it, and who never asks is never measured.
 */
export function processMetrics(): () => Promise<string> {
  let registry: Promise<Registry> | undefined;
  return async () => {
    registry ??= load();
    return (await registry).metrics();
  };
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

/** The samples in Prometheus' text format, version 0.0.4. */
export function exposition(samples: readonly MetricSample[]): string {
  const byMetric = new Map<MetricName, MetricSample[]>();
  for (const sample of samples) byMetric.set(sample.metric, [...(byMetric.get(sample.metric) ?? []), sample]);
  let text = '';
  for (const [metric, series] of byMetric) {
    const { help, type } = METRICS[metric];
    text += `# HELP ${metric} ${help}\n# TYPE ${metric} ${type}\n`;
    for (const { labels, value } of series) {
      text += typeof value === 'number' ? line(metric, labels, value) : histogram(metric, labels, value);
    }
  }
  return text;
}

type Labels = MetricSample['labels'];

function line(name: string, labels: Labels, value: number): string {
  const named = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}${named.length > 0 ? `{${named.join()}}` : ''} ${value}\n`;
}

function histogram(name: string, labels: Labels, { bounds, counts, sum }: HistogramValue): string {
  let total = 0;
  let text = '';
  for (const [i, count] of counts.entries()) {
    total += count;
    text += line(`${name}_bucket`, { ...labels, le: String(bounds[i] ?? '+Inf') }, total);
  }
  return `${text}${line(`${name}_sum`, labels, sum)}${line(`${name}_count`, labels, total)}`;
}

/** Within the quotes of a label's value. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
