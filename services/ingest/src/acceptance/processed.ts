import { hash } from 'node:crypto';
import {
  formatDeliveryId,
  type Processed,
  type Protocol,
  type SuppressionReason,
  type TrafficClass,
} from '@penstock/events';
import type { ListedRecipient } from '@penstock/mail';

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
  readonly bypass?: readonly SuppressionReason[];
  /** Content reference of the shared body. */
  readonly body: string;
  readonly expanded: boolean;
}

type Recipient = Omit<ListedRecipient, 'start' | 'length'>;

/** The same arguments give the same record, so that writing it twice is harmless. */
export function processedFact(message: AcceptedMessage, recipient: Recipient, reference: string): Processed {
  const { messageId, tenant, traceparent, acceptedAt, categories, bypass } = message;
  const { index, partition, address, recipientHash, sendAt, size } = recipient;
  const deliveryId = formatDeliveryId({ messageId, index, partition });
  return {
    id: processedId(deliveryId),
    type: 'processed',
    version: 1,
    at: acceptedAt,
    partition,
    deliveryId,
    messageId,
    tenant,
    ...(traceparent === undefined ? {} : { traceparent }),
    body: {
      content: { body: message.body, recipient: reference },
      index,
      domain: address.slice(address.lastIndexOf('@') + 1),
      recipientHash,
      class: message.class,
      pool: message.pool,
      acceptedAt,
      sendAt,
      size,
      protocol: message.protocol,
      expanded: message.expanded,
      ...(categories === undefined ? {} : { categories }),
      ...(bypass === undefined ? {} : { bypass }),
    },
  };
}

/** `factId` of @penstock/events for this one kind, by the runtime's own hash: a third of the time, for every delivery. */
export function processedId(deliveryId: string): string {
  return hash('sha256', `fact\u001f${deliveryId}\u001f0\u001fprocessed\u001f\u001f0`, 'hex').slice(0, 32);
}
