/** What the example records share: one message, its route, its clock. */
import { formatDeliveryId } from '../ids.ts';

export const NOON = 1_767_268_800_000;
export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export const messageId = 'q7Zf3mVbTk2XhR0sYc9LAw';
export const deliveryId = formatDeliveryId({ messageId, index: 0, partition: 2 });
export const siblingId = formatDeliveryId({ messageId, index: 1, partition: 2 });
export const tenant = 'default';
export const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
export const claimId = 'gq5zj3b2x7ad';
export const recipientHash = '5d41402abc4b2a76b9719d911017c592';
export const content = { body: 'c:0:4096:1533', recipient: 'c:0:5629:214' };

export const route = { source: 'ip-1', site: 'gmail-smtp-in.l.google.com', provider: 'gmail' } as const;
export const path = 'ip-1|provider:gmail';

export const about = { version: 1, partition: 2, deliveryId, messageId, tenant, traceparent } as const;
