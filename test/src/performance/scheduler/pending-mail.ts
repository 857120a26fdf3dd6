/** Deliveries that wait, spread over domains, as one partition's facts. */
import { derivedId, type Fact, factId, formatDeliveryId } from '@penstock/events';

/** Two sources whose limits bind nowhere. */
export const POLICY = `
egress = "internet"
["default"]
connection_limit = 100
max_message_rate = "1000/s,max_burst=1000"
[source."ip-1"]
ehlo_domain = "mta1.example"
partition = 0
[source."ip-2"]
ehlo_domain = "mta2.example"
partition = 1
`;

export interface PendingMail {
  readonly deliveries: number;
  /** Domains, each a lane of its own. */
  readonly lanes: number;
  /** ms since the epoch. */
  readonly at: number;
}

/** `processed` of the n-th delivery; neighbours lie in different lanes, as mail of many tenants does. */
export function processed(n: number, partition: number, { lanes, at }: PendingMail): Fact {
  const messageId = `m${String(n).padStart(9, '0')}${derivedId('message', n).slice(0, 12)}`;
  const deliveryId = formatDeliveryId({ messageId, index: 0, partition });
  return {
    id: factId(deliveryId, 0, 'processed', ''),
    type: 'processed',
    version: 1,
    at,
    deliveryId,
    messageId,
    tenant: 'default',
    partition,
    release: 0,
    body: {
      content: { body: 'ao9k-1k2j3h4g5f6d-7-2s-36k-x0q1', recipient: 'ao9k-1k2j3h4g5f6d-7-3ak-4c-y1r2' },
      index: 0,
      domain: domainOf(n, lanes),
      recipientHash: derivedId(n),
      class: 'bulk',
      pool: 'default',
      acceptedAt: at,
      sendAt: at,
      size: 4_435,
      protocol: 'http',
      expanded: false,
    },
  };
}

export function domainOf(n: number, lanes: number): string {
  return `d${n % lanes}.example`;
}
