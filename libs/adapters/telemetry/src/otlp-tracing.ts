import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { Span } from '@penstock/events';
import type { Telemetry, Tracing, TracingCounts } from '@penstock/ports';
import { ReadableSpans } from './readable-spans.ts';

export interface OtlpTracingOptions {
  /** Where OTLP over HTTP is taken, such as `http://127.0.0.1:4318`; `/v1/traces` is added unless it is there. */
  readonly endpoint: string;
  /** `service.instance.id` of the spans. */
  readonly instance?: string;
  readonly telemetry: Telemetry;
  /** Spans that wait at most; 8,192 if absent. */
  readonly maxQueued?: number;
  /** Longest a span waits for others, ms; 1,000 if absent. */
  readonly delayMs?: number;
  /** Longest an export may take, ms; 10,000 if absent. */
  readonly timeoutMs?: number;
}

const MAX_QUEUED = 8_192;
const BATCH = 512;
const DELAY_MS = 1_000;
const TIMEOUT_MS = 10_000;
/** Failures are logged once in this time: a collector that is away is no news. */
const QUIET_MS = 60_000;

/** Sends spans over OTLP/HTTP, one batch at a time, in the background. A batch that fails is lost, and counted. */
export class OtlpTracing implements Tracing {
  readonly on = true;
  private readonly exporter: OTLPTraceExporter;
  private readonly spans: ReadableSpans;
  private readonly maxQueued: number;
  private queue: Span[] = [];
  private timer: NodeJS.Timeout | undefined;
  private exporting: Promise<void> | undefined;
  private closed = false;
  private sent = 0;
  private dropped = 0;
  private failed = 0;
  private quietUntil = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: OtlpTracingOptions) {
    const { endpoint, instance, maxQueued = MAX_QUEUED, timeoutMs = TIMEOUT_MS } = options;
    this.exporter = new OTLPTraceExporter({ url: tracesUrl(endpoint), timeoutMillis: timeoutMs });
    this.spans = new ReadableSpans(instance);
    this.maxQueued = maxQueued;
  }

  /** Spans sent now would be dropped. */
  get full(): boolean {
    return this.closed || this.queue.length >= this.maxQueued;
  }

  send(spans: readonly Span[]): void {
    for (const span of spans) {
      if (this.full) this.dropped++;
      else this.queue.push(span);
    }
    if (this.queue.length >= BATCH) this.begin();
    else if (this.queue.length > 0 && !this.timer) this.wait();
  }

  counts(): TracingCounts {
    const { sent, dropped, failed } = this;
    return { sent, dropped, failed };
  }

  async flush(): Promise<void> {
    while (this.queue.length > 0 || this.exporting) {
      this.begin();
      await this.exporting;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.flush();
    clearTimeout(this.timer);
    await this.exporter.shutdown();
  }

  private wait(): void {
    this.timer = setTimeout(() => this.begin(), this.options.delayMs ?? DELAY_MS);
    // Spans keep no process alive; whoever ends it in order closes this first.
    this.timer.unref();
  }

  private begin(): void {
    if (this.exporting || this.queue.length === 0) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const batch = this.queue.slice(0, BATCH);
    this.queue = this.queue.slice(BATCH);
    this.exporting = this.export(batch).finally(() => {
      this.exporting = undefined;
      if (this.queue.length >= BATCH) this.begin();
      else if (this.queue.length > 0 && !this.timer) this.wait();
    });
  }

  /** Never rejects. */
  private export(batch: readonly Span[]): Promise<void> {
    return new Promise((resolve) => {
      this.exporter.export(
        batch.map((span) => this.spans.of(span)),
        ({ code, error }) => {
          // ExportResultCode.SUCCESS
          if (code === 0) this.sent += batch.length;
          else this.lost(batch.length, error);
          resolve();
        },
      );
    });
  }

  private lost(spans: number, error: Error | undefined): void {
    this.failed += spans;
    const now = performance.now();
    if (now < this.quietUntil) return;
    this.quietUntil = now + QUIET_MS;
    const { failed, dropped } = this;
    this.options.telemetry.log('warn', 'spans_not_sent', { error: error?.message ?? 'no reason', failed, dropped });
  }
}

function tracesUrl(endpoint: string): string {
  const base = endpoint.replace(/\/+$/, '');
  return base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
}
