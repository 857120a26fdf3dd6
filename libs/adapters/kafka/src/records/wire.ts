import { decodeRecord, encodeRecord, type LogRecord, type RecordOf, type Topic } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';
import type { KafkaMessage, Message } from 'kafkajs';

/** What a record costs in a batch besides key, value and headers: lengths, offset and time, generously. */
const RECORD_OVERHEAD_BYTES = 64;

export interface WireRecord {
  readonly message: Message;
  readonly bytes: number;
}

/**
 * A record as it stands in Kafka: the key tells the delivery it is about, or else the record; the value is its JSON;
 * the headers let a reader choose without parsing.
 */
export function toWire(record: LogRecord): WireRecord {
  const value = encodeRecord(record);
  const key = record.deliveryId ?? record.id;
  const headers: Record<string, string> = { type: record.type, version: String(record.version) };
  if (record.traceparent !== undefined) headers.traceparent = record.traceparent;
  const bytes = value.byteLength + key.length * 3 + record.type.length + RECORD_OVERHEAD_BYTES;
  return {
    message: { key, value: Buffer.from(value.buffer, value.byteOffset, value.byteLength), headers },
    bytes: bytes + (record.traceparent?.length ?? 0),
  };
}

/** @throws UndecodableRecordError for what is no record of ours. */
export function fromWire<T extends Topic>(message: KafkaMessage): StoredRecord<T> {
  // A topic holds the records of its own types only: its writers are typed so.
  const record = decodeRecord(message.value ?? Buffer.alloc(0)) as RecordOf<T>;
  return { offset: Number(message.offset), record };
}
