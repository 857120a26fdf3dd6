import { hash } from 'node:crypto';

/**
 * The id EventStoreDB knows the event by: a UUID of version 8 (RFC 9562 section 5.8) over stream and event id, since a
 * server takes an id for a repeat by its value and a batch of ours is one event in each of many streams.
 */
export function eventUuid(stream: string, eventId: string): string {
  const hex = hash('sha256', `${stream}\u001f${eventId}`, 'hex');
  const variant = ((Number.parseInt(hex.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}
