// The one builtin that pure code uses: a function of its arguments, several times a delivery (decision 12).
import { hash } from 'node:crypto';

/** 128 bits of the SHA-256 of the parts, as 32 hex digits; also usable as a UUID elsewhere. */
export function derivedId(...parts: readonly (string | number)[]): string {
  return hash('sha256', parts.join('\u001f'), 'hex').slice(0, 32);
}

/**
 * Id of a fact about one delivery. `n` counts the facts of that kind within the release, so that an honest
 * second notice differs and a repeated append does not.
 */
export function factId(deliveryId: string, release: number, type: string, cause: string, n = 0): string {
  // As `derivedId('fact', …)` would, without the list: several times a delivery.
  const said = `fact\u001f${deliveryId}\u001f${release}\u001f${type}\u001f${cause}\u001f${n}`;
  return hash('sha256', said, 'hex').slice(0, 32);
}

/** Id of what a scheduler writes for a whole partition (claims, batches): its claim and a sequence number. */
export function batchId(partition: number, claimId: string, sequence: number): string {
  return derivedId('batch', partition, claimId, sequence);
}

export interface DeliveryIdParts {
  readonly messageId: string;
  readonly index: number;
  readonly partition: number;
}

/** `messageId.index.partition`, URL-safe as long as the message id is. */
export function formatDeliveryId(parts: DeliveryIdParts): string {
  return `${parts.messageId}.${parts.index}.${parts.partition}`;
}

const MESSAGE_ID = /^[A-Za-z0-9_-]{1,64}$/;
const DECIMAL = /^(0|[1-9][0-9]{0,9})$/;

export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** The parts of a delivery id, or undefined if the text is not one. */
export function parseDeliveryId(text: string): DeliveryIdParts | undefined {
  const [messageId, index, partition, ...rest] = text.split('.');
  if (messageId === undefined || index === undefined || partition === undefined || rest.length > 0) return undefined;
  if (!MESSAGE_ID.test(messageId) || !DECIMAL.test(index) || !DECIMAL.test(partition)) return undefined;
  return { messageId, index: Number(index), partition: Number(partition) };
}
