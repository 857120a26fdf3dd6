/** The policy that a run is made under, and its limits as a receiver counts them. */
import type { ReceiverLimit } from '../history.ts';
import { PROVIDERS, SOURCE_ADDRESSES } from './cast.ts';

interface ProviderLimits {
  readonly messagesPerSecond: number;
  readonly burst: number;
  readonly connectionLimit: number;
  readonly connectionsPerSecond: number;
  readonly deliveriesPerConnection: number;
}

/** The narrow one takes little more than it is sent, so that its limit binds after every stall. */
const NARROW: ProviderLimits = {
  messagesPerSecond: 3,
  burst: 2,
  connectionLimit: 2,
  connectionsPerSecond: 1,
  deliveriesPerConnection: 10,
};
const WIDE: ProviderLimits = {
  messagesPerSecond: 15,
  burst: 5,
  connectionLimit: 4,
  connectionsPerSecond: 2,
  deliveriesPerConnection: 40,
};
const CONNECTION_BURST = 2;
/** Of the load, what goes to the narrow one. */
export const SHARE_NARROW = 0.35;

export const PERIOD_MS = 10_000;
/**
 * What left in time may come late: mail that was on its way when its process was stopped, or when this one was kept
 * from the processor.
 */
const JITTER_MS = 1_000;

export function domainOf(provider: string): string {
  return `${provider}.example`;
}

export function hostOf(provider: string): string {
  return `mx.${domainOf(provider)}`;
}

function limitsOf(provider: string): ProviderLimits {
  return provider === 'narrow' ? NARROW : WIDE;
}

/** Messages, of each source at each provider. */
export function receiverLimits(): readonly ReceiverLimit[] {
  return pairs().map(({ provider, from }) => {
    const { messagesPerSecond, burst, connectionLimit } = limitsOf(provider);
    return { provider, from, periodMs: PERIOD_MS, limit: most(messagesPerSecond, burst) + connectionLimit };
  });
}

/** New connections, of each source at each provider. */
export function connectionLimits(): readonly ReceiverLimit[] {
  return pairs().map(({ provider, from }) => {
    const { connectionsPerSecond } = limitsOf(provider);
    return { provider, from, periodMs: PERIOD_MS, limit: most(connectionsPerSecond, CONNECTION_BURST) };
  });
}

function pairs() {
  return PROVIDERS.flatMap((provider) => SOURCE_ADDRESSES.map((from) => ({ provider, from })));
}

function most(perSecond: number, burst: number): number {
  return Math.ceil((perSecond * (PERIOD_MS + JITTER_MS)) / 1_000) + burst;
}

/** Of the policy, as the receivers see them, ms; jitter included. */
export const WAITS = { takeoverWaitMs: 60_000, retryMs: 16_500, unknownRetryMs: 11_000 } as const;

/** How long what piled up in a moment takes to drain where the load goes on and limits bind, in such moments. */
export function catchUp(perSecond: number): number {
  const narrowLoad = perSecond * SHARE_NARROW;
  const narrowLimit = NARROW.messagesPerSecond * SOURCE_ADDRESSES.length;
  // A load that is over the limit piles up until it ends.
  return narrowLoad < narrowLimit ? narrowLoad / (narrowLimit - narrowLoad) : Number.POSITIVE_INFINITY;
}

/** Waits are short enough for a run, and `max_age` shorter than a jump of the clock. */
export function faultsPolicy(): string {
  return `egress = "sandbox"
default_pool = "default"

["default"]
enable_tls = "Disabled"
idle_timeout = "3s"
connect_timeout = "5s"
banner_timeout = "5s"
command_timeout = "10s"
data_timeout = "10s"
data_dot_timeout = "10s"

${PROVIDERS.map(providerBlock).join('\n')}
${SOURCE_ADDRESSES.map(sourceBlock).join('\n')}
[pool."default"]
sources = [${SOURCE_ADDRESSES.map((_, index) => `"${sourceName(index)}"`).join(', ')}]

[retry]
retry_interval = "2s"
max_retry_interval = "15s"
max_age = "1h"
unknown_retry_interval = "10s"
unknown_max_repeats = 5
suspend = "2s"
max_suspend = "10s"

[dispatch]
max_attempts_in_flight = 200
start_within = "20s"
attempt_max = "30s"
`;
}

function providerBlock(provider: string): string {
  const limits = limitsOf(provider);
  return `[provider."${provider}"]
match = [{ HostName = "${hostOf(provider)}" }]
connection_limit = ${limits.connectionLimit}
max_connection_rate = "${limits.connectionsPerSecond}/s,max_burst=${CONNECTION_BURST}"
max_deliveries_per_connection = ${limits.deliveriesPerConnection}
max_message_rate = "${limits.messagesPerSecond}/s,max_burst=${limits.burst}"
`;
}

function sourceBlock(address: string, index: number): string {
  return `[source."${sourceName(index)}"]
bind = "${address}"
ehlo_domain = "${sourceName(index)}.sender.example"
partition = ${index}
`;
}

function sourceName(index: number): string {
  return `ip-${index + 1}`;
}
