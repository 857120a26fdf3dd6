/** A mailbox provider whose limits bind at the load, and what it notes of those who come. */
import { busiestWindow, type DirectoryEntry, HEALTHY_PROVIDER, SANDBOX_DIRECTORY } from '@penstock/testing';

export const NARROW_DOMAIN = 'narrow.example';
const HOST = `mx.${NARROW_DOMAIN}`;

/** The sources, each of which has these limits of its own. */
export const SOURCE_ADDRESSES = ['127.0.0.21', '127.0.0.22'] as const;
export const MESSAGES = { perSecond: 8, burst: 4 } as const;
export const CONNECTIONS = { perSecond: 1, burst: 2, atOnce: 2 } as const;

/** So few that connections are opened about as often as they may be. */
const DELIVERIES_PER_CONNECTION = 8;

interface Visit {
  readonly client: string;
  /** Monotonic ms. */
  readonly at: number;
}

export interface Window {
  readonly most: number;
  /** What the limit allows within it. */
  readonly limit: number;
}

export class NarrowProvider {
  readonly connections: Visit[] = [];
  readonly messages: Visit[] = [];
  /** Most connections that one source had open. */
  mostOpen = 0;

  /** It and whoever takes everything. */
  get directory(): readonly DirectoryEntry[] {
    return [this.entry(), ...SANDBOX_DIRECTORY.filter(({ name }) => name === HEALTHY_PROVIDER)];
  }

  /** The most messages of one source within any so long, from `since` on, monotonic ms. */
  messagesWithin(windowMs: number, since: number): Window {
    return worst(this.messages, MESSAGES, windowMs, since);
  }

  connectionsWithin(windowMs: number, since: number): Window {
    return worst(this.connections, CONNECTIONS, windowMs, since);
  }

  private entry(): DirectoryEntry {
    return {
      name: 'narrow',
      host: HOST,
      domains: [NARROW_DOMAIN],
      expect: 'takes everything, and notes who comes',
      character: (clock) => ({
        greet: ({ client, open }) => {
          this.connections.push({ client, at: clock.monotonic() });
          this.mostOpen = Math.max(this.mostOpen, open);
          return undefined;
        },
        mailFrom: (client) => {
          this.messages.push({ client, at: clock.monotonic() });
          return undefined;
        },
      }),
    };
  }
}

function worst(
  visits: readonly Visit[],
  { perSecond, burst }: { readonly perSecond: number; readonly burst: number },
  windowMs: number,
  since: number,
): Window {
  const most = SOURCE_ADDRESSES.map((address) => {
    const times = visits.filter(({ client, at }) => client === address && at >= since).map(({ at }) => at);
    return busiestWindow(times, windowMs);
  });
  return { most: Math.max(...most), limit: burst + Math.floor((perSecond * windowMs) / 1_000) };
}

export function narrowPolicy(): string {
  const sources = SOURCE_ADDRESSES.map(
    (address, index) => `[source."ip-${index + 1}"]
bind = "${address}"
ehlo_domain = "ip-${index + 1}.sandbox.invalid"
partition = ${index}
`,
  );
  return `egress = "sandbox"
default_pool = "default"

["default"]
connection_limit = 10
enable_tls = "Disabled"
idle_timeout = "2s"

[provider."narrow"]
match = [{ HostName = "${HOST}" }]
connection_limit = ${CONNECTIONS.atOnce}
max_connection_rate = "${CONNECTIONS.perSecond}/s,max_burst=${CONNECTIONS.burst}"
max_deliveries_per_connection = ${DELIVERIES_PER_CONNECTION}
max_message_rate = "${MESSAGES.perSecond}/s,max_burst=${MESSAGES.burst}"

${sources.join('\n')}
[pool."default"]
sources = ["ip-1", "ip-2"]

[retry]
retry_interval = "2s"
max_age = "1h"
unknown_retry_interval = "10s"
`;
}
