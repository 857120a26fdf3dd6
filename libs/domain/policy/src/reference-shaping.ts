import { durationText } from './durations.ts';
import type { Shaping } from './policy.ts';
import { formatRate } from './rates.ts';
import type { KeyReference } from './reference-form.ts';
import { SHAPING_KEYS, SHIPPED_SHAPING } from './shaping.ts';

const COUNT = 'a whole number, or `"local:10"`';
const RATE = '`"100/s"`, `"2000/hour"`, `"50/s,max_burst=5"`';
const DURATION = '`"30s"`, `"5m"`, `"3 days"`, or seconds';

const WORDS: Readonly<Record<keyof typeof SHAPING_KEYS, readonly [form: string, means: string]>> = {
  connectionLimit: [COUNT, 'connections open at once, from a source to a site or recognised provider'],
  maxConnectionRate: [RATE, 'new connections; kept at the wire'],
  maxDeliveriesPerConnection: ['a whole number', 'transactions on one connection'],
  maxMessageRate: [RATE, 'transactions, counted at `MAIL FROM`; over more than a minute a budget'],
  enableTls: [
    '`"Opportunistic"`, `"OpportunisticInsecure"`, `"Required"`, `"RequiredInsecure"`, `"Disabled"`',
    'whether a connection is encrypted, and whether the certificate must be right',
  ],
  idleTimeoutMs: [DURATION, 'an unused connection is closed after'],
  connectTimeoutMs: [DURATION, 'patience with a connection'],
  bannerTimeoutMs: [DURATION, 'patience with the greeting'],
  commandTimeoutMs: [DURATION, 'patience with the answer to a command'],
  dataTimeoutMs: [DURATION, 'patience with the answer to `DATA`'],
  dataDotTimeoutMs: [DURATION, 'patience with the answer to the final dot'],
  maxConnectionAgeMs: [DURATION, 'a connection is replaced after'],
  rememberBrokenTlsMs: [DURATION, 'a host whose TLS failed is spoken to in plain text for, where TLS is opportunistic'],
};

const OTHERS: readonly KeyReference[] = [
  {
    key: 'max_burst',
    form: 'a whole number',
    means: 'how many of `max_message_rate` may go at once, where the rate itself does not say it',
    shipped: '1',
  },
  {
    key: 'replace_base',
    form: '`true`, `false`',
    means: 'forget what earlier blocks said; the only way to take a rate away',
    shipped: 'false',
  },
  ...['connection_limits', 'message_rate_throttles', 'source_selection_rates'].map((kind) => ({
    key: `additional_${kind}`,
    form: '`{ "name" = "100/min" }`',
    means: 'KumoMTA’s limits by name; kept without effect, a `[limit]` says the same',
    shipped: 'none',
  })),
];

export const SHAPING_REFERENCE: readonly KeyReference[] = [
  ...(Object.keys(WORDS) as (keyof typeof WORDS)[]).map((name) => {
    const [form, means] = WORDS[name];
    return { key: SHAPING_KEYS[name], form, means, shipped: shippedText(name, SHIPPED_SHAPING[name]) };
  }),
  ...OTHERS,
];

const WHOLE = 'from one source to all sites of the provider; the stricter of it and';

export const PROVIDER_SHAPING_REFERENCE: readonly KeyReference[] = [
  {
    key: 'provider_connection_limit',
    form: COUNT,
    means: `connections ${WHOLE} \`connection_limit\` holds`,
    shipped: 'none',
  },
  {
    key: 'provider_max_connection_rate',
    form: RATE,
    means: `new connections ${WHOLE} \`max_connection_rate\` holds`,
    shipped: 'none',
  },
  {
    key: 'provider_max_message_rate',
    form: RATE,
    means: `transactions ${WHOLE} \`max_message_rate\` holds; of a rate over a minute and one over more, both`,
    shipped: 'none',
  },
];

function shippedText(name: keyof Shaping, value: Shaping[keyof Shaping]): string {
  if (value === undefined) return 'none';
  if (typeof value === 'object') return formatRate(value);
  return name.endsWith('Ms') ? durationText(Number(value)) : String(value);
}
