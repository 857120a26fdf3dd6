import type { Trace } from '@penstock/events';
import { counted } from './quantities.ts';

/** Where each trace can be looked at, and all of them by the id of the message. */
export function tracesText(deliveryId: string, messageId: string, traces: readonly Trace[], jaeger: string): string {
  const base = jaeger.replace(/\/+$/, '');
  const lines = traces.map(({ traceId, release, spans }) => {
    const title = release === 0 ? 'acceptance' : `release ${release}`;
    return `  ${title.padEnd(12)} ${base}/trace/${traceId}  ${counted(spans.length, 'span')}${ending(spans)}`;
  });
  const tags = encodeURIComponent(JSON.stringify({ 'penstock.message_id': messageId }));
  const times = traces.flatMap(({ spans }) => spans.flatMap(({ startMs, endMs }) => [startMs, endMs]));
  // Jaeger counts microseconds and asks for a window.
  const window = `start=${Math.floor(Math.min(...times)) * 1_000 - 1_000}&end=${Math.ceil(Math.max(...times)) * 1_000 + 1_000}`;
  const all = `${base}/api/traces?service=penstock-scheduler&tags=${tags}&${window}`;
  return [`sent ${counted(traces.length, 'trace')} of ${deliveryId}`, ...lines, '', `all of them: ${all}`].join('\n');
}

function ending(spans: Trace['spans']): string {
  const told = spans.find(({ name }) => name === 'attempt' || name === 'settle')?.attributes;
  if (!told) return '';
  const parts = [told['penstock.outcome'], told['penstock.verdict'] ?? told['penstock.cause']];
  return `, ${parts.filter((part) => part !== undefined).join(' ')}`;
}
