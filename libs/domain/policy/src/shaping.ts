/** The shaping keys of a block, in KumoMTA's spelling, and what holds where no block says otherwise. */
import type { Block } from './block.ts';
import { duration } from './durations.ts';
import type { Rate, Shaping } from './policy.ts';
import { rate, stricterRate } from './rates.ts';
import { connectionCount, integer, oneOf } from './readings.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/**
 * What holds on a path no block speaks of. Connections, rates and the data time-outs are KumoMTA's shipped
 * defaults (assets/policy-extras/shaping.toml); an idle connection is closed after 5 s, before the server does.
 */
export const SHIPPED_SHAPING: Shaping = {
  connectionLimit: 10,
  maxConnectionRate: { count: 100, periodMs: MINUTE, burst: 1 },
  maxDeliveriesPerConnection: 100,
  maxMessageRate: { count: 100, periodMs: SECOND, burst: 1 },
  enableTls: 'Opportunistic',
  idleTimeoutMs: 5 * SECOND,
  connectTimeoutMs: 30 * SECOND,
  bannerTimeoutMs: 60 * SECOND,
  commandTimeoutMs: 60 * SECOND,
  dataTimeoutMs: 30 * SECOND,
  dataDotTimeoutMs: 60 * SECOND,
  maxConnectionAgeMs: 5 * MINUTE,
  rememberBrokenTlsMs: 3 * 24 * 60 * MINUTE,
};

/** The smarthost paces itself: connections are its only limit. */
export const SHIPPED_SMARTHOST_SHAPING: Shaping = {
  ...withoutRates(SHIPPED_SHAPING),
  connectionLimit: 32,
  maxDeliveriesPerConnection: 1000,
};

function withoutRates(shaping: Shaping): Shaping {
  const { maxConnectionRate: _connections, maxMessageRate: _messages, ...rest } = shaping;
  return rest;
}

/** Each setting, its key in the file. */
export const SHAPING_KEYS: Readonly<Record<keyof Shaping, string>> = {
  connectionLimit: 'connection_limit',
  maxConnectionRate: 'max_connection_rate',
  maxDeliveriesPerConnection: 'max_deliveries_per_connection',
  maxMessageRate: 'max_message_rate',
  enableTls: 'enable_tls',
  idleTimeoutMs: 'idle_timeout',
  connectTimeoutMs: 'connect_timeout',
  bannerTimeoutMs: 'banner_timeout',
  commandTimeoutMs: 'command_timeout',
  dataTimeoutMs: 'data_timeout',
  dataDotTimeoutMs: 'data_dot_timeout',
  maxConnectionAgeMs: 'max_connection_age',
  rememberBrokenTlsMs: 'remember_broken_tls',
};

/** What one block says, nothing filled in. `inherited` is what holds around it, for a `max_burst` of its own. */
export function readShaping(block: Block, inherited: Shaping): Partial<Shaping> {
  const said = {
    connectionLimit: block.take('connection_limit', connectionCount),
    maxConnectionRate: block.take('max_connection_rate', rate),
    maxDeliveriesPerConnection: block.take('max_deliveries_per_connection', integer(1, 1_000_000)),
    maxMessageRate: readMessageRate(block, inherited.maxMessageRate),
    enableTls: block.take(
      'enable_tls',
      oneOf('Opportunistic', 'OpportunisticInsecure', 'Required', 'RequiredInsecure', 'Disabled'),
    ),
    idleTimeoutMs: block.take('idle_timeout', duration()),
    connectTimeoutMs: block.take('connect_timeout', duration(1)),
    bannerTimeoutMs: block.take('banner_timeout', duration(1)),
    commandTimeoutMs: block.take('command_timeout', duration(1)),
    dataTimeoutMs: block.take('data_timeout', duration(1)),
    dataDotTimeoutMs: block.take('data_dot_timeout', duration(1)),
    maxConnectionAgeMs: block.take('max_connection_age', duration(1)),
    rememberBrokenTlsMs: block.take('remember_broken_tls', duration()),
  };
  return dropAbsent(said);
}

function dropAbsent(said: { [K in keyof Shaping]: Shaping[K] | undefined }): Partial<Shaping> {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function readMessageRate(block: Block, inherited: Rate | undefined): Rate | undefined {
  const said = block.take('max_message_rate', rate);
  const burst = block.take('max_burst', integer(1, 100_000));
  if (burst === undefined) return said;
  const rated = said ?? inherited;
  if (rated) return { ...rated, burst };
  block.warning('max_burst', 'has no effect without a max_message_rate');
  return undefined;
}

/**
 * A provider's block. A recognised provider is one path over all its sites, so KumoMTA's two kinds of limit, per
 * site and per provider, meet on it and the stricter one holds.
 */
export function readProviderShaping(block: Block, inherited: Shaping): Partial<Shaping> {
  const said = readShaping(block, inherited);
  const connections = block.take('provider_connection_limit', connectionCount);
  const messages = block.take('provider_max_message_rate', rate);
  const connectionLimit = connections && Math.min(connections, said.connectionLimit ?? inherited.connectionLimit);
  const siteRate = said.maxMessageRate ?? inherited.maxMessageRate;
  const maxMessageRate = messages && (siteRate ? stricterRate(messages, siteRate) : messages);
  return {
    ...said,
    ...(connectionLimit === undefined ? {} : { connectionLimit }),
    ...(maxMessageRate === undefined ? {} : { maxMessageRate }),
  };
}

/** Words a community file uses that nothing here acts on yet: kept in the text, named, never silently obeyed. */
const KUMOMTA_KEYS: ReadonlySet<string> = new Set([
  'additional_connection_limits',
  'additional_message_rate_throttles',
  'additional_source_selection_rates',
  'aggressive_connection_opening',
  'allow_smtp_auth_plain_without_tls',
  'automation',
  'consecutive_connection_failures_before_delay',
  'ehlo_domain',
  'ehlo_timeout',
  'enable_dane',
  'enable_mta_sts',
  'mail_from_timeout',
  'max_ready',
  'mx_rollup',
  'opportunistic_tls_reconnect_on_failed_handshake',
  'prohibited_hosts',
  'provider_max_connection_rate',
  'provider_source_selection_rate',
  'rcpt_to_timeout',
  'refresh_interval',
  'refresh_strategy',
  'replace_base',
  'rset_timeout',
  'skip_hosts',
  'smtp_port',
  'source_selection_rate',
  'sources',
  'starttls_timeout',
  'system_shutdown_timeout',
  'tls_prefer_openssl',
  'try_next_host_on_transport_error',
  'use_lmtp',
]);

export function explainUnread(key: string): string | undefined {
  return KUMOMTA_KEYS.has(key) ? `"${key}" is read from KumoMTA's files but has no effect yet` : undefined;
}
