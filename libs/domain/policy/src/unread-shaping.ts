/** Words of KumoMTA's files that nothing here acts on: kept, named in a warning, never silently obeyed or dropped. */
import { type Block, isTable } from './block.ts';
import type { Reader } from './readings.ts';
import { shown } from './readings.ts';

const ADDITIONAL = [
  'additional_connection_limits',
  'additional_message_rate_throttles',
  'additional_source_selection_rates',
] as const;

type Limits = Readonly<Record<string, string | number>>;

/** KumoMTA's limits under names of their own. They are the only ones that blocks add to instead of replacing. */
export function readAdditional(block: Block): Readonly<Record<string, Limits>> | undefined {
  const said: Record<string, Limits> = {};
  for (const key of ADDITIONAL) {
    const limits = block.take(key, named);
    if (!limits) continue;
    said[key] = limits;
    block.shelve(key, 'is kept but has no effect; write [limit."name"] with rate, and sources or providers');
  }
  return Object.keys(said).length > 0 ? said : undefined;
}

const named: Reader<Limits> = (raw) => {
  if (!isTable(raw)) return { wrong: `${shown(raw)} is not a table; write { "name" = "100/min" }` };
  for (const limit of Object.values(raw)) {
    if (typeof limit !== 'string' && typeof limit !== 'number') return { wrong: `${shown(limit)} is not a limit` };
  }
  return { value: { ...(raw as Limits) } };
};

const NOT_READ: ReadonlySet<string> = new Set([
  'aggressive_connection_opening',
  'allow_smtp_auth_plain_without_tls',
  'allow_smtp_auth_plain_without_valid_certificate',
  'consecutive_connection_failures_before_delay',
  'dispatcher_progress_watchdog_timeout',
  'dispatcher_wakeup_strategy',
  'ehlo_domain',
  'ehlo_timeout',
  'enable_dane',
  'enable_mta_sts',
  'enable_pipelining',
  'enable_rset',
  'ignore_8bit_checks',
  'ip_lookup_strategy',
  'low_memory_reduction_policy',
  'mail_from_timeout',
  'maintainer_wakeup_strategy',
  'max_mx_addresses_per_host',
  'max_mx_plan_size',
  'max_ready',
  'max_recipients_per_batch',
  'no_memory_reduction_policy',
  'openssl_cipher_list',
  'openssl_cipher_suites',
  'openssl_options',
  'opportunistic_tls_reconnect_on_failed_handshake',
  'prohibited_hosts',
  'provider_source_selection_rate',
  'rcpt_to_timeout',
  'reconnect_strategy',
  'refresh_interval',
  'refresh_strategy',
  'rset_timeout',
  'rustls_cipher_suites',
  'skip_hosts',
  'smtp_auth_plain_password',
  'smtp_auth_plain_username',
  'smtp_port',
  'source_selection_rate',
  'starttls_timeout',
  'suspended',
  'system_shutdown_timeout',
  'tls_certificate',
  'tls_handshake_timeout',
  'tls_prefer_openssl',
  'tls_private_key',
  'try_next_host_on_transport_error',
  'use_lmtp',
]);

/** The keys `check` calls known though they say nothing here, in order. */
export const UNREAD_KEYS: readonly string[] = [...NOT_READ];

/** Their meaning lies in a setting of ours under another name. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  ehlo_domain: 'write it in [source."name"]',
  ehlo_timeout: 'write command_timeout, which holds for every command',
  mail_from_timeout: 'write command_timeout, which holds for every command',
  rcpt_to_timeout: 'write command_timeout, which holds for every command',
  rset_timeout: 'write command_timeout, which holds for every command',
  starttls_timeout: 'write command_timeout, which holds for every command',
  consecutive_connection_failures_before_delay: 'the first failure before RCPT rests the path: [retry] suspend',
  suspended: 'name no source for it instead',
};

export function explainUnread(key: string): string | undefined {
  if (!NOT_READ.has(key)) return undefined;
  const instead = ELSEWHERE[key];
  return `"${key}" is KumoMTA's and has no effect here${instead === undefined ? '' : `; ${instead}`}`;
}
