/** The shaping keys of a block, in KumoMTA's spelling, and what holds where no block says otherwise. */
import type { Block } from './block.ts';
import { duration } from './durations.ts';
import type { BlockShaping, Shaping, SourceBlocks } from './policy.ts';
import { type Rate, rate } from './rates.ts';
import { boolean, connectionCount, integer, oneOf } from './readings.ts';
import { explainUnread, readAdditional } from './unread-shaping.ts';

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

/** What is left once a block forgot all that was said before it: no rate limits, all else as shipped. */
export const BARE_SHAPING: Shaping = withoutRates(SHIPPED_SHAPING);

/** The smarthost paces itself: connections are its only limit. */
export const SHIPPED_SMARTHOST_SHAPING: Shaping = {
  ...BARE_SHAPING,
  connectionLimit: 32,
  maxDeliveriesPerConnection: 1000,
};

function withoutRates(shaping: Shaping): Shaping {
  const { maxConnectionRate: _connections, maxMessageRate: _messages, ...rest } = shaping;
  return rest;
}

/** Each setting, its key in the file. */
export const SHAPING_KEYS: Readonly<Record<Exclude<keyof Shaping, 'messageBudget'>, string>> = {
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
export function readShaping(block: Block, inherited: Partial<Shaping>): BlockShaping {
  return dropAbsent<BlockShaping>({
    replaceBase: block.take('replace_base', boolean),
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
    additional: readAdditional(block),
  });
}

function dropAbsent<T extends object>(said: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)) as Partial<T>;
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

/** A provider's block, or that of a source within it: limits of the whole provider may stand there. */
export function readProviderShaping(block: Block, inherited: Partial<Shaping>): BlockShaping {
  return {
    ...readShaping(block, inherited),
    ...dropAbsent<BlockShaping>({
      providerConnectionLimit: block.take('provider_connection_limit', connectionCount),
      providerMaxConnectionRate: block.take('provider_max_connection_rate', rate),
      providerMaxMessageRate: block.take('provider_max_message_rate', rate),
    }),
  };
}

/** `[….sources."ip-1"]`: what holds for mail from one source. Sources that are not ours are no slip: files are shared. */
export function readSourceBlocks(
  around: Block,
  inherited: Partial<Shaping>,
  read: typeof readShaping = readShaping,
): SourceBlocks {
  const blocks = new Map<string, BlockShaping>();
  for (const { name, block } of around.block('sources').blocks()) {
    blocks.set(name, read(block, inherited));
    block.refuseRest(explainUnread);
  }
  return blocks;
}

/** A block's settings alone, without what says how it is combined with others. */
export function settingsOf(said: BlockShaping): Partial<Shaping> {
  const {
    replaceBase: _replace,
    additional: _additional,
    providerConnectionLimit: _connections,
    providerMaxConnectionRate: _connectionRate,
    providerMaxMessageRate: _messageRate,
    ...settings
  } = said;
  return settings;
}
