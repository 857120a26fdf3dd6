import { collectDefaultMetrics, Registry } from 'prom-client';
import { type HistogramValue, METRICS, type MetricName, type MetricSample } from './metric-names.ts';

/** The loop's delay is measured this exactly: measuring costs a wake-up each time. */
const LOOP_PRECISION_MS = 100;

/** What prom-client shows of the process itself: CPU, memory, event-loop delay, garbage collection. */
export function processMetrics(): Registry {
  const register = new Registry();
  collectDefaultMetrics({ register, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
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
