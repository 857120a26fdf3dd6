/** Metrics as text: Prometheus' own format, or OpenMetrics 1.0 for whoever asks for it, which alone has exemplars. */
import { type Exemplar, type HistogramValue, METRICS, type MetricName, type MetricSample } from './metric-names.ts';

export type MetricsFormat = 'prometheus' | 'openmetrics';

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

type Labels = Readonly<Record<string, string | number>>;

/** A metric with all of its series. */
export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly lines: readonly MetricLine[];
}

export interface MetricLine {
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
  readonly exemplar?: Exemplar | undefined;
}

/** The samples by metric, histograms as their buckets. */
export function familiesOf(samples: readonly MetricSample[]): readonly MetricFamily[] {
  const byMetric = new Map<MetricName, MetricLine[]>();
  for (const { metric, labels, value } of samples) {
    let lines = byMetric.get(metric);
    if (!lines) {
      lines = [];
      byMetric.set(metric, lines);
    }
    if (typeof value === 'number') lines.push({ name: metric, labels, value });
    else lines.push(...histogram(metric, labels, value));
  }
  return [...byMetric].map(([name, lines]) => ({ name, type: METRICS[name].type, help: METRICS[name].help, lines }));
}

function histogram(name: string, labels: Labels, { bounds, counts, sum, exemplars }: HistogramValue): MetricLine[] {
  let total = 0;
  const lines: MetricLine[] = counts.map((count, i) => {
    total += count;
    return {
      name: `${name}_bucket`,
      labels: { ...labels, le: bounds[i] ?? '+Inf' },
      value: total,
      exemplar: exemplars?.[i],
    };
  });
  return [...lines, { name: `${name}_sum`, labels, value: sum }, { name: `${name}_count`, labels, value: total }];
}

/** The text of a whole answer. */
export function exposition(families: readonly MetricFamily[], format: MetricsFormat): string {
  const text = families.map((family) => textOf(family, format)).join('');
  return format === 'openmetrics' ? `${text}# EOF\n` : text;
}

function textOf({ name, type, help, lines }: MetricFamily, format: MetricsFormat): string {
  const open = format === 'openmetrics';
  // OpenMetrics names a counter without the ending that its samples have.
  const shown = open && type === 'counter' ? name.replace(/_total$/, '') : name;
  const texts = lines.map((line) => (open ? openLine(line) : plainLine(line)));
  return `# HELP ${shown} ${open ? quotable(help) : unbroken(help)}\n# TYPE ${shown} ${type}\n${texts.join('')}`;
}

function plainLine({ name, labels, value }: MetricLine): string {
  return `${name}${labelText(labels)} ${numberText(value)}\n`;
}

function openLine({ name, labels, value, exemplar }: MetricLine): string {
  const { le } = labels;
  const bounded = typeof le === 'number' ? { ...labels, le: floatText(le) } : labels;
  const text = `${name}${labelText(bounded)} ${numberText(value)}`;
  if (!exemplar) return `${text}\n`;
  const at = (exemplar.atMs / 1_000).toFixed(3);
  return `${text} # ${labelText({ trace_id: exemplar.traceId })} ${numberText(exemplar.value)} ${at}\n`;
}

function labelText(labels: Labels): string {
  const named = Object.entries(labels).map(([label, value]) => `${label}="${quotable(String(value))}"`);
  return named.length > 0 ? `{${named.join()}}` : '';
}

/** Canonical in OpenMetrics: a bound of one second is `1.0`. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function numberText(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}

/** Within quotes. */
function quotable(text: string): string {
  return unbroken(text).replaceAll('"', '\\"');
}

function unbroken(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

/**
 * OpenMetrics for who names it in `Accept` and likes it no less than plain text (RFC 9110 section 12.5.1); plain text
 * for everybody else.
 */
export function formatFor(accept: string | undefined): MetricsFormat {
  let open = 0;
  let plain = 0;
  for (const range of (accept ?? '').toLowerCase().split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
    const quality = Number(parameters.find((parameter) => parameter.startsWith('q='))?.slice(2) ?? 1);
    if (type === 'application/openmetrics-text') open = Math.max(open, quality);
    else if (type === 'text/plain') plain = Math.max(plain, quality);
  }
  return open > 0 && open >= plain ? 'openmetrics' : 'prometheus';
}
