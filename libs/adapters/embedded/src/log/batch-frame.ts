import { type RecordOf, type Topic, upcast } from '@penstock/events';
import type { StoredRecord } from '@penstock/ports';

/** A batch: u32 partition key, u32 records, f64 offset of the first, then the records as one JSON array. */
export const BATCH_PREFIX_BYTES = 16;

export interface BatchPrefix {
  readonly key: number;
  readonly count: number;
  readonly offset: number;
}

export function writeBatchPrefix(buffer: Buffer, at: number, prefix: BatchPrefix): void {
  buffer.writeUInt32LE(prefix.key, at);
  buffer.writeUInt32LE(prefix.count, at + 4);
  buffer.writeDoubleLE(prefix.offset, at + 8);
}

export function readBatchPrefix(payload: Buffer): BatchPrefix {
  return { key: payload.readUInt32LE(0), count: payload.readUInt32LE(4), offset: payload.readDoubleLE(8) };
}

/** @throws UndecodableRecordError where a record is of an unknown type or version. */
export function decodeBatch(payload: Buffer): StoredRecord<Topic>[] {
  const { offset } = readBatchPrefix(payload);
  const records = JSON.parse(payload.toString('utf8', BATCH_PREFIX_BYTES)) as unknown[];
  return records.map((record, i) => ({ offset: offset + i, record: upcast(record) as RecordOf<Topic> }));
}
