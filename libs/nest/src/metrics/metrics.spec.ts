import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exposition, processMetrics } from './exposition.ts';
import { METRICS, type MetricDefinition } from './metric-names.ts';

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
    const text = exposition([
      { metric: 'penstock_open_connections', labels: { source: 'a"b\\c\n', provider: 'gmail' }, value: 2 },
      { metric: 'penstock_attempts_in_flight', labels: {}, value: 0 },
      { metric: 'penstock_open_connections', labels: { source: 'ip-2', provider: 'other' }, value: 1.5 },
      {
        metric: 'penstock_log_sync_duration_seconds',
        labels: {},
        value: { bounds: [0.001, 0.01], counts: [3, 2, 1], sum: 0.25 },
      },
    ]);
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

  it('tell of the process as well: memory, event loop and garbage collection', async () => {
    const text = await processMetrics()();
    for (const name of [
      'process_resident_memory_bytes',
      'nodejs_eventloop_lag_p99_seconds',
      'nodejs_gc_duration_seconds',
    ]) {
      assert.match(text, new RegExp(`^# TYPE ${name} `, 'm'));
    }
  });
});
