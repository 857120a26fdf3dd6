import { factId, formatDeliveryId, type Processed, type Protocol, type TrafficClass } from '@penstock/events';
import type { ManifestEntry } from '@penstock/mail';

/** What all deliveries of a message have in common. */
export interface AcceptedMessage {
  readonly messageId: string;
  readonly tenant: string;
  readonly traceparent?: string;
  readonly class: TrafficClass;
  readonly pool: string;
  readonly acceptedAt: number;
  readonly protocol: Protocol;
  readonly categories?: readonly string[];
  /** Content reference of the shared body. */
  readonly body: string;
  readonly expanded: boolean;
}

/** The same arguments give the same record, so that writing it twice is harmless. */
export function processedFact(message: AcceptedMessage, entry: ManifestEntry): Processed {
  const { messageId, tenant, traceparent, acceptedAt, categories } = message;
  const { index, partition, domain, recipientHash, sendAt, size } = entry;
  const deliveryId = formatDeliveryId({ messageId, index, partition });
  return {
    id: factId(deliveryId, 0, 'processed', ''),
    type: 'processed',
    version: 1,
    at: acceptedAt,
    partition,
    deliveryId,
    messageId,
    tenant,
    ...(traceparent === undefined ? {} : { traceparent }),
    body: {
      content: { body: message.body, recipient: entry.recipient },
      index,
      domain,
      recipientHash,
      class: message.class,
      pool: message.pool,
      acceptedAt,
      sendAt,
      size,
      protocol: message.protocol,
      expanded: message.expanded,
      ...(categories === undefined ? {} : { categories }),
    },
  };
}
