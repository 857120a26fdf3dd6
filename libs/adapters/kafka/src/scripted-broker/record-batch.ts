import { WireReader } from './wire.ts';

/** A batch as a producer sent it (format v2, uncompressed), and what its header says. */
export interface RecordBatch {
  readonly bytes: Buffer;
  readonly count: number;
  /** -1 if the producer is not idempotent. */
  readonly producerId: number;
  readonly baseSequence: number;
}

/** Offsets of the fields within a batch (kafka.apache.org/documentation/#recordbatch). */
const ATTRIBUTES = 21;
const PRODUCER_ID = 43;
const BASE_SEQUENCE = 53;
const COUNT = 57;
const RECORDS = 61;

export function readBatch(bytes: Buffer): RecordBatch {
  if ((bytes.readInt16BE(ATTRIBUTES) & 7) !== 0) throw new Error('the scripted broker reads no compressed batch');
  return {
    bytes,
    count: bytes.readInt32BE(COUNT),
    producerId: Number(bytes.readBigInt64BE(PRODUCER_ID)),
    baseSequence: bytes.readInt32BE(BASE_SEQUENCE),
  };
}

/** The batch as it stands in the log; the base offset is outside what the checksum covers. */
export function placedAt(batch: RecordBatch, offset: number): Buffer {
  const bytes = Buffer.from(batch.bytes);
  bytes.writeBigInt64BE(BigInt(offset), 0);
  return bytes;
}

/** The values of its records as text, in order. */
export function valuesOf({ bytes, count }: RecordBatch): string[] {
  const reader = new WireReader(bytes.subarray(RECORDS));
  return Array.from({ length: count }, () => {
    const record = new WireReader(reader.slice(reader.varint()));
    record.int8();
    record.varint();
    record.varint();
    record.slice(Math.max(0, record.varint()));
    return record.slice(Math.max(0, record.varint())).toString('utf8');
  });
}
