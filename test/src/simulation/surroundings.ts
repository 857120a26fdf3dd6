/** The simulated world: who receives mail, under which policy. */
import type { WorldSite } from '@penstock/simulation';

/** Three recognised providers, of which the last has two sites, and a site of nobody's. */
export const SITES: readonly WorldSite[] = [
  site('gmail', ['gmail.example', 'googlemail.example'], ['mx1.google.example', 'mx2.google.example'], 1),
  site('yahoo', ['yahoo.example'], ['mta.yahoodns.example'], 2),
  site('acme at outlook', ['acme.example'], ['acme.mail.outlook.example'], 3),
  site('umbrella at outlook', ['umbrella.example'], ['umbrella.mail.outlook.example'], 4),
  site('tiny', ['tiny.example'], ['mx.tiny.example'], 5),
];

export const DOMAINS: readonly string[] = SITES.flatMap(({ domains }) => domains);

/** Of no site: does not exist. */
export const NOWHERE = 'nowhere.invalid';

function site(name: string, domains: readonly string[], mxHosts: readonly string[], net: number): WorldSite {
  return { name, domains, mxHosts, addresses: mxHosts.map((_, i) => `20.0.${net}.${i + 1}`) };
}

/** Two sources, and as few partitions of the rest as show what more would. */
export const PARTITIONS = { 'mail.attempts': 2, 'mail.submissions': 2, 'mail.events': 4 } as const;

/** Of `mail.attempts`, by source. */
export const SOURCE_PARTITIONS: ReadonlyMap<string, number> = new Map([
  ['ip-1', 0],
  ['ip-2', 1],
]);

/** How long deliveries may live; each seed has one of them. */
export const MAX_AGES = ['40s', '10m'] as const;

/** How long the scheduler waits for an outcome after `startBy`: as shipped, or less than a takeover may last. */
export const ATTEMPT_MAXES = ['1m', '10m'] as const;

/** Limits over more than a minute: one that lets most mail through in time, and one that does not. */
export const BUDGETS = { outlook: '40/2m,max_burst=2', tiny: '6/3m' } as const;

export interface PolicyTimes {
  readonly maxAge: (typeof MAX_AGES)[number] | '72h';
  readonly attemptMax: (typeof ATTEMPT_MAXES)[number];
  /** Rates over more than a minute, where the site has one. */
  readonly outlook?: string;
  readonly tiny?: string;
  /** Minutes and hours between retries and notices, instead of seconds. */
  readonly hasShippedWaits?: boolean;
}

const SOURCES = `
[source."ip-1"]
ehlo_domain = "mta1.sender.example"
partition = 0

[source."ip-2"]
ehlo_domain = "mta2.sender.example"
partition = 1

[pool."main"]
sources = ["ip-1", "ip-2"]
`;

const SHORT_WAITS = `
retry_interval = "5s"
max_retry_interval = "60s"
jitter = 0.1
deferral_notice_after = "3s"
deferral_notice_every = "1m"
greylist_interval = "5s"
hint_min = "1s"
hint_max = "1m"
unknown_retry_interval = "10s"
unknown_max_repeats = 2
nxdomain_interval = "5s"
suspend = "2s"
max_suspend = "20s"
`;

/** Waits are short, so that a delivery's whole life fits into a few thousand steps. */
export function policyText({
  maxAge,
  attemptMax,
  outlook = '12/s,max_burst=2',
  tiny,
  hasShippedWaits,
}: PolicyTimes): string {
  return `${tiny === undefined ? '' : tinyProvider(tiny)}
egress = "internet"
default_pool = "main"

["default"]
connection_limit = 4
max_connection_rate = "40/s,max_burst=5"
max_deliveries_per_connection = 5
max_message_rate = "30/s,max_burst=3"
enable_tls = "Disabled"
idle_timeout = "2s"
connect_timeout = "5s"
command_timeout = "10s"
data_dot_timeout = "15s"

[provider."gmail"]
match = [{ MXSuffix = ".google.example" }]
connection_limit = 2
max_message_rate = "8/s,max_burst=2"

[provider."yahoo"]
match = [{ MXSuffix = ".yahoodns.example" }]
connection_limit = 1
max_deliveries_per_connection = 2

[provider."outlook"]
match = [{ MXSuffix = ".outlook.example" }]
connection_limit = 3
max_message_rate = "${outlook}"

${SOURCES}
[retry]
max_age = "${maxAge}"
${hasShippedWaits ? '' : SHORT_WAITS}
[dispatch]
max_attempts_in_flight = 20
start_within = "20s"
attempt_max = "${attemptMax}"
`;
}

function tinyProvider(rate: string): string {
  return `
[provider."tiny"]
match = [{ MXSuffix = ".tiny.example" }]
max_message_rate = "${rate}"
`;
}
