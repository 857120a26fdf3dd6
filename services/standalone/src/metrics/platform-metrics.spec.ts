import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { MemoryEventLog, MemoryLogData } from '@penstock/adapter-memory';
import { METRICS, type MetricDefinition, type MetricSample } from '@penstock/nest';
import type { Counts, Figures } from '@penstock/projector';
import { platformSamples } from './platform-metrics.ts';

const COUNTS: Required<Counts> = {
  accepted: 9,
  released: 9,
  attempts: 8,
  delivered: 6,
  bounced: 1,
  deferredHeld: 2,
  deferredRemote: 1,
  handedBack: 3,
  outcomeUnknown: 4,
  dropped: 5,
  duplicates: 7,
  markedDuplicates: 7,
  latencyMs: 1_500,
};

async function samples(figures: () => Promise<Figures>): Promise<readonly MetricSample[]> {
  const log = new MemoryEventLog(new MemoryLogData());
  const body = { claimId: 'c', owner: 'o' };
  const claim = { id: 'c', type: 'partition_claimed', version: 1, at: 1, partition: 1, body } as const;
  await log.append([{ topic: 'mail.events', partition: 1, records: [claim, { ...claim, id: 'd' }] }]);
  return platformSamples({
    log,
    statistics: { appends: 3, bytes: 900, syncs: 2, durableMs: 5, durableCounts: [0, 0, 0, 2] },
    dataDir: tmpdir(),
    figures,
    dispatcher: {
      figures: () => ({
        inFlight: 4,
        connections: [
          { source: 'ip-1', provider: 'gmail', open: 2 },
          { source: 'ip-1', provider: undefined, open: 1 },
          { source: 'ip-1', provider: undefined, open: 3 },
        ],
      }),
    },
    schedulerLagMs: () => 2_500,
    webhooks: {
      figures: [
        { tenant: 'a', posted: 3, events: 30, failed: 1, dead: 2, behind: 7, oldestAt: 88_000 },
        { tenant: 'b', posted: 1, events: 1, failed: 0, dead: 0, behind: 0, oldestAt: undefined },
      ],
    },
    clock: { now: () => 100_000 },
    scheduler: { positions: () => new Map([[1, 1]]) },
  });
}

function durations(provider: string) {
  const traced = [undefined, { traceId: 'ab'.repeat(16), ms: 700, at: 5_000 }];
  return { provider, boundsMs: [500], counts: [2, 4], sumMs: 1_500, traced };
}

function figures(providers: readonly string[]): Figures {
  return {
    accepted: [{ protocol: 'smtp', class: 'bulk', messages: 2, recipients: 5 }],
    providers: providers.map((provider) => ({ provider, counts: COUNTS })),
    latencies: providers.map(durations),
    attempts: providers.map(durations),
    depths: providers.map((provider) => ({ class: 'bulk', provider, waiting: 1, open: 2 })),
    held: [{ class: 'bulk', reason: 'operator', deliveries: 3 }],
    reputations: [{ source: 'ip-1', provider: 'all', score: 95 }],
    spans: { sent: 5, dropped: 1, failed: 0 },
    stored: [{ group: 'archive', partition: 1, offset: 0 }],
  };
}

function seriesOf(given: readonly MetricSample[], metric: string, labels: Readonly<Record<string, string>>): unknown {
  const wanted = JSON.stringify(labels);
  return given.find((sample) => sample.metric === metric && JSON.stringify(sample.labels) === wanted)?.value;
}

describe('what /metrics shows of the platform', () => {
  it('is every metric there is, each with just the labels it is documented with, each series once', async () => {
    const given = await samples(async () => figures(['gmail', 'other']));
    assert.deepEqual(new Set(given.map(({ metric }) => metric)), new Set(Object.keys(METRICS)));
    for (const { metric, labels } of given) {
      const { labels: documented }: MetricDefinition = METRICS[metric];
      assert.deepEqual(Object.keys(labels).sort(), [...documented].sort(), metric);
    }
    const series = given.map(({ metric, labels }) => `${metric} ${JSON.stringify(labels)}`);
    assert.equal(new Set(series).size, series.length);
  });

  it('counts in the unit its name says, and what is behind from the end of the log', async () => {
    const given = await samples(async () => figures(['gmail']));
    assert.deepEqual(seriesOf(given, 'penstock_delivery_latency_seconds', { provider: 'gmail' }), {
      bounds: [0.5],
      counts: [2, 4],
      sum: 1.5,
      exemplars: [undefined, { traceId: 'ab'.repeat(16), value: 0.7, atMs: 5_000 }],
    });
    assert.equal(seriesOf(given, 'penstock_scheduler_lag_seconds', {}), 2.5);
    assert.equal(seriesOf(given, 'penstock_webhook_events_total', { result: 'taken' }), 31);
    assert.equal(seriesOf(given, 'penstock_webhook_oldest_seconds', {}), 12);
    assert.equal(seriesOf(given, 'penstock_deliveries_total', { outcome: 'bounced', provider: 'gmail' }), 1);
    assert.equal(seriesOf(given, 'penstock_source_reputation', { source: 'ip-1', provider: 'all' }), 95);
    assert.equal(seriesOf(given, 'penstock_open_connections', { source: 'ip-1', provider: 'other' }), 4);
    const lag = (group: string) => ({ group, topic: 'mail.events', partition: '1' });
    assert.equal(seriesOf(given, 'penstock_consumer_lag_records', lag('archive')), 2);
    assert.equal(seriesOf(given, 'penstock_consumer_lag_records', lag('scheduler')), 1);
  });

  it('stays few series, however many providers a log has seen', async () => {
    const many = Array.from({ length: 500 }, (_, n) => `provider-${n}`);
    const given = await samples(async () => figures(many));
    assert.ok(given.length < 800, `${given.length} series`);
    assert.equal(seriesOf(given, 'penstock_attempts_total', { provider: 'other' }), 450 * 8);
    const others = seriesOf(given, 'penstock_attempt_duration_seconds', { provider: 'other' });
    assert.deepEqual((others as { counts: unknown }).counts, [450 * 2, 450 * 4]);
  });

  it('tells the rest where the projector cannot be asked', async () => {
    const given = await samples(() => Promise.reject(new Error('its thread does not run')));
    assert.equal(seriesOf(given, 'penstock_attempts_in_flight', {}), 4);
    assert.equal(seriesOf(given, 'penstock_log_appends_total', {}), 3);
  });
});
