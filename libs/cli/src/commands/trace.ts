import { type Trace, type TracedDelivery, tracesOf } from '@penstock/events';
import type { Command } from 'commander';
import type { PlatformApi } from '../api/platform-api.ts';
import { type Console, UserError } from '../console.ts';
import { tracesText } from '../rendering/trace-text.ts';

const JAEGER = 'http://127.0.0.1:16686';
const OTLP = 'http://127.0.0.1:4318';

interface TraceOptions {
  readonly otlp?: string;
  readonly jaeger?: string;
  readonly print?: boolean;
}

export function addTrace(root: Command, console: Console, api: () => PlatformApi): void {
  root
    .command('trace')
    .description('build the traces of a delivery from its facts, sampled or not, and send them where spans are kept')
    .argument('<delivery id>', 'messageId.index.partition, as penstock timeline shows it')
    .option('--otlp <url>', `where spans are taken, OTLP over HTTP (default: PENSTOCK_OTLP_ENDPOINT, else ${OTLP})`)
    .option('--jaeger <url>', `where they can be looked at, for the addresses printed (default: ${JAEGER})`)
    .option('--print', 'send nothing, print the spans as JSON Lines')
    .action((id: string, options: TraceOptions) => trace(id, options, console, api()));
}

async function trace(deliveryId: string, options: TraceOptions, console: Console, api: PlatformApi): Promise<void> {
  if (!deliveryId.includes('.')) throw new UserError('a message has a trace for each delivery: name one of them');
  const timeline = await api.timeline(deliveryId);
  const { messageId, tenant, traceparent } = timeline;
  const delivery: TracedDelivery = { deliveryId, messageId, tenant, traceparent };
  const traces = tracesOf(delivery, timeline.facts);
  const spans = traces.flatMap((found) => found.spans);
  if (options.print) return console.print(spans.map((span) => JSON.stringify(span)).join('\n'));
  const endpoint = options.otlp ?? console.environment.PENSTOCK_OTLP_ENDPOINT ?? OTLP;
  await send(endpoint, traces, console);
  console.print(tracesText(deliveryId, messageId, traces, options.jaeger ?? JAEGER));
}

async function send(endpoint: string, traces: readonly Trace[], console: Console): Promise<void> {
  if (!URL.canParse(endpoint)) throw new UserError(`${endpoint} is no address; expected something like ${OTLP}`);
  if (!console.sendSpans) throw new UserError('spans cannot be sent from here; --print shows them');
  try {
    await console.sendSpans(
      endpoint,
      traces.flatMap(({ spans }) => spans),
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UserError(`${endpoint} takes no spans: ${reason}`);
  }
}
