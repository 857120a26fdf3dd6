import type { Span } from '@penstock/events';
import { OtlpTracing } from './otlp-tracing.ts';

/** Sends these and is done; rejects if nobody took them. */
export async function sendSpans(endpoint: string, spans: readonly Span[]): Promise<void> {
  let reason = 'nobody took them';
  const telemetry = { log: (_level: string, _event: string, fields?: { error?: unknown }) => note(fields?.error) };
  const tracing = new OtlpTracing({ endpoint, telemetry, maxQueued: spans.length });
  tracing.send(spans);
  await tracing.close();
  if (tracing.counts().failed > 0) throw new Error(reason);

  function note(error: unknown): void {
    if (error !== undefined) reason = String(error);
  }
}
