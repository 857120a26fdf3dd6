import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exposition, familiesOf, formatFor } from './exposition.ts';
import { METRICS, type MetricDefinition, type MetricSample } from './metric-names.ts';
import { processMetrics } from './process-metrics.ts';

const DOCS = new URL('../../../../docs/metrics.md', import.meta.url);

describe('the metrics', () => {
  it('are named by what they measure and its unit, counters as totals', () => {
    for (const [name, { type, labels, help }] of Object.entries<MetricDefinition>(METRICS)) {
      assert.match(name, /^penstock(_[a-z]+)+$/);
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      assert.match(help, /^[A-Z].*\.$/, name);
      assert.equal(new Set(labels).size, labels.length, name);
      assert.ok(
        !labels.some((label) => /tenant|message|recipient|domain|delivery/.test(label)),
        `${name} has too many series`,
      );
    }
  });

  it('stand each in the documentation, with type, labels and help', () => {
    const rows = Object.entries<MetricDefinition>(METRICS).map(
      ([name, { type, labels, help }]) => `| \`${name}\` | ${type} | ${labels.join(', ') || '–'} | ${help} |`,
    );
    const documented = readFileSync(DOCS, 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('| `penstock_'));
    assert.deepEqual(documented, rows);
  });

  it('are told in Prometheus’ text format', () => {
    const samples: readonly MetricSample[] = [
      { metric: 'penstock_open_connections', labels: { source: 'a"b\\c\n', provider: 'gmail' }, value: 2 },
      { metric: 'penstock_attempts_in_flight', labels: {}, value: 0 },
      { metric: 'penstock_open_connections', labels: { source: 'ip-2', provider: 'other' }, value: 1.5 },
      {
        metric: 'penstock_log_sync_duration_seconds',
        labels: {},
        value: { bounds: [0.001, 0.01], counts: [3, 2, 1], sum: 0.25 },
      },
    ];
    const text = exposition(familiesOf(samples), 'prometheus');
    assert.deepEqual(
      text.split('\n').filter((line) => !line.startsWith('# HELP')),
      [
        '# TYPE penstock_open_connections gauge',
        'penstock_open_connections{source="a\\"b\\\\c\\n",provider="gmail"} 2',
        'penstock_open_connections{source="ip-2",provider="other"} 1.5',
        '# TYPE penstock_attempts_in_flight gauge',
        'penstock_attempts_in_flight 0',
        '# TYPE penstock_log_sync_duration_seconds histogram',
        'penstock_log_sync_duration_seconds_bucket{le="0.001"} 3',
        'penstock_log_sync_duration_seconds_bucket{le="0.01"} 5',
        'penstock_log_sync_duration_seconds_bucket{le="+Inf"} 6',
        'penstock_log_sync_duration_seconds_sum 0.25',
        'penstock_log_sync_duration_seconds_count 6',
        '',
      ],
    );
  });

  it('are told in OpenMetrics with a trace for a bucket, counters named without their ending', () => {
    const samples: readonly MetricSample[] = [
      { metric: 'penstock_log_appends_total', labels: {}, value: 7 },
      {
        metric: 'penstock_attempt_duration_seconds',
        labels: { provider: 'gmail' },
        value: {
          bounds: [0.5, 1],
          counts: [3, 2, 1],
          sum: 4.5,
          exemplars: [undefined, { traceId: 'ab'.repeat(16), value: 0.75, atMs: 1_700_000_000_123 }, undefined],
        },
      },
    ];
    assert.equal(
      exposition(familiesOf(samples), 'openmetrics'),
      [
        '# HELP penstock_log_appends Batches of records appended to the log.',
        '# TYPE penstock_log_appends counter',
        'penstock_log_appends_total 7',
        `# HELP penstock_attempt_duration_seconds ${METRICS.penstock_attempt_duration_seconds.help}`,
        '# TYPE penstock_attempt_duration_seconds histogram',
        'penstock_attempt_duration_seconds_bucket{provider="gmail",le="0.5"} 3',
        `penstock_attempt_duration_seconds_bucket{provider="gmail",le="1.0"} 5 # {trace_id="${'ab'.repeat(16)}"} 0.75 1700000000.123`,
        'penstock_attempt_duration_seconds_bucket{provider="gmail",le="+Inf"} 6',
        'penstock_attempt_duration_seconds_sum{provider="gmail"} 4.5',
        'penstock_attempt_duration_seconds_count{provider="gmail"} 6',
        '# EOF',
        '',
      ].join('\n'),
    );
    assert.ok(!exposition(familiesOf(samples), 'prometheus').includes('trace_id'));
  });

  it('are OpenMetrics to the last line, the metrics of the process among them', async () => {
    const all = Object.entries<MetricDefinition>(METRICS).map(([metric, { type }]) => ({
      metric: metric as MetricSample['metric'],
      labels: {},
      value: type === 'histogram' ? { bounds: [1], counts: [1, 0], sum: 1 } : 1,
    }));
    const text = exposition([...familiesOf(all), ...(await processMetrics()())], 'openmetrics');
    const lines = text.split('\n');
    assert.deepEqual(lines.slice(-2), ['# EOF', '']);
    const families = new Map<string, string>();
    let family = '';
    for (const line of lines.slice(0, -2)) {
      const [, described, rest = ''] = /^# (?:HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
      if (described !== undefined) {
        if (described !== family) assert.ok(!families.has(described), `${described} stands in one place`);
        family = described;
        families.set(family, rest);
        continue;
      }
      const [, name = ''] =
        /^([a-zA-Z_:][\w:]*)(?:\{(?:\w+="(?:[^"\\\n]|\\.)*"(?:,|(?=\})))*\})? (?:NaN|[+-]Inf|[-+.\de]+)$/.exec(line) ??
        [];
      const endings = { counter: ['_total'], histogram: ['_bucket', '_sum', '_count'] }[families.get(family) ?? ''] ?? [
        '',
      ];
      assert.ok(
        endings.some((ending) => name === family + ending),
        line,
      );
    }
  });

  it('come as OpenMetrics for who asks for it, as plain text for everybody else', () => {
    const prometheus =
      'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.1';
    for (const accept of [
      prometheus,
      'application/openmetrics-text',
      'text/plain;q=0.5, Application/OpenMetrics-Text',
    ]) {
      assert.equal(formatFor(accept), 'openmetrics', accept);
    }
    const plain = [undefined, '', '*/*', 'text/plain', 'application/openmetrics-text;q=0', 'text/html,*/*;q=0.8'];
    for (const accept of [
      ...plain,
      'text/plain, application/openmetrics-text; q=0.9',
      'application/openmetrics-text;q=x',
    ]) {
      assert.equal(formatFor(accept), 'prometheus', accept);
    }
  });

  it('tell of the process as well: memory, event loop and garbage collection', async () => {
    const text = exposition(await processMetrics()(), 'prometheus');
    for (const name of [
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_gc_duration_seconds',
    ]) {
      assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
    }
  });
});
