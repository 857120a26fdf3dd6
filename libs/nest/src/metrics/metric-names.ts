/**
 * Every metric of ours: its name, which ends in its unit, what kind it is, its labels, and what it means. Of what
 * belongs to a delivery nothing is a label but its class and its provider: a label costs one series for each value.
 */
export interface MetricDefinition {
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly labels: readonly string[];
  readonly help: string;
}

export const METRICS = {
  penstock_accepted_messages_total: {
    type: 'counter',
    labels: ['protocol', 'class'],
    help: 'Messages accepted and folded, by the protocol they came over and their traffic class.',
  },
  penstock_accepted_recipients_total: {
    type: 'counter',
    labels: ['protocol', 'class'],
    help: 'Recipients of accepted messages: deliveries that came into being.',
  },
  penstock_deliveries_total: {
    type: 'counter',
    labels: ['outcome', 'provider'],
    help: 'Deliveries that ended: delivered, bounced or dropped.',
  },
  penstock_attempts_total: {
    type: 'counter',
    labels: ['provider'],
    help: 'Attempts that ended and cost one: delivered, bounced, deferred by the receiver, or outcome unknown.',
  },
  penstock_deferrals_total: {
    type: 'counter',
    labels: ['cause', 'provider'],
    help: 'Deferrals: remote, the receiver put it off or was not reached; held, a notice that it waits for us.',
  },
  penstock_handed_back_total: {
    type: 'counter',
    labels: ['provider'],
    help: 'Releases given back unstarted or in doubt.',
  },
  penstock_outcomes_unknown_total: {
    type: 'counter',
    labels: ['provider'],
    help: 'Attempts whose connection died after the final dot, or that reported nothing.',
  },
  penstock_duplicates_total: {
    type: 'counter',
    labels: ['provider'],
    help: 'Deliveries reported delivered once more after their end.',
  },
  penstock_delivery_latency_seconds: {
    type: 'histogram',
    labels: ['provider'],
    help: 'Time from acceptance to delivery, waiting for send_at included.',
  },
  penstock_attempt_duration_seconds: {
    type: 'histogram',
    labels: ['provider'],
    help: 'Time an attempt spent at the receiver: connecting where it had to, and its transaction.',
  },
  penstock_queue_deliveries: {
    type: 'gauge',
    labels: ['state', 'class', 'provider'],
    help: 'Deliveries that have not ended: waiting in their lane, or open, released to a source.',
  },
  penstock_held_deliveries: {
    type: 'gauge',
    labels: ['class', 'reason'],
    help: 'Waiting deliveries that got a notice that they wait for us, by reason; one may have several.',
  },
  penstock_source_reputation: {
    type: 'gauge',
    labels: ['source', 'provider'],
    help: 'What receivers think of a source, 0 to 100, as last published; provider is all for the total. None while unrated.',
  },
  penstock_attempts_in_flight: {
    type: 'gauge',
    labels: [],
    help: 'Deliveries started whose outcome is not yet durable.',
  },
  penstock_open_connections: {
    type: 'gauge',
    labels: ['source', 'provider'],
    help: 'SMTP connections open or being opened.',
  },
  penstock_log_appends_total: { type: 'counter', labels: [], help: 'Batches of records appended to the log.' },
  penstock_log_written_bytes_total: {
    type: 'counter',
    labels: [],
    help: 'Bytes placed in segments, content and frames included.',
  },
  penstock_log_sync_duration_seconds: {
    type: 'histogram',
    labels: [],
    help: 'Time from handing a group to the writer until it is known to be durable; its count is the syncs.',
  },
  penstock_consumer_lag_records: {
    type: 'gauge',
    labels: ['group', 'topic', 'partition'],
    help: 'Records appended that the group has not committed or stored.',
  },
  penstock_scheduler_lag_seconds: {
    type: 'gauge',
    labels: [],
    help: 'For how long the oldest record that the scheduler has not folded has been there, as ingest sees it.',
  },
  penstock_webhook_events_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Events for webhooks: taken by their address, or given up after a day.',
  },
  penstock_webhook_requests_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Requests to webhooks: taken, or failed, whatever the reason.',
  },
  penstock_webhook_behind_records: {
    type: 'gauge',
    labels: [],
    help: 'Records of the log that webhooks have not come to yet, over all of them.',
  },
  penstock_webhook_oldest_seconds: {
    type: 'gauge',
    labels: [],
    help: 'Age of the oldest event that is being posted; 0 where none is.',
  },
  penstock_spans_total: {
    type: 'counter',
    labels: ['result'],
    help: 'Spans of traced deliveries: sent, dropped for want of room, or failed as nobody took them.',
  },
  penstock_disk_free_bytes: {
    type: 'gauge',
    labels: [],
    help: 'Free for this user on the file system of the data folder.',
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** One series: the labels are those of the metric's definition. */
export interface MetricSample {
  readonly metric: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number | HistogramValue;
}

export interface HistogramValue {
  /** Upper bounds, ascending, in the metric's unit. */
  readonly bounds: readonly number[];
  /** How many lie at or below each bound and above the one before; one more for those beyond the last. */
  readonly counts: readonly number[];
  readonly sum: number;
  /** One that lies in each bucket, in the order of the counts, where one was traced. */
  readonly exemplars?: readonly (Exemplar | undefined)[];
}

/** One of those counted, that can be looked at. */
export interface Exemplar {
  /** 32 hex digits */
  readonly traceId: string;
  /** In the metric's unit. */
  readonly value: number;
  /** ms since the epoch */
  readonly atMs: number;
}
